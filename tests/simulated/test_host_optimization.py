"""Data with home addresses in extension headers: what it looks like, and what is not taken."""

from __future__ import annotations

from pathlib import Path

from host_world import attach, hops, host, host_world, own, probe, puppet, tell, visit

from agents.core.actions import (
    AddAddress,
    AddRoute,
    ForgetPeer,
    Optimize,
    SendMessage,
    StopOptimizing,
    WatchPeers,
)
from agents.core.events import HomeAddressUnknown, MessageReceived, PeerHeard
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.messages import HomeTestInit
from testbed.simulated.packet import EXTENSION, Packet
from testbed.simulated.world import World

ELSEWHERE = Address.parse("2001:db8:2:2::bad")


def optimized(world: World) -> tuple[Address, Address, Address]:
    """Have the mobile and the correspondent exchange data directly; return the addresses."""
    address, home, peer = visit(world), own(world, "mn1"), own(world, "cn")
    tell(world, "mn1", Optimize(home, peer, local_care_of=address))
    tell(world, "cn", Optimize(peer, home, peer_care_of=address))
    return address, home, peer


def taken(world: World, node: str) -> list[Packet]:
    """Return the list of what comes out at the application on ``node``."""
    found: list[Packet] = []
    world.nodes[node].applications.endpoints["probe"] = found.append
    return found


