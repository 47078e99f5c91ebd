"""Parts of flow binding alone: selectors, errors' contents, times, prefixes that go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flowbinding_nodes import CALL, CN, IF1, IF2, UDP, VIDEO, WLAN, A, B
from flowbinding_world import FlowWorld
from hypothesis import given
from hypothesis import strategies as st
from pmipv6_world import LMA

from agents.core import actions as do
from agents.core.events import (
    Command,
    FlowsMetered,
    FlowStrayed,
    LinkQuality,
    LinkUp,
    MessageReceived,
)
from agents.core.flows import ANY_PORT, FlowSelector
from agents.flowbinding import layouts, selectors
from agents.flowbinding.freshness import WINDOW, Freshness, Stamps
from agents.flowbinding.invoking import flow_in
from agents.flowbinding.layouts import Layout
from agents.flowbinding.redirector import MOST_OCTETS
from agents.wire import mobility, packet
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.icmpv6 import DestinationUnreachable
from agents.wire.messages import BindingUpdate
from agents.wire.ndisc import PrefixInformation

LENGTHS = st.sampled_from([0, 1, 32, 48, 63, 64, 127, 128])
PREFIXES = st.builds(
    Prefix.of, st.binary(min_size=16, max_size=16).filter(lambda b: b[0]).map(Address), LENGTHS
)
PORTS = st.one_of(
    st.just(ANY_PORT),
    st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)).map(lambda p: (min(p), max(p))),
)
CLASSES = st.one_of(st.none(), st.integers(0, 63).map(lambda n: n << 2))
WITH_PORTS = st.builds(
    FlowSelector, PREFIXES, PREFIXES, st.sampled_from([6, 17, 132]), PORTS, PORTS, CLASSES
)
WITHOUT = st.builds(
    FlowSelector,
    PREFIXES,
    PREFIXES,
    st.sampled_from([0, 58, 50]),
    st.just(ANY_PORT),
    st.just(ANY_PORT),
    CLASSES,
)
FLOWS = st.one_of(WITH_PORTS, WITHOUT)


@given(FLOWS, st.sampled_from(list(Layout)), st.integers(1, 255))
def test_every_flow_survives_the_wire(flow: FlowSelector, layout: Layout, priority: int) -> None:
    option = layouts.identification(layout, flow, priority, 7)
    message = BindingUpdate(1, 0x8200, 75, (option,))
    (said,) = layouts.read(mobility.parse(mobility.emit(message, A, LMA)).options)
    assert (said.selector, said.fault, said.priority) == (flow, None, priority)
    assert said.identifier == (0 if layout is Layout.EARLY else 7)


@given(FLOWS, FLOWS)
def test_a_flow_covers_what_lies_in_it(one: FlowSelector, other: FlowSelector) -> None:
    assert selectors.covers(one, one)
    assert selectors.covers(FlowSelector(), one)
    assert selectors.covers(FlowSelector(destination=one.destination), one)
    narrow = replace(one, source=Prefix(one.source.network, 128))
    assert selectors.covers(one, narrow)
    if selectors.covers(one, other) and selectors.covers(other, one):
        assert one == other


def test_flows_are_spelled_for_people() -> None:
    flow = selectors.single(CN, Address.parse("2001:db8::1"), UDP, VIDEO, 7)
    assert selectors.text(flow, "video") == "video udp 2001:db8:cc::1 5004 > 2001:db8::1 7"
    ranged = FlowSelector(source_ports=(1, 9), protocol=6, traffic_class=184)
    assert selectors.text(ranged) == "tcp any 1-9 > any class 184"


def test_the_flow_in_an_error_is_found_behind_options_and_in_a_cut_packet() -> None:
    inner = packet.Packet(CN, LMA, packet.Opaque(UDP, bytes([0, 1, 0, 2]) + bytes(1400)))
    octets = packet.emit(inner)
    expected = selectors.single(CN, LMA, UDP, 1, 2)
    assert flow_in(octets[:1232]) == flow_in(octets[:44]) == expected
    header = bytes([UDP, 0, 1, 4, 0, 0, 0, 0])
    behind = octets[:6] + bytes([60]) + octets[7:40] + header + octets[40:]
    assert flow_in(behind) == expected
    assert flow_in(behind[:41]) is None
    assert flow_in(octets[:6] + bytes([58]) + octets[7:40]) == selectors.single(CN, LMA, 58, 0, 0)


@given(st.binary(max_size=120))
def test_any_octets_in_an_error_are_read_or_not(octets: bytes) -> None:
    flow_in(octets)
    flow_in(b"\x60" + octets)


def test_an_error_holds_as_much_as_fits_and_headers_where_there_are_no_octets() -> None:
    world = FlowWorld()
    world.settle()
    watched = world.flow(VIDEO).reverse()
    flow = selectors.single(world.address(IF1), CN, UDP, 40000, VIDEO)
    for octets in (b"\x60" + bytes(1400), b""):
        world.give(LMA, FlowStrayed(watched, B, flow, octets))
    long, bare = (sent.message.invoking for sent in world.messages(DestinationUnreachable))
    assert len(long) == MOST_OCTETS == 1232
    assert flow_in(bare) == flow


def test_times_grow_and_are_believed_for_a_while() -> None:
    stamps, freshness = Stamps(), Freshness()
    first, second = stamps.next(100.0), stamps.next(100.0)
    assert second == first + 1
    assert freshness.is_recent(first, 100.0 + WINDOW - 0.1)
    assert not freshness.is_recent(first, 100.0 + WINDOW + 0.1)
    assert freshness.is_recent(first, 100.0 - WINDOW + 0.1)
    assert not freshness.is_recent(first, 100.0 - WINDOW - 0.1)
    assert freshness.is_new(A, first, 100.0) and not freshness.is_new(A, first, 100.0)
    assert freshness.is_new(B, first, 100.0)
    assert freshness.is_new(A, second, 100.0)
    assert freshness.is_latest("x", second) and not freshness.is_latest("x", first)
    assert freshness.is_latest("y", first)


def test_what_was_seen_is_forgotten_when_it_is_too_old_anyway() -> None:
    freshness = Freshness()
    for second in range(1000):
        freshness.is_new(A, second, float(second))
    assert len(freshness._seen[A]) <= 2 * WINDOW + 1


def test_an_address_goes_with_its_prefix() -> None:
    """RFC 4862 §5.5.4: a lifetime of 0, and the address is this node's no longer."""
    world = FlowWorld()
    world.settle()
    node, sip = world.node(), world.address(IF1)
    heard = next(s.message for s in world.sent if type(s.message).__name__ == "RouterAdvertisement")
    options = tuple(
        replace(o, valid_lifetime=0, preferred_lifetime=0)
        if isinstance(o, PrefixInformation)
        else o
        for o in heard.options
    )
    router = Address.parse("fe80::200:5eff:fe00:5213")
    event = MessageReceived(replace(heard, options=options), router, router, IF1)
    world.give(node, event)
    host = world.kernels[node]
    assert sip not in host.places
    assert (ALL_ZERO, Prefix(sip, 128)) not in host.routes
    assert host.routes[ALL_ZERO, None].interface == IF2
    assert (sip, LMA) not in host.inner
    world.give(node, event)  # once more
    assert sip not in host.places


