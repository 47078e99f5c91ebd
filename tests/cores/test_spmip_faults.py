"""Lost, duplicated, late and reordered signalling: every flow finds its node all the same."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from misfortunes import DELAYS, FATES, PAUSES, bad_luck
from spmip_world import (
    CORRESPONDENT,
    LMA,
    MAGS,
    SCHEMES,
    A,
    B,
    C,
    DataWorld,
    address,
    link_layer,
)

from agents.wire.signaling_messages import UpdateNotification

BOTH = pytest.mark.parametrize("scheme", SCHEMES)
LIFETIME = 20
MESSAGES = 16


def build(scheme: str, fate: Any, seed: int = 0) -> DataWorld:
    mag = {"lifetime": LIFETIME, "buffer_per_address": 2000}
    return DataWorld(scheme, seed, mag=mag, fate=fate)


@BOTH
@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("faulty", range(MESSAGES))
def test_any_one_message_may_suffer_any_fate(scheme, fate, faulty) -> None:
    """Packets of a flow may take longer, but none is lost: neither to the query nor to a move."""
    world = build(scheme, lambda number, _: FATES[fate] if number == faulty else (0.0,))
    world.come(1, B)
    world.run(5)
    world.stream(CORRESPONDENT, address(1), A, count=800, interval=0.01)
    world.at(2.0, lambda: world.go(1))
    world.at(2.1, lambda: world.come(1, C))
    world.run(14)
    assert sorted(world.got(address(1))) == list(range(1, 801)), world.story()
    world.assert_path(A, 1)


@BOTH
def test_all_notifications_may_be_lost(scheme) -> None:
    """The old gateway passes packets on until what the sender's gateway knows has expired."""

    def fate(number: int, message: Any) -> tuple[float, ...]:
        return () if isinstance(message, UpdateNotification) else (0.0,)

    world = build(scheme, fate)
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=4000, interval=0.01)
    world.at(2.0, lambda: world.come(1, C))
    world.run(42)
    assert sorted(world.got(address(1))) == list(range(1, 4001))
    world.assert_path(A, 1)


@BOTH
def test_queries_are_repeated_ever_more_slowly_and_then_given_up(scheme) -> None:
    cut = {"off": True}
    world = build(scheme, lambda number, message: () if cut["off"] else (0.0,))
    world.attached[link_layer(1)] = (B, "wlan0")
    sent_at = world.now
    world.send(CORRESPONDENT, address(1), A)
    world.run(30)
    assert [round(s.at - sent_at, 3) for s in world.queries()] == [0.0, 1.0, 3.0]
    sequences = {sent.message.sequence for sent in world.queries()}
    assert len(sequences) == 3
    (given_up,) = [at for at, node, a in world.log if getattr(a, "event", "") == "query_given_up"]
    assert given_up - sent_at == pytest.approx(7.0)
    assert world.drops() == ["destination not found"]
    assert world.known(A) == {}


@BOTH
def test_any_of_the_repeated_queries_may_be_answered(scheme) -> None:
    """The answer to the first try comes when the second has been sent: it counts."""

    def fate(number: int, message: Any) -> tuple[float, ...]:
        return (1.2,) if message.flags & 0x1 and hasattr(message, "status") else (0.0,)

    world = build(scheme, fate)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(1.3)
    assert len(world.got(address(1))) == 1
    world.run(5)
    assert "answer to no query" in world.drops()  # that to the second


@BOTH
@pytest.mark.parametrize("seed", range(20))
def test_a_walk_over_bad_links_ends_where_the_nodes_are(scheme, seed) -> None:
    chance = Random(seed)
    world = build(scheme, lambda number, _: bad_luck(chance), seed)
    for _ in range(15):
        step(world, chance.choice([1, 2]), chance.choice([*MAGS, None]))
        chatter(world, chance.choice(MAGS))
        world.run(chance.choice([0.0, 0.001, 0.02, 0.5, 4.0]))
    settle(world)


STEPS = st.lists(
    st.tuples(
        st.sampled_from([1, 2]),
        st.sampled_from([*MAGS, None]),
        st.sampled_from(MAGS),
        PAUSES,
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SCHEMES), STEPS, DELAYS)
def test_whatever_happens_flows_find_their_nodes(scheme, steps, delays) -> None:
    world = build(scheme, lambda number, _: delays[number] if number < len(delays) else (0.0,))
    for number, place, sender, pause in steps:
        step(world, number, place)
        chatter(world, sender)
        world.run(pause)
    settle(world)


def step(world: DataWorld, number: int, place: Any) -> None:
    """Take a node to a gateway, or off all of them."""
    if place is None:
        world.go(number)
    else:
        world.come(number, place)


def chatter(world: DataWorld, sender: Any) -> None:
    """Let everybody send to everybody."""
    for number in (1, 2):
        world.send(CORRESPONDENT, address(number), sender)
        world.send(number, address(3 - number))


def settle(world: DataWorld) -> None:
    """Let links be good and packets flow for a while; then all must take the straight path."""
    world.fate = lambda number, message: (0.0,)
    for _ in range(LIFETIME):
        for sender in MAGS:
            chatter(world, sender)
        world.run(6)
    for number in (1, 2):
        if link_layer(number) in world.attached:
            for sender in MAGS:
                world.assert_path(sender, number)
    for mag in MAGS:
        assert not world.cores[mag]._finder._buffers or all_away(world)
    world.run(LIFETIME + 60)
    for mag in MAGS:
        assert world.known(mag) == {}
    assert LMA not in world.cores or len(world.rows(LMA)) == len(world.attached)


def all_away(world: DataWorld) -> bool:
    return len(world.attached) < 2
