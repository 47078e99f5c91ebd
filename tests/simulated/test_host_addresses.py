"""What the agent of a host is told of its links, and the addresses that it gives itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from host_world import (
    WIRELESS,
    attach,
    host,
    host_world,
    own,
    puppet,
    tell,
    visit,
)

from agents.core.actions import (
    AddAddress,
    Listen,
    ProxyNeighbor,
    RemoveAddress,
    SendMessage,
    StopProxying,
)
from agents.core.events import CarrierDown, CarrierUp, LinkQuality, LinkUp, MessageReceived
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.ndisc import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    SourceLinkLayerAddress,
)
from testbed.simulated.neighbors import ALL_NODES, OVERRIDE, SOLICITED, solicited_node
from testbed.simulated.packet import Packet
from testbed.simulated.world import World

MOVE = """
timeline:
  - {at: 1s, attach: mn1, to: wlan1}
  - {at: 2s, move: mn1, to: wlan2, gap: 100ms}
  - {at: 3s, change: wlan2, rate: 5Mbit/s}
  - {at: 4s, kill: mn1}
  - {at: 5s, restart: mn1}
  - {at: 6s, detach: mn1}
"""


def answers(world: World, port: str) -> list[tuple[Address, Address, int]]:
    """Return what went out of ``port``: about whom, to whom, with what flags."""
    return [
        (s.message.target, Address(s.destination), s.message.flags)
        for s in world.recorder.sightings
        if s.outgoing and s.interface == port and isinstance(s.message, NeighborAdvertisement)
    ]


def ask(world: World, source: Address, target: Address, link: str = "wlan1") -> None:
    """Ask for ``target`` from the router of the mobile's link."""
    router = {"wlan1": "ar1", "wlan2": "ar2"}[link]
    question = NeighborSolicitation(target)
    action = SendMessage(question, source, solicited_node(target), f"{router}-eth1")
    tell(world, router, action)
    world.clock.run(world.clock.now + 0.1)


def test_an_agent_hears_of_the_links_of_its_own_node(tmp_path: Path) -> None:
    built = host_world(tmp_path, MOVE)
    first = puppet(built, "mn1")
    built.clock.run(7.0)
    told = list(zip(first.at, first.heard, strict=True))[1:]
    assert [(pytest.approx(at), event) for at, event in told] == [
        (1.0, CarrierUp(WIRELESS)),
        (1.0, LinkQuality(WIRELESS, 10e6)),
        (2.0, CarrierDown(WIRELESS)),
        (2.1, CarrierUp(WIRELESS)),
        (2.1, LinkQuality(WIRELESS, None)),
        (3.0, LinkQuality(WIRELESS, 5e6)),
    ]
    second = puppet(built, "mn1")
    assert second.heard[1:] == [
        CarrierUp(WIRELESS),
        LinkQuality(WIRELESS, 5e6),
        CarrierDown(WIRELESS),
    ]
    assert puppet(built, "ar1").of(LinkUp) == [LinkUp("ar1-eth1", bytes.fromhex("020000080000"))]


