"""Lost, doubled, late and reordered messages: every procedure comes out right all the same."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mipv6_network import address_of
from mipv6_places import KEY, care_of
from mipv6_world import World
from misfortunes import DELAYS, FATES, PAUSES, bad_luck

KEYS = {"ha": {"authentication": KEY}, "mn": {"authentication": KEY}}
AWAY = {"mn1": care_of(1, "a"), "mn2": care_of(2, "b")}
SETTLED = 130.0  # longer than the longest wait for a retransmission, twice


def build(fate: Any, seed: int = 0, **changes: Any) -> World:
    return World(seed, fate=fate, **changes)


def journey(world: World) -> None:
    """Attach, optimize, hand off, come home and leave again."""
    world.attach("mn1", "a")
    world.run(8)
    world.talk("cn", "mn1")
    world.run(8)
    world.attach("mn1", "b")
    world.run(8)
    world.attach("mn1", "home")
    world.run(8)
    world.attach("mn1", "a")


def signalling(world: World) -> int:
    journey(world)
    return len(world.sent)


MESSAGES = signalling(World())


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("faulty", range(MESSAGES))
def test_any_one_message_may_suffer_any_fate(fate, faulty) -> None:
    world = build(lambda number, _: FATES[fate] if number == faulty else (0.0,))
    journey(world)
    world.run(40)
    settle(world, "a")


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("faulty", range(MESSAGES))
def test_the_same_holds_with_authentication(fate, faulty) -> None:
    world = build(lambda number, _: FATES[fate] if number == faulty else (0.0,), **KEYS)
    world.attach("mn1", "a")
    world.run(8)
    world.attach("mn1", "b")
    world.run(40)
    settle(world, "b")


@pytest.mark.parametrize("seed", range(30))
def test_a_walk_over_bad_links_ends_where_the_node_is(seed) -> None:
    chance = Random(seed)
    world = build(lambda number, _: bad_luck(chance), seed)
    place = "a"
    for _ in range(12):
        place = chance.choice(["a", "b", "home"])
        world.attach("mn1", place)
        world.run(chance.choice([0.0, 0.02, 0.5, 4.0]))
        world.talk("cn", "mn1")
        world.run(chance.choice([0.0, 0.02, 2.0]))
    settle(world, place)


STEPS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "home", ""]), PAUSES, st.booleans()),
    min_size=1,
    max_size=7,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, DELAYS)
def test_whatever_happens_the_bindings_come_out_right(steps, delays) -> None:
    world = build(lambda number, _: delays[number] if number < len(delays) else (0.0,))
    place = ""
    for place, pause, talks in steps:
        if place:
            world.attach("mn1", place)
        elif world.nodes["mn1"].links:
            world.detach("mn1")
        if talks:
            world.talk("cn", "mn1")
        world.run(pause)
    if not place:
        place = "b"
        world.attach("mn1", place)
    settle(world, place)


def settle(world: World, place: str) -> None:
    """Let links be good for a while; then all must know where the node is, and nothing else."""
    world.fate = lambda number, message: (0.0,)
    world.run(SETTLED)
    assert world.talk("mn1", "cn") != "", world.story()
    world.talk("cn", "mn1")
    world.run(70)
    world.talk("cn", "mn1")
    world.run(SETTLED)
    assert world.talk("cn", "mn1") == world.talk("mn1", "cn") == "direct", world.story()
    rows = [row["care_of"] for row in world.rows("ha")]
    assert rows == ([] if place == "home" else [str(care_of(1, place))]), world.story()
    assert len(world.kernel("mn1").tunnels) == len(rows)
    assert world.kernel("ha").proxied == set() if place == "home" else True
    assert len({address for name, address in world.kernel("mn1").addresses if name != "lo"}) == 1


@pytest.mark.parametrize("seed", range(20))
def test_two_mobiles_on_bad_links_find_each_other(seed) -> None:
    chance = Random(seed)
    world = World(seed, mobiles=("mn1", "mn2"), fate=lambda number, _: bad_luck(chance))
    for _ in range(12):
        name = chance.choice(["mn1", "mn2"])
        world.attach(name, chance.choice(["a", "b", "home"]))
        world.run(chance.choice([0.0, 0.02, 0.5, 4.0]))
        world.talk("mn1", "mn2")
        world.talk("mn2", "mn1")
        world.run(chance.choice([0.02, 2.0]))
    world.fate = lambda number, message: (0.0,)
    for name, link in (("mn1", "a"), ("mn2", "b")):
        world.attach(name, link)
    for _ in range(3):
        world.run(SETTLED)
        world.talk("mn1", "mn2")
        world.talk("mn2", "mn1")
    world.run(SETTLED)
    assert world.talk("mn1", "mn2") == world.talk("mn2", "mn1") == "direct", world.story()
    for name, other in (("mn1", "mn2"), ("mn2", "mn1")):
        path = world.kernel(name).optimized[address_of(name), address_of(other)]
        assert (path.local_care_of, path.peer_care_of) == (AWAY[name], AWAY[other])
