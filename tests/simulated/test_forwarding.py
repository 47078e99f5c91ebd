"""Packets hop by hop: through tunnels, only from peers, only with a binding, not for ever."""

from __future__ import annotations

import pytest
from simulated_world import MakeWorld

from agents.wire.address import Address, Prefix
from agents.wire.icmpv6 import DestinationUnreachable
from testbed.evidence.observed import Sighting
from testbed.simulated.packet import HEADER, Packet
from testbed.simulated.world import World

CN = Address.parse("2001:db8:1:1::2")
ATTACHED = "timeline:\n  - {at: 0, attach: mn1, to: wlan1}\n"


def home_address(world: World) -> Address:
    return Address.parse(world.network.nodes["mn1"].address)


def anchor(world: World) -> Address:
    return Address.parse(world.network.nodes["lma"].address)


def probe(world: World, node: str, packet: Packet, wait: float = 1.0) -> list[Sighting]:
    """Send ``packet`` from ``node`` and return where it was seen."""
    packet.flow = "probe"
    world.nodes[node].send(packet)
    world.clock.run(world.clock.now + wait)
    return [sighting for sighting in world.recorder.sightings if sighting.flow == "probe"]


def crossed(sightings: list[Sighting]) -> list[tuple[str, int, int]]:
    return [(seen.node, seen.length, len(seen.tunnels)) for seen in sightings if seen.outgoing]


def test_a_packet_travels_in_a_tunnel_between_anchor_and_gateway(world: MakeWorld) -> None:
    built = world(ATTACHED)
    built.clock.run(1.0)
    seen = probe(built, "cn", Packet(CN, home_address(built), 100))
    assert crossed(seen) == [
        ("cn", 100, 0),
        ("lma", 100 + HEADER, 1),
        ("core", 100 + HEADER, 1),
        ("mag1", 100, 0),
    ]
    assert (seen[-1].node, seen[-1].outgoing) == ("mn1", False)
    assert seen[-1].at - seen[0].at == pytest.approx(0.001 + 0.004 + 0.006 + 0.002)
    gateway = Address.parse(built.network.nodes["mag1"].address)
    assert seen[3].tunnels == ((anchor(built), gateway),)


def test_a_packet_of_the_mobile_goes_back_through_the_tunnel(world: MakeWorld) -> None:
    built = world(ATTACHED)
    built.clock.run(1.0)
    seen = probe(built, "mn1", Packet(home_address(built), CN, 100))
    assert crossed(seen) == [
        ("mn1", 100, 0),
        ("mag1", 100 + HEADER, 1),
        ("core", 100 + HEADER, 1),
        ("lma", 100, 0),
    ]


def test_without_a_binding_nothing_leaves_the_access_link(world: MakeWorld) -> None:
    built = world(ATTACHED)
    built.clock.run(1.0)
    built.nodes["mag1"].uplink.clear()
    assert crossed(probe(built, "mn1", Packet(home_address(built), CN, 100))) == [("mn1", 100, 0)]
    assert built.nodes["mag1"].drops["no_route"] == 1


def test_a_tunnel_s_end_takes_packets_out_for_its_peers_only(world: MakeWorld) -> None:
    built = world(ATTACHED)
    built.clock.run(1.0)
    stranger = Packet(CN, home_address(built), 100)
    stranger.encapsulate(CN, Address.parse(built.network.nodes["mag1"].address))
    stranger.flow = "probe"
    built.nodes["cn"].ports["cn-eth0"].send(stranger, stranger.outer_destination)
    built.clock.run(2.0)
    assert built.nodes["mag1"].drops["not_a_tunnel_peer"] == 1
    assert not [s for s in built.recorder.sightings if s.flow == "probe" and s.node == "mn1"]


def test_a_gateway_delivers_from_a_tunnel_to_attached_nodes_only(world: MakeWorld) -> None:
    built = world(ATTACHED)
    built.clock.run(1.0)
    elsewhere = Packet(CN, CN, 100)
    gateway = Address.parse(built.network.nodes["mag1"].address)
    elsewhere.encapsulate(anchor(built), gateway)
    elsewhere.flow = "probe"
    built.nodes["lma"].ports["lma-eth1"].send(elsewhere, gateway)
    built.clock.run(2.0)
    assert crossed([s for s in built.recorder.sightings if s.flow == "probe"]) == [
        ("lma", 140, 1),
        ("core", 140, 1),
    ]
    assert built.nodes["mag1"].drops["no_route"] == 1


def test_the_hop_limit_ends_a_loop(world: MakeWorld) -> None:
    built = world()
    lost = Address.parse("2001:db8:2:ffff::1")
    core = built.nodes["core"]
    route = built.nodes["mag1"].main.lookup(anchor(built))
    assert route is not None
    back = core.main.lookup(Address.parse(built.network.nodes["mag1"].address))
    assert back is not None
    core.main.add(Prefix(lost, 128), back)
    built.nodes["mag1"].main.add(Prefix(lost, 128), route)
    seen = probe(built, "cn", Packet(CN, lost, 100, hop_limit=16), wait=5.0)
    assert len(crossed(seen)) == 16
    assert core.drops["hop_limit"] + built.nodes["mag1"].drops["hop_limit"] == 1


def test_what_nobody_owns_in_the_home_pool_ends_at_the_anchor(world: MakeWorld) -> None:
    built = world()
    seen = probe(built, "cn", Packet(CN, home_address(built), 100))
    assert crossed(seen) == [("cn", 100, 0)]
    assert built.nodes["lma"].drops["no_route"] == 1


def test_with_local_routing_neighbours_talk_at_their_gateway(world: MakeWorld) -> None:
    two = """
protocols: {pmipv6: {local_routing: true}}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
"""
    built = world(two)
    built.clock.run(1.0)
    gateway = built.nodes["mag1"]
    assert gateway.local_routing
    own = home_address(built)
    packet = Packet(own, Address(own[:8] + bytes(8)), 100)
    before = len(built.recorder.sightings)
    built.nodes["mn1"].send(packet)
    built.clock.run(1.01)
    out = [s for s in built.recorder.sightings[before:] if s.outgoing and s.node == "mag1"]
    assert {s.interface for s in out} == {"mag1-eth1"}  # it looks for its neighbour there


def test_a_router_without_a_route_says_so_but_not_too_often(world: MakeWorld) -> None:
    built = world()
    nowhere = home_address(built)
    for _ in range(20):
        probe(built, "cn", Packet(CN, nowhere, 100), wait=0.01)
    replies = [
        seen
        for seen in built.recorder.sightings
        if isinstance(seen.message, DestinationUnreachable) and seen.node == "cn"
    ]
    assert len(replies) == 6
    assert {(seen.source, seen.destination) for seen in replies} == {(anchor(built), CN)}
    assert {seen.length for seen in replies} == {40 + 8 + 100}
    built.clock.run(0.5)
    probe(built, "cn", Packet(CN, nowhere, 100))
    assert built.nodes["lma"].drops["no_route"] == 21
    later = [s for s in built.recorder.sightings if isinstance(s.message, DestinationUnreachable)]
    assert len([seen for seen in later if seen.node == "cn"]) == 7
