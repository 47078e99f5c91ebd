"""The keys and the ways of flows, without a kernel: what they find must be what was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core.flows import ANY_PORT, FlowSelector
from agents.live.detours import Detours, Way
from agents.live.flow_claims import Claims, places_of
from agents.live.flow_keys import Shape, matches, pieces, single
from agents.wire.address import ALL_ZERO, Address, Prefix

BASE = int.from_bytes(Address.parse("2001:db8::"), "big")
addresses = st.integers(0, 7).map(lambda n: Address((BASE | n).to_bytes(16, "big")))
prefixes = st.tuples(addresses, st.sampled_from([0, 64, 125, 126, 127, 128])).map(
    lambda pair: Prefix.of(*pair)
)
ports = st.integers(0, 20) | st.sampled_from([1023, 1024, 65534, 65535])
ranges = st.just(ANY_PORT) | st.tuples(ports, ports).map(lambda pair: (min(pair), max(pair)))
classes = st.sampled_from([0, 4, 184])
protocols = st.sampled_from([6, 17, 132])


@st.composite
def selectors(draw: st.DrawFn) -> FlowSelector:
    protocol = draw(st.just(0) | protocols | st.just(58))
    either = ranges if protocol in (6, 17, 132) else st.just(ANY_PORT)
    ends = draw(prefixes), draw(prefixes)
    return FlowSelector(*ends, protocol, draw(either), draw(either), draw(st.none() | classes))


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    protocol = draw(protocols | st.just(58))
    word = (6 << 28 | draw(classes) << 20).to_bytes(4, "big")
    payload = draw(ports).to_bytes(2, "big") + draw(ports).to_bytes(2, "big") + bytes(4)
    return word + bytes([0, 8, protocol, 64]) + draw(addresses) + draw(addresses) + payload


def key_of(shape: Shape, packet: bytes) -> bytes:
    """Return what the kernel loads of ``packet`` for a shape."""
    found = b""
    for length, start in ((shape.source, 8), (shape.destination, 24)):
        if length:
            found += Prefix.of(Address(packet[start : start + 16]), length).network
    if shape.protocol:
        found += bytes([packet[6], 0, 0, 0])
    if shape.ports:
        word = int.from_bytes(packet[40:44], "big") & shape.ports
        found += word.to_bytes(4, "big")
    if shape.traffic_class:
        found += bytes([packet[0] & 0x0F, packet[1] & 0xC0, 0, 0])
    return found


@given(selectors(), packets())
def test_a_packet_has_one_of_the_keys_if_and_only_if_it_is_selected(
    selector: FlowSelector, packet: bytes
) -> None:
    try:
        found = pieces(selector)
    except OSError:
        assert ANY_PORT not in (selector.source_ports, selector.destination_ports)
        return
    flow = single(packet)
    assert flow is not None
    with_key = [key for shape, key in found if key_of(shape, packet) == key]
    assert len(with_key) == matches(selector, flow, packet)
    assert all(len(key) == shape.octets <= 44 for shape, key in found)


@pytest.mark.parametrize(
    ("range_", "count"),
    [((5000, 5010), 3), ((5060, 5060), 1), ((16384, 32767), 1), ((1, 65534), 30), (ANY_PORT, 1)],
)
def test_a_range_becomes_few_blocks(range_: tuple[int, int], count: int) -> None:
    assert len(pieces(FlowSelector(protocol=17, destination_ports=range_))) == count


def test_two_wide_ranges_are_refused() -> None:
    with pytest.raises(OSError, match="more than 64 entries"):
        pieces(FlowSelector(ALL_ZERO, ALL_ZERO, 17, (1, 65534), (1, 65534)))


def test_a_packet_cut_short_is_no_flow() -> None:
    assert single(bytes(39)) is None
    cut = single(bytes(6) + bytes([17]) + bytes(33) + b"\x0f")
    assert cut is not None
    assert (cut.source_port, cut.destination_port) == (0, 0)


@given(st.lists(st.tuples(prefixes, st.integers(1, 3), st.booleans()), max_size=25))
def test_each_flow_finds_its_own_way_and_none_stays(
    asked: list[tuple[Prefix, int, bool]],
) -> None:
    detours = Detours()
    taken = []
    for prefix, number, goes in asked:
        detour, _ = detours.take(prefix, Way(number))
        taken.append((detour, Way(number)))
        if goes:
            detours.leave(taken.pop(0)[0])
        tables: dict[int, dict[Prefix, Way]] = {}
        for each, way in taken:
            assert tables.setdefault(each.number, {}).setdefault(each.prefix, way) == way
        for each, way in taken:
            for other, its_way in tables[each.number].items():
                nested = other.length > each.prefix.length and each.prefix.contains(other.network)
                assert not nested or its_way == way
    requests = [request for detour, _ in taken for request in detours.leave(detour)]
    ways = {detour for detour, _ in taken}
    assert len(requests) == len(ways) + len({detour.number for detour in ways})


def test_the_ways_of_one_destination_are_bounded() -> None:
    detours = Detours()
    prefix = Prefix.parse("2001:db8::1")
    for number in range(100):
        detours.take(prefix, Way(number))
    with pytest.raises(OSError, match="more than 100 ways"):
        detours.take(prefix, Way(100))
    detours.take(prefix, Way(7))


@given(st.lists(st.tuples(selectors(), st.integers(0, 2)), max_size=12), st.data())
def test_what_claims_have_is_what_the_selectors_that_remain_say(
    asked: list[tuple[FlowSelector, int]], data: st.DataObject
) -> None:
    claims = Claims()
    wanted: dict[FlowSelector, dict[object, bytes]] = {}
    seen: dict[object, bytes | None] = {}
    for number, (selector, rank) in enumerate(asked):
        try:
            places = places_of(selector, rank)
        except OSError:
            continue
        value = number.to_bytes(4, "big")
        claims.want(selector, places, value)
        wanted.pop(selector, None)
        wanted[selector] = dict.fromkeys(places, value)
        if wanted and data.draw(st.booleans()):
            gone = data.draw(st.sampled_from(list(wanted)))
            claims.drop(gone)
            del wanted[gone]
        seen.update({place: claims.value(place) for place in claims.changes()[0]})
    merged = {place: value for each in wanted.values() for place, value in each.items()}
    assert {place: value for place, value in seen.items() if value is not None} == merged
    assert bool(claims) == bool(wanted)
    assert all(claims.is_destination(selector.destination) for selector in wanted)
