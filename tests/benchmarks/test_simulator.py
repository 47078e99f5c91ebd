"""How many PMIPv6 handovers a second the simulator plays on one core.

Run with ``pytest tests/benchmarks/test_simulator.py -s`` to see the figures.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from time import perf_counter, process_time

import pytest

from agents.core.actions import Action
from agents.core.core import Core
from agents.core.events import Event
from testbed.protocols import load
from testbed.simulated.world import World
from testbed.topology.network import Network, Step

GATEWAYS, MOBILES, MOVES = 50, 1000, 20_000
EVERY = 5.0  # s between the moves of one mobile
SLOWEST = 2_000  # handovers a second that the slowest machine of the project must reach


def topology() -> str:
    """Return a star: every gateway on one router before the anchor."""
    gateways = [f"mag{number}" for number in range(GATEWAYS)]
    lines = [
        "name: walk",
        "protocol: pmipv6",
        "domains:",
        '  home: {prefix: "2001:db8::/32"}',
        '  away: {prefix: "2001:db9::/32"}',
        "nodes:",
        "  lma: {place: anchor, domain: home}",
        "  core: {place: router, domain: away}",
        *(f"  {name}: {{place: access-router, domain: away}}" for name in gateways),
        *(f"  mn{number}: {{place: mobile, anchor: lma}}" for number in range(MOBILES)),
        "links:",
        "  - {ends: [lma, core], delay: 5ms}",
        *(f"  - {{ends: [core, {name}], delay: 5ms}}" for name in gateways),
        "access:",
        *(f"  wlan{n}: {{router: {name}, delay: 1ms}}" for n, name in enumerate(gateways)),
    ]
    return "\n".join(lines) + "\n"


def walk(network: Network, moves: int, seed: int = 1) -> tuple[Step, ...]:
    """Return the steps of all mobiles: an attachment each, then random moves."""
    chance = Random(seed)
    mobiles = [node.interfaces[0] for node in network.nodes.values() if node.mobile]
    accesses = list(network.accesses)
    place = [chance.choice(accesses) for _ in mobiles]
    steps = [
        Step(chance.random(), "attach", port.node, port.name, access)
        for port, access in zip(mobiles, place, strict=True)
    ]
    for number in range(moves):
        who = chance.randrange(len(mobiles))
        at = 2.0 + number * EVERY / len(mobiles)
        place[who] = chance.choice([access for access in accesses if access != place[who]])
        port = mobiles[who]
        steps.append(Step(at, "move", port.node, port.name, place[who], 0.0))
    return tuple(sorted(steps, key=lambda step: step.at))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    file = Path(tmp_path_factory.mktemp("walk")) / "topology.yaml"
    file.write_text(topology())
    plain = load(file)
    return replace(plain, timeline=walk(plain, MOVES))


def play(world: World, until: float) -> float:
    """Play until the virtual time ``until`` and return the processor time that it took."""
    gc.collect()
    gc.disable()
    try:
        begin = process_time()
        world.clock.run(until)
        return process_time() - begin
    finally:
        gc.enable()


class Timed:
    """A core, and the processor time that it takes."""

    spent = 0.0

    def __init__(self, core: Core) -> None:
        self._core = core
        self.bindings = core.bindings

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        begin = perf_counter()
        asked = self._core.handle(event, now)
        Timed.spent += perf_counter() - begin
        return asked

    def tick(self, now: float) -> Sequence[Action]:
        begin = perf_counter()
        asked = self._core.tick(now)
        Timed.spent += perf_counter() - begin
        return asked

    def deadline(self) -> float | None:
        begin = perf_counter()
        due = self._core.deadline()
        Timed.spent += perf_counter() - begin
        return due


def begun(network: Network) -> World:
    """Return a world in which all mobiles have attached and none has moved yet."""
    world = World(network, watch=False)
    world.start()
    world.clock.run(2.0 - 1e-9)
    return world


@pytest.mark.benchmark
def test_handovers_per_second(network: Network) -> None:
    world = begun(network)
    taken = play(world, network.timeline[-1].at + 1.0)
    rate = MOVES / taken
    print(f"\n{rate:,.0f} handovers a second, {1e6 * taken / MOVES:.1f} us each")
    anchor = world.agents["lma"].core
    assert anchor is not None
    assert len(anchor.bindings(world.clock.now)) == MOBILES
    assert rate > SLOWEST


@pytest.mark.benchmark
def test_what_bounds_it(network: Network) -> None:
    world = begun(network)
    for agent in world.agents.values():
        assert agent.core is not None
        agent.core = Timed(agent.core)
    Timed.spent = 0.0
    taken = play(world, network.timeline[-1].at + 1.0)
    share = Timed.spent / taken
    print(f"\nthe cores of RFC 5213 take {share:.0%} of it, the simulator {1 - share:.0%}")
    assert share > 0.4  # the simulator must not be what bounds it