def test_a_router_that_is_none_is_not_used() -> None:
    world = FlowWorld()
    world.settle()
    heard = next(s.message for s in world.sent if type(s.message).__name__ == "RouterAdvertisement")
    router = Address.parse("fe80::1")
    event = MessageReceived(replace(heard, router_lifetime=0), router, router, IF1)
    assert [type(a) for a in world.give(world.node(), event)] == [do.Drop]


def test_another_router_takes_over_the_routes() -> None:
    world = FlowWorld()
    world.settle()
    heard = next(s.message for s in world.sent if type(s.message).__name__ == "RouterAdvertisement")
    router = Address.parse("fe80::1")
    world.give(world.node(), MessageReceived(heard, router, router, IF1, b"\2\0\0\0\0\1"))
    host = world.kernels[world.node()]
    assert host.routes[ALL_ZERO, Prefix(world.address(IF1), 128)].next_hop == router
    assert {address for interface, address in host.known if interface == IF1} == {router}


@pytest.mark.parametrize(
    ("event", "kinds"),
    [(LinkQuality(IF1, 1e6), []), (LinkUp(IF1, b"\2\0\0\0\0\1"), [do.Drop])],
    ids=["quality", "link up"],
)
def test_a_node_has_no_use_for_other_events(event: Any, kinds: list[type]) -> None:
    world = FlowWorld()
    assert [type(action) for action in world.give(world.node(), event)] == kinds


@pytest.mark.parametrize(
    ("name", "said"),
    [("open_flow", "flow binding chooses no address by service"), ("dance", "unknown command")],
)
def test_who_asks_a_node_for_something_has_an_answer_at_once(name: str, said: str) -> None:
    world = FlowWorld()
    reply, drop = world.give(world.node(), Command(name, {"service": "video"}, "7"))
    assert isinstance(reply, do.Reply) and isinstance(drop, do.Drop)
    assert reply.token == "7" and said in reply.details["error"]
    (silent,) = world.give(world.node(), Command(name))
    assert isinstance(silent, do.Drop)


def test_a_measurement_of_another_interface_is_dropped() -> None:
    world = FlowWorld()
    world.settle()
    actions = world.give(A, FlowsMetered("eth7", 1.0, 10**9, ()))
    assert [type(action) for action in actions] == [do.Drop]


def test_rows_show_who_is_where_and_which_flows_are_elsewhere() -> None:
    world = FlowWorld()
    world.settle()
    world.up(VIDEO)
    world.run(0.1)
    rows = world.rows(world.node())
    assert [(row.get("address"), row["interface"]) for row in rows] == [
        (str(world.address(IF1)), IF1),
        (str(world.address(IF2)), IF2),
        (None, IF2),
    ]
    (row,) = [r for r in world.rows(LMA) if r.get("service") == "video"]
    assert (row["serving"], row["target"], row["state"]) == (str(A), str(B), "bound")


def test_a_flow_that_was_promised_counts_until_it_can_be_measured() -> None:
    """Two downloads of 4 Mbit/s fit in 9, and a third does not, though nothing was measured yet."""
    policy = [{"service": "download", "prefer": [WLAN]}]
    world = FlowWorld(mobiles=3, flows={"inquire": "always", "policy": policy})
    for number in world.numbers:
        world.come(IF1, A, number)
    world.run(1)
    for number in world.numbers:
        world.come(IF2, B, number)
    world.run(0.5)
    assert len(world.flows()) == 1
    rows = [row for row in world.rows(LMA) if row.get("service") == "download"]
    assert len(rows) == 2
    world.run(60)
    rows = [row for row in world.rows(LMA) if row.get("service") == "download"]
    assert len(rows) == 3
    assert world.down(CALL).way == [A, IF1]
