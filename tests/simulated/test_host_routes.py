"""Where the packets of a host with an agent go, by their source, and what routers let through."""

from __future__ import annotations

from pathlib import Path

from host_world import WIRELESS, care_of, hops, host, host_world, own, probe, tell, visit

from agents.core.actions import (
    AddTunnel,
    Confine,
    Release,
    RemoveRoute,
    RemoveTunnel,
)
from agents.wire.address import ALL_ZERO, Address, Prefix
from testbed.simulated.packet import HEADER

STRANGER = Address.parse("2001:db8:2:1::bad")


def test_what_a_mobile_sends_from_home_is_tunnelled_from_its_care_of_address(
    tmp_path: Path,
) -> None:
    built = host_world(tmp_path)
    address, home, peer = visit(built), own(built, "mn1"), own(built, "cn")
    built.nodes["mn1"].send(probe(home, peer))
    built.clock.run(0.1)
    seen = [s for s in built.recorder.sightings if s.flow == "probe" and s.outgoing]
    assert [(s.node, s.length, len(s.tunnels)) for s in seen] == [
        ("mn1", 100 + HEADER, 1),
        ("ar1", 100 + HEADER, 1),
        ("core", 100 + HEADER, 1),
        ("ha", 100, 0),
        ("core", 100, 0),
        ("gw", 100, 0),
    ]
    assert {s.tunnels for s in seen[:3]} == {((address, own(built, "ha")),)}
    assert {(s.source, s.destination) for s in seen} == {(home, peer)}


def test_what_it_sends_from_its_care_of_address_goes_directly(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address = visit(built)
    built.nodes["mn1"].send(probe(address, own(built, "cn")))
    built.clock.run(0.1)
    assert [(node, tunnels) for node, *_, tunnels in hops(built)] == [
        ("mn1", 0),
        ("ar1", 0),
        ("core", 0),
        ("gw", 0),
    ]


def test_what_is_sent_to_its_home_address_comes_out_of_the_tunnel(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    visit(built)
    taken: list[object] = []
    built.nodes["mn1"].applications.endpoints["probe"] = taken.append
    built.nodes["cn"].send(probe(own(built, "cn"), own(built, "mn1")))
    built.clock.run(0.1)
    assert [node for node, *_ in hops(built)] == ["cn", "gw", "core", "ha", "core", "ar1"]
    assert len(taken) == 1


def test_a_confined_source_leaves_only_by_its_own_route(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    visit(built)
    home, peer, mobile = own(built, "mn1"), own(built, "cn"), host(built, "mn1")
    source = Prefix(home, 128)
    tell(built, "mn1", Confine(home))
    mobile.send(probe(home, peer))
    assert mobile.drops["confined"] == 0
    tell(built, "mn1", RemoveRoute(ALL_ZERO, source))
    mobile.send(probe(home, peer, 2))
    assert mobile.drops["confined"] == 1
    tell(built, "mn1", Release(home))
    mobile.send(probe(home, peer, 3))
    built.clock.run(0.1)
    sent = [s.identity for s in built.recorder.sightings if s.node == "cn" and s.flow == "probe"]
    assert sent == [1, 3]


def test_routers_take_from_their_links_only_sources_of_their_prefixes(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, peer = visit(built), own(built, "cn")
    router = Address.parse("2001:db8:2:1::1")
    for number, source in enumerate((own(built, "mn1"), care_of(built, "ar2"), router, STRANGER)):
        built.ports[WIRELESS].transmit(probe(source, peer, number), b"")
    built.ports[WIRELESS].transmit(probe(address, peer, 9), b"")
    built.clock.run(0.1)
    came = [s.identity for s in built.recorder.sightings if s.node == "cn" and s.flow == "probe"]
    assert came == [3, 9]
    assert built.nodes["ar1"].drops["ingress_filter"] == 3


def test_a_mobile_cannot_send_from_the_home_of_another_through_its_tunnel(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, anchor = visit(built), own(built, "ha")
    forged = probe(Address.parse("2001:db8:1:8000::bad"), own(built, "cn"))
    forged.encapsulate(address, anchor)
    built.nodes["mn1"].post(forged)
    built.clock.run(0.1)
    assert built.nodes["ha"].drops["reverse_path"] == 1
    assert hops(built)[-1][0] == "core"


def test_packets_under_way_to_a_former_care_of_address_still_leave_their_tunnel(
    tmp_path: Path,
) -> None:
    built = host_world(tmp_path)
    first, anchor, mobile = visit(built), own(built, "ha"), host(built, "mn1")
    second = care_of(built, "ar2")
    tell(built, "mn1", AddTunnel(second, anchor))
    assert mobile.tunnels[anchor] == second
    taken: list[object] = []
    mobile.applications.endpoints["probe"] = taken.append
    built.nodes["cn"].send(probe(own(built, "cn"), own(built, "mn1")))
    built.clock.run(0.1)
    assert len(taken) == 1
    tell(built, "mn1", RemoveTunnel(second, anchor))
    assert mobile.tunnels[anchor] == first
    tell(built, "mn1", RemoveTunnel(first, anchor))
    built.nodes["cn"].send(probe(own(built, "cn"), own(built, "mn1"), 2))
    built.clock.run(0.2)
    assert len(taken) == 1
    assert mobile.drops["not_a_tunnel_peer"] == 1


def test_a_tunnel_without_a_way_to_its_end_takes_nothing(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, mobile = visit(built), host(built, "mn1")
    tell(built, "mn1", RemoveRoute(ALL_ZERO, Prefix(address, 128)))
    mobile.send(probe(own(built, "mn1"), own(built, "cn")))
    assert hops(built) == []
    assert mobile.drops["no_route"] == 1