def test_it_answers_for_what_is_on_the_link_and_not_for_what_is_elsewhere(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, router = visit(built), built.ports["ar1-eth1"].link_local
    for target in (address, own(built, "mn1"), built.ports[WIRELESS].link_local):
        ask(built, router, target)
    expected = [address, built.ports[WIRELESS].link_local]
    assert answers(built, WIRELESS) == [(each, router, SOLICITED | OVERRIDE) for each in expected]


def test_an_address_that_was_removed_is_answered_for_no_more(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address = visit(built)
    tell(built, "mn1", RemoveAddress(WIRELESS, address))
    ask(built, built.ports["ar1-eth1"].link_local, address)
    assert answers(built, WIRELESS) == []
    assert address not in host(built, "mn1").addresses


def test_an_address_on_two_interfaces_stays_until_both_have_lost_it(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    home = own(built, "mn1")
    tell(built, "mn1", AddAddress("lo", home), AddAddress(WIRELESS, home))
    tell(built, "mn1", RemoveAddress(WIRELESS, home))
    assert home in host(built, "mn1").addresses
    tell(built, "mn1", RemoveAddress("lo", home))
    assert home not in host(built, "mn1").addresses


def test_whoever_probes_for_an_address_in_use_hears_it_with_all_others(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address = visit(built)
    tell(built, "ar1", Listen(frozenset({136})))
    ask(built, UNSPECIFIED, address)
    assert answers(built, WIRELESS) == [(address, ALL_NODES, OVERRIDE)]
    heard = puppet(built, "ar1").of(MessageReceived)
    assert [(e.message.target, e.interface) for e in heard] == [(address, "ar1-eth1")]


def test_a_router_answers_for_whom_it_is_a_proxy_and_gives_way_to_the_owner(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    attach(built)
    home = own(built, "mn1")
    tell(built, "ar1", ProxyNeighbor("ar1-eth1", home))
    tell(built, "mn1", Listen(frozenset({136})))
    probe = SendMessage(NeighborSolicitation(home), UNSPECIFIED, solicited_node(home), WIRELESS)
    tell(built, "mn1", probe)
    built.clock.run(1.0)
    assert answers(built, "ar1-eth1") == [(home, ALL_NODES, 0)]
    heard = puppet(built, "mn1").of(MessageReceived)
    assert [(e.message.target, e.destination, e.interface) for e in heard] == [
        (home, ALL_NODES, WIRELESS)
    ]
    tell(built, "ar1", StopProxying("ar1-eth1", home))
    tell(built, "mn1", probe)
    built.clock.run(2.0)
    assert len(answers(built, "ar1-eth1")) == 1


def test_agents_hear_only_the_types_that_they_listen_to(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    attach(built)
    router = built.ports["ar1-eth1"]
    options = (SourceLinkLayerAddress(router.link_layer_address),)
    advertisement = RouterAdvertisement(64, 0, 1800, 0, 0, options)
    action = SendMessage(advertisement, router.link_local, ALL_NODES, router.name)
    tell(built, "ar1", action)
    built.clock.run(0.1)
    assert puppet(built, "mn1").of(MessageReceived) == []
    tell(built, "mn1", Listen(frozenset({134})))
    tell(built, "ar1", action)
    built.clock.run(0.2)
    heard = puppet(built, "mn1").of(MessageReceived)
    assert [(type(e.message), e.interface, e.link_layer_source) for e in heard] == [
        (RouterAdvertisement, WIRELESS, router.link_layer_address)
    ]
    assert host(built, "mn1").addresses == set()


def test_a_router_is_known_by_its_advertisement_and_needs_no_exchange(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, router = visit(built), built.ports["ar1-eth1"]
    options = (SourceLinkLayerAddress(router.link_layer_address),)
    message = RouterAdvertisement(64, 0, 1800, 0, 0, options)
    tell(built, "ar1", SendMessage(message, router.link_local, ALL_NODES, router.name))
    built.clock.run(0.1)
    built.nodes["mn1"].send(Packet(address, own(built, "cn"), 100, flow="probe"))
    built.clock.run(0.2)
    sent = [s.flow for s in built.recorder.sightings if s.node == "mn1" and s.outgoing]
    assert sent == ["probe"]


def test_a_restart_begins_with_a_host_without_addresses(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    visit(built)
    built.agents["mn1"].start()
    mobile = host(built, "mn1")
    assert (mobile.addresses, mobile.assigned) == (set(), set())
    assert mobile.uplink.lookup(own(built, "mn1"), own(built, "cn")) is None


def test_nobody_plays_the_router_from_afar(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, peer, anchor = visit(built), own(built, "cn"), own(built, "ha")
    tell(built, "mn1", Listen(frozenset({134, 136})))
    forged = RouterAdvertisement(64, 0, 1800, 0, 0, ())
    tell(built, "cn", SendMessage(forged, peer, address))
    tell(built, "ha", SendMessage(forged, anchor, own(built, "mn1")))  # through its tunnel
    built.clock.run(0.1)
    assert puppet(built, "mn1").of(MessageReceived) == []
    assert built.nodes["mn1"].drops["not_from_a_neighbor"] == 2