def test_data_goes_directly_with_a_home_address_option(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    _, home, peer = optimized(built)
    came = taken(built, "cn")
    built.nodes["mn1"].send(probe(home, peer))
    built.clock.run(0.1)
    way = ["mn1", "ar1", "core", "gw"]
    assert hops(built) == [(node, 100 + EXTENSION, home, peer, 0) for node in way]
    assert [(p.source, p.destination, p.length) for p in came] == [(home, peer, 100)]


def test_and_comes_directly_with_a_routing_header(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    _, home, peer = optimized(built)
    came = taken(built, "mn1")
    built.nodes["cn"].send(probe(peer, home))
    built.clock.run(0.1)
    way = ["cn", "gw", "core", "ar1"]
    assert hops(built) == [(node, 100 + EXTENSION, peer, home, 0) for node in way]
    assert [(p.source, p.destination, p.length) for p in came] == [(peer, home, 100)]


def test_between_two_mobiles_both_headers_are_in_each_packet(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, home = visit(built), own(built, "mn1")
    peer, away = Address.parse("2001:db8:3:1::5"), own(built, "cn")
    tell(built, "cn", AddAddress("lo", peer))
    tell(built, "mn1", Optimize(home, peer, address, away))
    tell(built, "cn", Optimize(peer, home, away, address))
    there, here = taken(built, "cn"), taken(built, "mn1")
    built.nodes["mn1"].send(probe(home, peer))
    built.nodes["cn"].send(probe(peer, home))
    built.clock.run(0.1)
    assert {(length, tunnels) for _, length, _, _, tunnels in hops(built)} == {
        (100 + 2 * EXTENSION, 0)
    }
    assert [(p.source, p.destination) for p in there] == [(home, peer)]
    assert [(p.source, p.destination) for p in here] == [(peer, home)]


def test_what_comes_for_no_optimized_route_is_reported_and_not_taken(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, home, peer = optimized(built)
    came = taken(built, "cn")
    tell(built, "cn", StopOptimizing(peer, home))
    built.nodes["mn1"].send(probe(home, peer))
    built.clock.run(0.1)
    assert came == []
    assert puppet(built, "cn").of(HomeAddressUnknown) == [HomeAddressUnknown(home, address, peer)]
    assert built.nodes["cn"].drops["home_address_unknown"] == 1


def test_nor_is_what_comes_from_another_care_of_address(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, home, peer = optimized(built)
    tell(built, "cn", Optimize(peer, home, peer_care_of=ELSEWHERE))
    came = taken(built, "cn")
    built.nodes["mn1"].send(probe(home, peer))
    built.clock.run(0.1)
    assert came == []
    assert puppet(built, "cn").of(HomeAddressUnknown) == [HomeAddressUnknown(home, address, peer)]


def test_a_packet_through_the_home_agent_is_taken_all_the_same(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    _, home, peer = optimized(built)
    tell(built, "mn1", StopOptimizing(home, peer))
    came = taken(built, "cn")
    built.nodes["mn1"].send(probe(home, peer))
    built.clock.run(0.1)
    assert [(p.source, p.length) for p in came] == [(home, 100)]
    assert [node for node, *_ in hops(built)] == ["mn1", "ar1", "core", "ha", "core", "gw"]


def test_messages_take_no_optimized_route(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    _, home, peer = optimized(built)
    tell(built, "mn1", SendMessage(HomeTestInit(b"cookie!!"), home, peer))
    built.clock.run(0.1)
    (received,) = puppet(built, "cn").of(MessageReceived)
    assert (received.source, received.home_address) == (home, None)
    assert any(s.node == "ha" and s.message for s in built.recorder.sightings)


def test_a_node_that_optimizes_nothing_reports_the_option_too(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, home, _ = optimized(built)
    anchor = own(built, "ha")
    tell(built, "mn1", Optimize(home, anchor, local_care_of=address))
    built.nodes["mn1"].send(probe(home, anchor))
    built.clock.run(0.1)
    assert puppet(built, "ha").of(HomeAddressUnknown) == [HomeAddressUnknown(home, address, anchor)]


def test_a_dead_agent_optimizes_nothing(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    _, home, peer = optimized(built)
    built.agents["mn1"].kill()
    built.nodes["mn1"].send(probe(home, peer))
    built.clock.run(0.1)
    assert "ha" in [node for node, *_ in hops(built)]


def test_who_is_heard_through_the_tunnel_is_reported_once(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    visit(built)
    home, peer = own(built, "mn1"), own(built, "cn")
    tell(built, "mn1", WatchPeers(home))
    heard = puppet(built, "mn1")

    def send(number: int) -> None:
        built.nodes["cn"].send(probe(peer, home, number))
        built.clock.run(built.clock.now + 0.1)

    send(1)
    send(2)
    assert heard.of(PeerHeard) == [PeerHeard(home, peer)]
    tell(built, "mn1", ForgetPeer(home, peer))
    send(3)
    assert heard.of(PeerHeard) == [PeerHeard(home, peer)] * 2


def test_who_is_heard_through_the_tunnel_from_a_care_of_address_is_who_its_option_names(
    tmp_path: Path,
) -> None:
    built = host_world(tmp_path)
    visit(built)
    home, address, peer = own(built, "mn1"), own(built, "cn"), Address.parse("2001:db8:3:1::5")
    tell(built, "cn", AddAddress("lo", peer), Optimize(peer, home, local_care_of=address))
    tell(built, "mn1", WatchPeers(home), Optimize(home, peer, peer_care_of=address))
    came = taken(built, "mn1")
    built.nodes["cn"].send(probe(peer, home))
    built.clock.run(0.1)
    assert puppet(built, "mn1").of(PeerHeard) == [PeerHeard(home, peer)]
    assert [p.source for p in came] == [peer]


def test_who_is_heard_directly_is_not_reported(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    _, home, peer = optimized(built)
    tell(built, "mn1", WatchPeers(home))
    built.nodes["cn"].send(probe(peer, home))
    built.clock.run(0.1)
    assert puppet(built, "mn1").of(PeerHeard) == []


def test_at_home_nothing_is_tunnelled_and_nobody_is_reported(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    attach(built)
    prefix = built.ports["ar1-eth1"].prefixes[0]  # type: ignore[attr-defined]
    home = Address(prefix.network[:15] + b"\7")
    router = built.ports["ar1-eth1"].link_local
    tell(built, "mn1", AddAddress("mn1-eth0", home), WatchPeers(home))
    tell(built, "mn1", AddRoute(ALL_ZERO, "mn1-eth0", router, source=Prefix(home, 128)))
    came = taken(built, "mn1")
    built.nodes["cn"].send(probe(own(built, "cn"), home))
    built.clock.run(0.1)
    assert len(came) == 1
    assert puppet(built, "mn1").of(PeerHeard) == []
    assert host(built, "mn1").drops == {}
