"""Lost, duplicated, late and reordered messages: the bindings come out right all the same."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from misfortunes import DELAYS, FATES, PAUSES, bad_luck
from pmipv6_world import LMA, MAGS, World, link_layer

NODES = [link_layer(1), link_layer(2)]
LIFETIME = 20
ORDERINGS = ["timestamp", "sequence"]
EXCHANGES = 3  # attach, handoff, detach: each a request and its answer; the release twice
MESSAGES = 2 * (EXCHANGES + 1)


def build(ordering: str, fate: Any, seed: int = 0) -> World:
    mag = {"ordering": ordering, "lifetime": LIFETIME}
    return World(seed, mags=3, mag=mag, fate=fate)


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("faulty", range(MESSAGES))
def test_any_one_message_may_suffer_any_fate(ordering, fate, faulty) -> None:
    world = build(ordering, lambda number, _: FATES[fate] if number == faulty else (0.0,))
    node = NODES[0]
    world.attach(node, MAGS[0])
    world.run(5)
    (prefix,) = world.home(1)
    world.assert_served(node, prefix)

    world.detach(node)
    world.at(0.02, lambda: world.attach(node, MAGS[1]))
    world.run(5)
    world.assert_served(node, prefix)
    world.assert_unknown(MAGS[0])

    world.detach(node)
    world.run(LIFETIME + 15)
    for address in (LMA, *MAGS):
        world.assert_unknown(address)


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("seed", range(20))
def test_a_walk_over_bad_links_ends_where_the_node_is(ordering, seed) -> None:
    chance = Random(seed)
    world = build(ordering, lambda number, _: bad_luck(chance), seed)
    for _ in range(15):
        step(world, chance.choice(NODES), chance.choice([*MAGS, None]))
        world.run(chance.choice([0.0, 0.001, 0.02, 0.5, 4.0]))
    settle(world)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(NODES),
        st.sampled_from([*MAGS, None]),
        PAUSES,
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(ORDERINGS), STEPS, DELAYS)
def test_whatever_happens_the_bindings_come_out_right(ordering, steps, delays) -> None:
    world = build(ordering, lambda number, _: delays[number] if number < len(delays) else (0.0,))
    for node, place, pause in steps:
        step(world, node, place)
        world.run(pause)
    settle(world)


def test_a_late_refusal_does_not_make_numbers_meet_twice() -> None:
    world = build("sequence", lambda number, _: (0.4,) if number == 0 else (0.0,))
    for pause in (0.2, 0.2, 5.0):
        step(world, NODES[0], MAGS[1])
        world.run(pause)
    numbers = [sent.message.sequence for sent in world.sent if sent.source == MAGS[1]]
    assert len(set(numbers)) == len(numbers)
    world.assert_served(NODES[0], world.home(1)[0])


def step(world: World, node: bytes, place: Any) -> None:
    """Take the node to an access link, or off all of them."""
    if node in world.attached:
        world.detach(node)
    if place is not None:
        world.attach(node, place)


def settle(world: World) -> None:
    """Let links be good for a while; then all must know where each node is, and nothing else."""
    world.fate = lambda number, message: (0.0,)
    world.run(LIFETIME + 80)
    for number, node in enumerate(NODES, 1):
        prefixes = world.home(number)
        if node in world.attached:
            (prefix,) = prefixes
            world.assert_served(node, prefix)
        else:
            assert prefixes == [], world.story()
    served = [mag for mag, _ in world.attached.values()]
    for mag in MAGS:
        assert len(world.rows(mag)) == served.count(mag), world.story()
        assert len(world.kernels[mag].routes) == 2 * served.count(mag), world.story()
        assert world.kernels[mag].tunnels == ({LMA} if mag in served else set())
    assert world.kernels[LMA].tunnels == set(served)
