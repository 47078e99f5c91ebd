"""Packets that do not fit: who is told, and that TCP goes on with shorter segments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from host_world import care_of, host_world, own, tell, visit

from agents.core.actions import AddAddress, AddRoute, Optimize
from agents.wire import packet as whole
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.icmpv6 import PacketTooBig
from testbed.evidence.observed import Sighting
from testbed.simulated.packet import EXTENSION, HEADER
from testbed.simulated.world import World

FLOWS = """
flows:
  fetch: {kind: tcp, from: cn, to: mn1, rate: 4Mbit/s}
  store: {kind: tcp, from: mn1, to: cn, rate: 4Mbit/s}
timeline:
  - {at: 1s, start: [fetch, store]}
"""
SECOND = 4e6 / 8  # octets that a flow carries in a second


def segments(world: World, flow: str, node: str, since: float) -> list[Sighting]:
    """Return the data of ``flow`` that came to ``node`` after ``since``."""
    return [
        s
        for s in world.recorder.sightings
        if (s.flow, s.node, s.outgoing) == (flow, node, False)
        and s.at > since
        and s.identity is not None
    ]


def errors(world: World) -> list[Sighting]:
    return [s for s in world.recorder.sightings if isinstance(s.message, PacketTooBig)]


def check_goes_on(world: World, flow: str, node: str, since: float, longest: int) -> None:
    came = segments(world, flow, node, since)
    assert {s.length for s in came} == {longest}
    carried = sum(s.length for s in came) / (world.clock.now - since)
    assert carried > 0.99 * SECOND


def test_a_router_tells_the_sender_what_the_next_link_takes(tmp_path: Path) -> None:
    built = host_world(tmp_path, FLOWS)
    visit(built)
    built.clock.run(2.0)
    for channel in built.links["core-gw"]:
        channel.change(replace(channel.settings, mtu=1400))
    built.clock.run(5.0)
    told = [s for s in errors(built) if s.source == own(built, s.node) and s.outgoing]
    assert {(s.node, s.destination) for s in told} == {
        ("gw", own(built, "cn")),
        ("core", own(built, "mn1")),
    }
    assert {s.message.mtu for s in told} == {1400}
    returned = whole.parse(told[0].message.invoking + bytes(1500))
    assert {returned.source, returned.destination} == {own(built, "cn"), own(built, "mn1")}
    came = segments(built, "fetch", "mn1", 3.0)
    assert {s.length for s in came} == {1400 + HEADER}  # one more header in its tunnel
    check_goes_on(built, "store", "cn", 3.0, 1400)


def test_a_tunnel_on_the_way_leaves_less(tmp_path: Path) -> None:
    built = host_world(tmp_path, FLOWS)
    visit(built)
    router, home = built.ports["ar1-eth1"], own(built, "mn1")
    router.prefixes.clear()  # type: ignore[attr-defined]
    tell(built, "mn1", AddRoute(ALL_ZERO, "mn1-eth0", router.link_local, source=Prefix(home, 128)))
    built.clock.run(5.0)
    told = {(s.destination, s.message.mtu) for s in errors(built) if s.node == "ha"}
    assert told == {(own(built, "cn"), 1500 - HEADER)}
    assert {s.length for s in segments(built, "fetch", "mn1", 2.0)} == {1500}
    check_goes_on(built, "store", "cn", 2.0, 1500)


def test_the_entry_of_a_tunnel_passes_on_what_routers_inside_say(tmp_path: Path) -> None:
    built = host_world(tmp_path, FLOWS)
    visit(built)
    built.clock.run(2.0)
    for channel in built.links["core-ar1"]:
        channel.change(replace(channel.settings, mtu=1400))
    built.clock.run(5.0)
    anchor, peer = own(built, "ha"), own(built, "cn")
    told = {
        (s.node, s.destination, s.message.mtu)
        for s in errors(built)
        if s.outgoing and s.source == own(built, s.node)
    }
    assert ("core", anchor, 1400) in told
    assert ("ha", peer, 1400 - HEADER) in told
    inside = next(s for s in errors(built) if s.node == "core")
    assert whole.parse(inside.message.invoking + bytes(1500)).destination == care_of(built, "ar1")
    assert {s.length for s in segments(built, "fetch", "mn1", 3.0)} == {1400}
    check_goes_on(built, "store", "cn", 3.0, 1400 - HEADER)


def test_a_host_knows_what_its_own_headers_take(tmp_path: Path) -> None:
    built = host_world(tmp_path, FLOWS)
    address, home = visit(built), own(built, "mn1")
    peer = own(built, "cn")
    away = Address.parse("2001:db8:3:1::5")
    tell(built, "cn", AddAddress("cn-eth0", away))
    built.clock.run(2.0)
    tell(built, "mn1", Optimize(home, peer, address, away))
    tell(built, "cn", Optimize(peer, home, away, address))
    built.clock.run(5.0)
    assert errors(built) == []
    check_goes_on(built, "store", "cn", 3.0, 1500)
    check_goes_on(built, "fetch", "mn1", 3.0, 1500)
    assert 2 * EXTENSION > HEADER
