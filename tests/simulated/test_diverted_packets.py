"""Packets that a core takes, keeps and puts back: which ones, in which order, at which cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import pytest
from simulated_world import HOME, ROLES, Gateway, MakeWorld, Told

from agents.core.actions import (
    AcceptTunnels,
    Action,
    AddRoute,
    AddTunnel,
    Delivery,
    Divert,
    Forward,
    StopDiverting,
)
from agents.core.events import Event, PacketArrived, Started
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.icmpv6 import DestinationUnreachable
from testbed.simulated.packet import HEADER, Packet
from testbed.simulated.world import World

BESIDE = """
name: beside
protocol: pmipv6
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  mag1: {place: access-router, domain: away}
  mag2: {place: access-router, domain: away}
  cn: {place: correspondent}
  mn1: {place: mobile, anchor: lma}
links:
  - {ends: [lma, mag1], delay: 4ms}
  - {ends: [lma, mag2], delay: 4ms}
  - {ends: [cn, mag1], delay: 1ms}
access:
  wlan1: {router: mag1, delay: 2ms}
  wlan2: {router: mag2, delay: 2ms}
"""
ATTACHED = "timeline:\n  - {at: 0, attach: mn1, to: wlan2}\n"
POOL = Prefix.parse("2001:db8:1:8000::/49")
ELSEWHERE = Address.parse("2001:db8:1:9000::1")

Handle = Callable[[Event, float], Sequence[Action]]


def with_core(world: MakeWorld, handle: Handle, more: str = ATTACHED) -> World:
    """Return a world whose mag1 does what ``handle`` says."""

    def make(config: Mapping[str, Any], random: Random) -> Any:
        first = config["access"][0]["interface"].startswith("mag1")
        return Told(handle) if first else Gateway(config, random)

    return world(more, base=BESIDE, roles={**ROLES, ("pmipv6", "mag"): make})


class Keeping:
    """Diverts the pool, and keeps what it is given."""

    def __init__(self, *started: Action) -> None:
        self.given: list[PacketArrived] = []
        self._started = (Divert(POOL), *started)

    def __call__(self, event: Event, now: float) -> Sequence[Action]:
        if isinstance(event, PacketArrived):
            self.given.append(event)
        return self._started if isinstance(event, Started) else ()


def own(world: World, node: str) -> Address:
    return Address.parse(world.network.nodes[node].address)


def packet(world: World, number: int = 0, hop_limit: int = 64) -> Packet:
    sent = Packet(own(world, "cn"), ELSEWHERE, 100, flow="probe", identity=number)
    sent.hop_limit = hop_limit
    return sent


def probed(world: World, sent: Packet) -> list[str]:
    """Send a packet from the correspondent and return the nodes that have passed it on."""
    world.nodes["cn"].send(sent)
    world.clock.run(world.clock.now + 0.1)
    return [s.node for s in world.recorder.sightings if s.flow == "probe" and s.outgoing]


def test_a_neighbour_s_packet_is_handed_over_as_it_came(world: MakeWorld) -> None:
    core = Keeping()
    built = with_core(world, core)
    sent = packet(built)
    assert probed(built, sent) == ["cn"]
    assert core.given == [PacketArrived(sent, own(built, "cn"), ELSEWHERE, 100)]
    assert sent.hop_limit == 64


def test_what_came_with_its_last_hop_is_not_handed_over(world: MakeWorld) -> None:
    core = Keeping()
    built = with_core(world, core)
    assert probed(built, packet(built, hop_limit=1)) == ["cn"]
    assert core.given == []
    assert built.nodes["mag1"].drops["hop_limit"] == 1


def test_routes_of_attached_nodes_and_of_tunnels_come_first(world: MakeWorld) -> None:
    core = Keeping()
    built = with_core(world, core)
    local, remote = own(built, "mag1"), own(built, "mag2")
    agent = built.agents["mag1"]
    perform = agent._perform
    assert agent.core is not None
    inside = Prefix.of(ELSEWHERE, 128)
    perform(agent.core, [AcceptTunnels(local, Delivery.ATTACHED), AddTunnel(local, remote)])
    perform(agent.core, [AddRoute(inside, tunnel=remote)])
    assert probed(built, packet(built)) == ["cn", "mag1", "lma"]
    tunnelled = [s for s in built.recorder.sightings if s.flow == "probe" and s.node == "lma"]
    assert tunnelled[0].tunnels == ((local, remote),)
    assert core.given == []


def test_what_leaves_a_tunnel_is_diverted_or_dropped_but_never_routed_on(world: MakeWorld) -> None:
    core = Keeping()
    built = with_core(world, core)
    agent, local, remote = built.agents["mag1"], own(built, "mag1"), own(built, "mag2")
    assert agent.core is not None
    agent._perform(agent.core, [AcceptTunnels(local, Delivery.ATTACHED), AddTunnel(local, remote)])
    for inner in (ELSEWHERE, own(built, "cn")):
        sent = Packet(remote, inner, 100, flow="probe")
        sent.encapsulate(remote, local)
        built.nodes["mag2"].send(sent)
    built.clock.run(0.1)
    assert [(e.destination, e.length) for e in core.given] == [(ELSEWHERE, 100)]
    assert not any(s.node == "cn" for s in built.recorder.sightings if s.flow == "probe")
    assert built.nodes["mag1"].drops["no_route"] == 1


def test_packets_go_back_in_order_before_those_that_come_later(world: MakeWorld) -> None:
    kept: list[PacketArrived] = []

    def handle(event: Event, now: float) -> Sequence[Action]:
        if isinstance(event, Started):
            return (Divert(POOL),)
        if not isinstance(event, PacketArrived):
            return ()
        kept.append(event)
        if len(kept) < 3:
            return ()
        return (StopDiverting(POOL), *(Forward(each.packet) for each in kept))

    built = with_core(world, handle)
    for number in range(5):
        built.nodes["cn"].send(packet(built, number))
    built.clock.run(0.1)
    at_anchor = [
        s.identity for s in built.recorder.sightings if s.flow == "probe" and s.node == "lma"
    ]
    assert at_anchor[:5] == [0, 1, 2, 3, 4]
    assert kept[0].packet.hop_limit == 62  # two routers: the way through the core is no hop


def test_a_packet_that_still_has_no_route_comes_after_what_was_asked(world: MakeWorld) -> None:
    story: list[str] = []

    def handle(event: Event, now: float) -> Sequence[Action]:
        if isinstance(event, Started):
            return (Divert(POOL),)
        if isinstance(event, PacketArrived):
            story.append("arrived")
            if len(story) == 1:
                return (Forward(event.packet), AddRoute(HOME, "mag1-eth2"))
            story.append(str(len(built.nodes["mag1"].attached._by_shift)))
        return ()

    built = with_core(world, handle)
    probed(built, packet(built))
    assert story == ["arrived", "arrived", "2"]


def test_as_routed_lets_a_mobile_s_packets_go_their_ordinary_ways(world: MakeWorld) -> None:
    core = Keeping(AddRoute(ALL_ZERO, source=HOME))
    built = with_core(world, core, ATTACHED.replace("wlan2", "wlan1"))
    built.clock.run(0.5)
    home, correspondent = own(built, "mn1"), own(built, "cn")
    for ends in ((home, correspondent), (home, ELSEWHERE), (ELSEWHERE, correspondent)):
        built.ports["mn1-eth0"].transmit(Packet(*ends, 100, flow="probe"), b"")
    built.clock.run(1.0)
    came = [s for s in built.recorder.sightings if s.flow == "probe" and s.node == "cn"]
    assert [(s.source, s.length) for s in came] == [(home, 100)]
    assert [e.destination for e in core.given if e.packet.flow] == [ELSEWHERE]
    assert built.nodes["mag1"].drops["no_route"] == 1


def test_what_the_node_itself_says_of_a_packet_is_diverted_too(world: MakeWorld) -> None:
    core = Keeping()
    built = with_core(world, core)
    nowhere = Address.parse("2001:db8:ffff::1")
    lost = Packet(ELSEWHERE, nowhere, 100)
    built.nodes["cn"].ports["cn-eth0"].transmit(lost, b"")
    built.clock.run(1.0)
    assert [type(e.packet.message) for e in core.given] == [DestinationUnreachable]


@pytest.mark.parametrize("ends", ["kill", "stop"])
def test_without_a_listener_packets_take_the_ordinary_routes(world: MakeWorld, ends: str) -> None:
    core = Keeping()
    built = with_core(world, core)
    if ends == "kill":
        built.agents["mag1"].kill()
    else:
        agent = built.agents["mag1"]
        assert agent.core is not None
        agent._perform(agent.core, [StopDiverting(POOL)])
    assert probed(built, packet(built))[:2] == ["cn", "mag1"]
    assert core.given == []


def test_a_diverted_packet_has_its_length_with_all_headers(world: MakeWorld) -> None:
    core = Keeping()
    built = with_core(world, core)
    sent = packet(built)
    sent.encapsulate(own(built, "cn"), ELSEWHERE)
    probed(built, sent)
    assert [(e.source, e.length) for e in core.given] == [(own(built, "cn"), 100 + HEADER)]
