"""How many PMIPv6 handovers a second the simulator plays on one core.

Run with ``pytest tests/benchmarks/test_simulator.py -s`` to see the figures.
"""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from random import Random
from time import perf_counter, process_time

import pytest

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


@pytest.mark.benchmark
def test_handovers_per_second(network: Network) -> None:
    world = World(network, watch=False)
    world.start()
    world.clock.run(2.0 - 1e-9)
    last = network.timeline[-1].at
    begin = perf_counter()
    taken = play(world, last + 1.0)
    wall = perf_counter() - begin
    rate = MOVES / taken
    print(
        f"\n{rate:,.0f} handovers a second ({1e6 * taken / MOVES:.1f} us each, wall {wall:.1f} s)"
    )
    anchor = world.agents["lma"].core
    assert anchor is not None
    bindings = anchor.bindings(world.clock.now)
    assert len(bindings) == MOBILES
    assert rate > SLOWEST
