"""Whatever happens to one message of a handover, or to many, the lists come out right."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from misfortunes import FATES, bad_luck
from romip_nodes import MAARS, home
from romip_world import World

A1, B1 = home(1, "a1"), home(2, "b1")
STEPS = ["RS", "request", "response", "RA", "sDBU", "sDBA", "dDBU", "dDBA"]
LONG = 80.0  # enough for some repetitions, whose distance doubles


class Misfortune:
    """Once armed, gives the message of that number its fate, and leaves all others alone."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.fates: dict[int, tuple[float, ...]] = {}
        self.world: World | None = None

    def __call__(self, number: int, message: Any) -> tuple[float, ...]:
        if self.first is None:
            return (0.0,)
        return self.fates.get(number - self.first, (0.0,))


def prepared(places: tuple[str, str] = ("a2", "b2"), **options: Any) -> tuple[World, Misfortune]:
    misfortune = Misfortune()
    world = World(fate=misfortune, **options)
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1)
    for number, place in zip((2, 1), reversed(places), strict=True):
        if world.mobiles[number].place != place:
            world.settle((number, place))
    misfortune.first = len(world.sent)
    return world, misfortune


def assert_right(world: World) -> None:
    """Both MAARs have both lists, nobody else has any, and data takes the straight way."""
    here, there = world.mobiles[1].place, world.mobiles[2].place
    first, second = world.lists(here, 1), world.lists(there, 2)
    assert first["external"] == ({} if here == "a1" else {A1: home(1, here)}), world.story()
    assert second["external"] == ({} if there == "b1" else {B1: home(2, there)}), world.story()
    if (here, there) != ("a1", "b1"):
        assert first["internal"] == {B1: MAARS[there]}, world.story()
        assert second["internal"] == {A1: MAARS[here]}, world.story()
    for place in set(MAARS) - {here, there}:
        rows = [row for row in world.rows(place) if row["list"] != "assigned"]
        assert rows == [], (place, world.story())
    straight = [here] if here == there else [here, there]
    assert world.way(A1, B1) == straight, world.story()
    assert world.way(B1, A1) == straight[::-1], world.story()
    world.assert_routes_match()


@pytest.mark.parametrize("fate", FATES.values(), ids=FATES)
@pytest.mark.parametrize("step", range(8), ids=STEPS)
def test_every_single_fault_of_a_handover(step: int, fate: tuple[float, ...]) -> None:
    world, misfortune = prepared()
    misfortune.fates = {step: fate}
    world.come(1, "a3")
    world.run(LONG)
    assert_right(world)


@pytest.mark.parametrize("fate", FATES.values(), ids=FATES)
@pytest.mark.parametrize("step", range(8), ids=STEPS)
def test_every_single_fault_of_the_first_move(step: int, fate: tuple[float, ...]) -> None:
    world, misfortune = prepared(("a1", "b1"))
    misfortune.fates = {step: fate}
    world.come(1, "a2")
    world.run(LONG)
    assert_right(world)


@pytest.mark.parametrize("fate", FATES.values(), ids=FATES)
@pytest.mark.parametrize("step", range(20))
def test_every_single_fault_when_both_ends_move_at_once(step: int, fate: tuple[float, ...]) -> None:
    world, misfortune = prepared()
    misfortune.fates = {step: fate}
    world.come(1, "a3")
    world.come(2, "b3")
    world.run(LONG)
    assert_right(world)


@pytest.mark.parametrize("fate", FATES.values(), ids=FATES)
@pytest.mark.parametrize("step", range(16))
def test_every_single_fault_when_a_node_moves_on_at_once(
    step: int, fate: tuple[float, ...]
) -> None:
    """It leaves A_MAAR3 35 ms after it came, in the middle of step 5, for A_MAAR1."""
    world, misfortune = prepared()
    misfortune.fates = {step: fate}
    world.come(1, "a3")
    world.run(0.035)
    world.come(1, "a1")
    world.run(LONG)
    assert_right(world)


@pytest.mark.parametrize("milliseconds", range(0, 90, 3))
def test_a_node_moves_on_at_any_moment(milliseconds: int) -> None:
    for place in ("a1", "a2", "b2", "b1"):
        world, _ = prepared()
        world.come(1, "a3")
        world.run(milliseconds / 1000)
        world.come(1, place)
        world.run(LONG)
        assert_right(world)


@pytest.mark.parametrize("milliseconds", range(-90, 91, 6))
def test_both_ends_move_within_a_moment(milliseconds: int) -> None:
    for places in (("a3", "b3"), ("b3", "b3"), ("b2", "a2"), ("a1", "b1"), ("b1", "a1")):
        world, _ = prepared()
        world.at(max(0, -milliseconds) / 1000, partial(world.come, 1, places[0]))
        world.at(max(0, milliseconds) / 1000, partial(world.come, 2, places[1]))
        world.run(LONG)
        assert_right(world)


WALKS = st.lists(
    st.tuples(
        st.sampled_from([1, 2]),
        st.sampled_from(list(MAARS)),
        st.sampled_from([0.0, 0.005, 0.011, 0.02, 0.035, 0.06, 0.2, 3.0]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(WALKS)
def test_any_walk_of_both_ends(walk: list[tuple[int, str, float]]) -> None:
    world, _ = prepared()
    for number, place, pause in walk:
        world.come(number, place)
        world.run(pause)
    world.run(LONG)
    assert_right(world)


@pytest.mark.parametrize("seed", range(60))
def test_many_faults_delay_a_handover_and_no_more(seed: int) -> None:
    chance = Random(seed)
    world, misfortune = prepared(seed=seed)
    misfortune.fates = {number: bad_luck(chance) for number in range(24)}
    for _ in range(chance.randrange(1, 4)):
        number = chance.choice((1, 2))
        world.come(number, chance.choice(list(MAARS)))
        world.run(chance.uniform(0, 0.1))
    world.run(150)
    assert_right(world)
