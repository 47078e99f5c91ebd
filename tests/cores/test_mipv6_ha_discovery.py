"""Home agent address discovery and mobile prefix discovery (RFC 6275 §10.5, §10.6)."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from mipv6_bench import COA, COA2, HA, HOA, STRANGER, A, Bench, from_away, only, reasons, sent
from mipv6_home import LINK, ON_LINK, config, linked, update
from vector_octets import vector

from agents.mipv6.home_agents import MOST_ADDRESSES, REPLIES_AT_ONCE
from agents.wire import packet
from agents.wire.address import Address, Prefix
from agents.wire.extension_headers import Type2Routing
from agents.wire.icmpv6_messages import (
    HomeAgentAddressDiscoveryReply,
    HomeAgentAddressDiscoveryRequest,
    MobilePrefixAdvertisement,
    MobilePrefixSolicitation,
)
from agents.wire.ndisc import HomeAgentInformation, PrefixInformation, RouterAdvertisement
from agents.wire.packet import Packet

ANYCAST = A("2001:db8:1:0:fdff:ffff:ffff:fffe")
SECOND = A("2001:db8:1::2")


def ask(bench: Bench, to: Address = ANYCAST, source: Address = COA) -> list[Address]:
    actions = bench.take(Packet(source, to, HomeAgentAddressDiscoveryRequest(7)))
    replies = sent(actions, HomeAgentAddressDiscoveryReply)
    return list(replies[0].payload.addresses) if replies else []


def others(*preferences: int) -> list[dict[str, object]]:
    return [
        {"address": f"2001:db8:1::{n}", "preference": preference}
        for n, preference in enumerate(preferences, 2)
    ]


def advertised(source: str, address: str, preference: int, lifetime: int, flags: int) -> Packet:
    options = (
        PrefixInformation(Prefix(A(address), 64), 0xE0, 2592000, 604800),
        HomeAgentInformation(preference, lifetime),
    )
    message = RouterAdvertisement(64, flags, 1800, 0, 0, options)
    return Packet(A(source), A("ff02::1"), message, hop_limit=255)


def test_discovery_is_answered_octet_by_octet() -> None:
    bench = Bench("ha", config(preference=9, home_agents=others(3)))
    actions = bench.take(vector(40))
    assert packet.emit(only(actions, HomeAgentAddressDiscoveryReply)) == vector(41)


def test_the_best_home_agent_comes_first() -> None:
    bench = Bench("ha", config(preference=5, home_agents=others(1, 9, 7)))
    ranked = [A(f"2001:db8:1::{n}") for n in (3, 4, 1, 2)]
    assert ask(bench) == ranked
    assert ask(bench, HA) == ranked


def test_equally_good_home_agents_come_in_random_order() -> None:
    bench = Bench("ha", config(home_agents=others(0, 0)), Random(4))
    firsts = Counter(ask(bench)[0] for _ in range(90))
    assert set(firsts) == {HA, A("2001:db8:1::2"), A("2001:db8:1::3")}
    assert min(firsts.values()) > 10


def test_a_reply_is_never_longer_than_any_link_bears() -> None:
    bench = Bench("ha", config(home_agents=others(*range(1, 120))))
    actions = bench.take(vector(40))
    octets = packet.emit(only(actions, HomeAgentAddressDiscoveryReply))
    assert 1280 - 16 < len(octets) <= 1280
    assert len(ask(bench)) == MOST_ADDRESSES


def test_home_agents_heard_on_the_home_link_are_told_of_until_they_expire() -> None:
    bench = Bench("ha", linked(preference=5, home_agents=[]))
    bench.take(advertised("fe80::5", "2001:db8:1::5", 9, 60, 0x20), LINK)
    assert ask(bench) == [A("2001:db8:1::5"), HA]
    bench.run(60.1)
    assert ask(bench) == [HA]


@pytest.mark.parametrize(
    "farewell",
    [
        advertised("fe80::5", "2001:db8:1::5", 9, 0, 0x20),
        advertised("fe80::5", "2001:db8:1::5", 9, 60, 0),
    ],
)
def test_a_home_agent_that_resigns_is_told_of_no_more(farewell: Packet) -> None:
    bench = Bench("ha", linked(home_agents=[]))
    bench.take(advertised("fe80::5", "2001:db8:1::5", 9, 60, 0x20), LINK)
    bench.take(farewell, LINK)
    assert ask(bench) == [HA]


@pytest.mark.parametrize(
    ("heard", "interface"),
    [
        (advertised("fe80::5", "2001:db8:1::5", 9, 60, 0x20), "ha-eth0"),
        (advertised("fe80::5", "2001:db8:66::5", 9, 60, 0x20), LINK),
        (advertised("fe80::5", "2001:db8:1::5", 9, 60, 0), LINK),
    ],
)
def test_no_home_agent_of_another_link_is_told_of(heard: Packet, interface: str) -> None:
    bench = Bench("ha", linked(home_agents=[]))
    assert bench.take(heard, interface) == []
    assert ask(bench) == [HA]


def test_a_neighbour_that_claims_to_be_many_home_agents_is_not_believed_for_long() -> None:
    bench = Bench("ha", linked(home_agents=[]))
    for n in range(MOST_ADDRESSES):
        heard = advertised(f"fe80::{n + 9:x}", f"2001:db8:1::{n + 9:x}", 0, 60, 0x20)
        assert bench.take(heard, LINK) == []
    late = advertised("fe80::5", "2001:db8:1::5", 9, 60, 0x20)
    assert reasons(bench.take(late, LINK)) == ["too many home agents"]
    bench.run(61)
    assert bench.take(late, LINK) == []
    assert ask(bench) == [A("2001:db8:1::5"), HA]


@pytest.mark.parametrize(
    ("to", "source", "reason"),
    [
        (A("2001:db8:1::77"), COA, "home agent discovery at another address"),
        (ANYCAST, A("ff0e::1"), "home agent discovery from no unicast address"),
        (ANYCAST, A("::"), "home agent discovery from no unicast address"),
    ],
)
def test_discovery_that_leads_nowhere_is_dropped(to: Address, source: Address, reason: str) -> None:
    asked = Packet(source, to, HomeAgentAddressDiscoveryRequest(1))
    assert reasons(Bench("ha", config()).take(asked)) == [reason]


def test_a_flood_of_discoveries_is_limited() -> None:
    bench = Bench("ha", config())
    assert [bool(ask(bench, source=STRANGER)) for _ in range(400)].count(True) == REPLIES_AT_ONCE


def solicit(source: Address = COA, to: Address = HA) -> Packet:
    return from_away(MobilePrefixSolicitation(0x77), source, to)


def test_a_bound_node_learns_its_home_prefix_under_a_routing_header() -> None:
    bench = Bench("ha", config(valid_lifetime=1000, preferred_lifetime=500))
    bench.take(update(1))
    reply = only(bench.take(solicit()), MobilePrefixAdvertisement)
    assert (reply.source, reply.destination, reply.headers) == (HA, COA, (Type2Routing(HOA),))
    (shown,) = reply.payload.options
    assert reply.payload.identifier == 0x77
    assert shown == PrefixInformation(Prefix.parse("2001:db8:1::/64"), 0xC0, 1000, 500)


def test_with_a_home_link_the_prefix_comes_with_the_agents_address() -> None:
    bench = Bench("ha", linked(detection="off"))
    bench.take(update(1))
    (shown,) = only(bench.take(solicit()), MobilePrefixAdvertisement).payload.options
    assert (shown.prefix, shown.flags) == (Prefix(ON_LINK, 64), 0xE0)


@pytest.mark.parametrize(
    "asked",
    [solicit(COA2), solicit(to=SECOND), from_away(MobilePrefixSolicitation(1), COA, HA, STRANGER)],
)
def test_nobody_else_is_told(asked: Packet) -> None:
    bench = Bench("ha", config())
    bench.take(update(1))
    actions = bench.take(asked)
    assert reasons(actions) == ["prefix solicitation without a binding"] and sent(actions) == []


def test_a_node_is_told_once_a_second_at_most() -> None:
    bench = Bench("ha", config())
    bench.take(update(1))
    assert sent(bench.take(solicit()))
    bench.now += 0.9
    assert reasons(bench.take(solicit())) == ["prefix solicitation too soon"]
    bench.now += 0.2
    assert sent(bench.take(solicit()))
