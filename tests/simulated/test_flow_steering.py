"""Single flows in virtual time: steered before routes, in two tunnels, watched, and rejected."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_world import (
    TCP,
    UDP,
    VIDEO,
    VOIP,
    crossings,
    flow_world,
    home,
    own,
    packet,
    puppet,
    single,
    steer,
    steer_up,
    tell,
    video,
)

from agents.core.actions import (
    AddTunnel,
    RemoveTunnel,
    SendMessage,
    SteerFlow,
    StopSteering,
    StopWatching,
    TakeRejections,
    WatchFlow,
)
from agents.core.events import FlowIdle, FlowStrayed, MessageReceived
from agents.core.flows import FlowSelector
from agents.wire import packet as whole
from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.icmpv6 import DestinationUnreachable
from testbed.simulated.world import World

OWN_WAY = [("cn-eth0", 0), ("lma-eth1", 1), ("mag1-eth1", 0)]
OTHER_WAY = [("cn-eth0", 0), ("lma-eth2", 2), ("mag2-eth1", 1)]
UP_OWN_WAY = [("mn1-lte0", 0), ("mag1-eth0", 1), ("lma-eth0", 0)]
UP_OTHER_WAY = [("mn1-wlan0", 1), ("mag2-eth0", 2), ("lma-eth0", 0)]


def send(world: World, flow: str, *, down: bool = True, length: int = 200) -> list[tuple[str, int]]:
    """Send one packet and return where it went out since."""
    before = len(crossings(world, flow))
    world.nodes["cn" if down else "mn1"].send(packet(world, flow, down=down, length=length))
    world.clock.run(world.clock.now + 0.2)
    return crossings(world, flow)[before:]


def test_a_steered_flow_takes_two_tunnels_and_others_take_their_route(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    assert send(world, "video") == OWN_WAY
    steer(world, video(world))
    assert send(world, "video") == OTHER_WAY
    assert not world.nodes["mn1"].drops
    assert send(world, "voip") == OWN_WAY
    assert send(world, "download") == OWN_WAY
    seen = [s for s in world.recorder.sightings if s.flow == "video" and s.interface == "mag2-eth0"]
    anchor = own(world, "lma")
    assert seen[0].tunnels == ((anchor, own(world, "mag2")), (anchor, home(world, "mag2")))
    assert (seen[0].source, seen[0].destination) == (own(world, "cn"), home(world, "mag1"))


def test_it_takes_its_route_again_when_it_is_steered_no_longer(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    steer(world, video(world))
    tell(world, "lma", StopSteering(video(world)))
    assert send(world, "video") == OWN_WAY
    events = [e for e in world.recorder.events if e.event.startswith("flow_")]
    assert [e.event for e in events] == ["flow_steered", "flow_unsteered"]
    assert events[0].details["remote"] == str(home(world, "mag2"))
    assert events[1].details["source_ports"] == [VIDEO, VIDEO]


def test_what_the_mobile_sends_goes_in_two_tunnels_through_the_other_gateway(
    tmp_path: Path,
) -> None:
    world = flow_world(tmp_path)
    assert send(world, "voip", down=False) == UP_OWN_WAY
    steer_up(world, FlowSelector(source=single(home(world, "mag1")), protocol=UDP))
    assert send(world, "voip", down=False) == UP_OTHER_WAY
    assert send(world, "download", down=False) == UP_OWN_WAY


def test_what_comes_out_of_the_inner_tunnel_must_come_from_its_prefixes(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    anchor, target = own(world, "lma"), home(world, "mag2")
    steer_up(world, FlowSelector(source=single(home(world, "mag1"))))
    tell(world, "lma", AddTunnel(anchor, target, inner=(Prefix.parse("2001:db8:dead::/64"),)))
    assert send(world, "voip", down=False) == UP_OTHER_WAY[:2]
    assert world.nodes["lma"].drops["inner_source"] == 1
    tell(world, "lma", RemoveTunnel(anchor, target))
    assert send(world, "voip", down=False) == UP_OTHER_WAY[:2]
    assert world.nodes["lma"].drops["not_a_tunnel_peer"] == 1


def test_a_gateway_forwards_nothing_without_a_binding_even_if_it_is_steered(
    tmp_path: Path,
) -> None:
    world = flow_world(tmp_path)
    forged = packet(world, "voip", down=False)
    forged.source = Address.parse("2001:db8:1:8abc::1")
    tell(world, "mag1", SteerFlow(FlowSelector(), own(world, "mag1"), own(world, "lma")))
    world.ports["mn1-lte0"].send(forged, world.ports["mag1-eth1"].link_local)
    world.clock.run(0.2)
    assert crossings(world, "voip") == [("mn1-lte0", 0)]


@pytest.mark.parametrize(
    ("fields", "flows"),
    [
        ({}, ["voip", "video", "download", "ping"]),
        ({"protocol": UDP}, ["voip", "video"]),
        ({"protocol": TCP}, ["download"]),
        ({"protocol": UDP, "source_ports": (5002, 6000)}, ["video"]),
        ({"protocol": UDP, "destination_ports": (4000, 5001)}, ["voip"]),
        ({"protocol": UDP, "source_ports": (VOIP, VOIP), "destination_ports": (1, 5000)}, []),
        ({"traffic_class": 0xB8}, ["voip"]),
        ({"traffic_class": 0}, ["video", "download", "ping"]),
        ({"source": Prefix.parse("2001:db8:1:1::/64")}, ["voip", "video", "download", "ping"]),
        ({"source": Prefix.parse("2001:db8:1:2::/64")}, []),
        ({"destination": Prefix.parse("2001:db8:1:8000::/49"), "protocol": 58}, ["ping"]),
    ],
)
def test_a_selector_covers_what_its_fields_say(
    fields: dict[str, object], flows: list[str], tmp_path: Path
) -> None:
    world = flow_world(tmp_path)
    steer(world, FlowSelector(**fields))  # type: ignore[arg-type]
    moved = [
        flow for flow in ("voip", "video", "download", "ping") if send(world, flow)[:3] == OTHER_WAY
    ]
    assert moved == flows


def test_of_several_the_one_with_the_lower_priority_has_the_packet(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    anchor = own(world, "lma")
    everything = FlowSelector(destination=single(home(world, "mag1")))
    steer(world, everything, priority=9)
    tell(world, "lma", SteerFlow(video(world), anchor, own(world, "mag1"), priority=1))
    # The winner puts only the tunnel to the gateway around it, where no route of that is a tunnel.
    assert send(world, "video") == OWN_WAY
    assert send(world, "voip") == OTHER_WAY
    tell(world, "lma", SteerFlow(video(world), anchor, own(world, "mag1"), priority=10))
    assert send(world, "video") == OTHER_WAY


def test_a_flow_can_leave_by_an_interface_as_it_is(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    selector = FlowSelector(protocol=UDP)
    router = world.ports["mag2-eth1"].link_local
    tell(
        world,
        "mn1",
        SteerFlow(selector, UNSPECIFIED, UNSPECIFIED, interface="mn1-wlan0", next_hop=router),
    )
    assert send(world, "voip", down=False)[0] == ("mn1-wlan0", 0)
    assert send(world, "download", down=False)[0] == ("mn1-lte0", 0)


def test_an_idle_flow_is_told_of_once(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    steer(world, video(world), idle_timeout=1.0)
    lma = puppet(world, "lma")
    for _ in range(5):
        world.clock.run(world.clock.now + 0.8)
        world.nodes["cn"].send(packet(world, "video"))
    assert lma.of(FlowIdle) == []
    last = world.clock.now + 0.001
    world.clock.run(world.clock.now + 5)
    assert lma.of(FlowIdle) == [FlowIdle(video(world))]
    assert lma.at[-1] == pytest.approx(last + 1.0)


def test_a_watched_flow_is_told_of_where_it_comes_by_another_tunnel(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    tell(world, "lma", WatchFlow(video(world).reverse(), own(world, "mag2"), 1.0))
    lma = puppet(world, "lma")
    for number in range(4):
        world.nodes["mn1"].send(packet(world, "video", down=False))
        world.clock.run(0.5 * (number + 1))
    assert [e.through for e in lma.of(FlowStrayed)] == [own(world, "mag1")] * 2
    assert lma.of(FlowStrayed)[0].flow == video(world).reverse()
    assert crossings(world, "video")[2::3] == [("lma-eth0", 0)] * 4
    send(world, "voip", down=False)
    steer_up(world, video(world).reverse())
    assert send(world, "video", down=False) == UP_OTHER_WAY
    assert len(lma.of(FlowStrayed)) == 2


def test_after_its_return_the_right_way_is_the_plain_one(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    steer_up(world, video(world).reverse())
    tell(world, "lma", WatchFlow(video(world).reverse(), own(world, "mag1"), 1.0))
    send(world, "video", down=False)
    (strayed,) = puppet(world, "lma").of(FlowStrayed)
    assert strayed.through == own(world, "mag2")
    tell(world, "lma", StopWatching(video(world).reverse()))
    world.clock.run(5)
    send(world, "video", down=False)
    assert len(puppet(world, "lma").of(FlowStrayed)) == 1


def test_a_strayed_packet_shows_its_headers(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    tell(world, "lma", WatchFlow(FlowSelector(protocol=UDP), own(world, "mag2"), 1.0))
    send(world, "voip", down=False, length=1400)
    (strayed,) = puppet(world, "lma").of(FlowStrayed)
    assert len(strayed.packet) == 1232
    found = whole.parse(strayed.packet[:4] + (1232 - 40).to_bytes(2) + strayed.packet[6:])
    assert (found.source, found.destination) == (home(world, "mag1"), own(world, "cn"))
    assert found.traffic_class == 0xB8
    assert found.payload.protocol == UDP
    assert found.payload.data[:4] == VOIP.to_bytes(2) * 2


@pytest.mark.parametrize("takes", [True, False])
@pytest.mark.parametrize("encode", [True, False])
def test_a_rejection_goes_to_the_core_that_takes_them(
    takes: bool, encode: bool, tmp_path: Path
) -> None:
    world = flow_world(tmp_path, encode=encode)
    if takes:
        tell(world, "mn1", TakeRejections())
    for code in (4, 6):
        error = DestinationUnreachable(b"packet", code=code)
        tell(world, "lma", SendMessage(error, own(world, "lma"), home(world, "mag2")))
    world.clock.run(0.2)
    heard = puppet(world, "mn1").of(MessageReceived)
    assert [(e.message.code, e.interface, e.source) for e in heard] == (
        [(6, "mn1-wlan0", own(world, "lma"))] if takes else []
    )


def test_ways_outlive_the_agent_and_what_it_listens_to_does_not(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    steer(world, video(world))
    tell(world, "lma", WatchFlow(FlowSelector(), own(world, "mag2"), 1.0))
    world.agents["lma"].kill()
    assert not world.nodes["lma"].watches
    assert send(world, "video") == OTHER_WAY
    world.agents["lma"].start()
    assert not world.nodes["lma"].steering
