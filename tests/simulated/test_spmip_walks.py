"""Random walks of three mobiles that talk to each other: all are found again, straight away."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from signal_driven import NETWORK, SCHEMES, arrived, by_packet

from testbed.protocols import load
from testbed.simulated.run import simulate
from testbed.topology.network import Network, Step

MOBILES = ("mn1", "mn2", "mn3")
ACCESSES = ("wlan1", "wlan2", "wlan3", "wlan4")
FLOWS = {f"{a}-{b}": (a, b) for a, b in combinations(("cn", *MOBILES), 2)}
MOVES = 12
PATIENCE = 4.0  # s after the last move: more than a query that was lost twice


def plan(folder: Path, scheme: str, loss: str, seed: int) -> Network:
    """Return a network whose links between routers lose packets, with a random walk on it."""
    text = NETWORK.replace("core2], delay: 3ms", f"core2], delay: 3ms, loss: {loss}")
    text = text.replace("links:", "  mn3: {place: mobile, anchor: lma}\nlinks:")
    flows = (
        f"  {name}: {{kind: udp, from: {a}, to: {b}, direction: both, interval: 20ms}}"
        for name, (a, b) in FLOWS.items()
    )
    file = folder / "topology.yaml"
    file.write_text(
        "\n".join((text, "flows:", *flows, "timeline:", "  - {at: 0, attach: mn1, to: wlan1}\n"))
    )
    network = load(file, scheme)
    steps = tuple(walk(Random(seed)))
    return dataclasses.replace(network, seed=seed, timeline=steps, duration=steps[-1].at)


def walk(chance: Random) -> Iterator[Step]:
    """Attach all, start all flows, and move some, often shortly after each other."""
    place = {name: chance.choice(ACCESSES) for name in MOBILES}
    for name, access in place.items():
        yield Step(0.0, "attach", name, f"{name}-eth0", access)
    for flow in FLOWS:
        yield Step(1.0, "start", target=flow)
    at, free = 2.0, dict.fromkeys(MOBILES, 0.0)
    for _ in range(MOVES):
        name, gap = chance.choice(MOBILES), chance.choice((0.0, 0.001, 0.02, 0.08))
        at = max(at + chance.choice((0.0, 0.01, 0.03, 0.1, 0.5, 1.2)), free[name])
        free[name] = at + gap
        place[name] = chance.choice([access for access in ACCESSES if access != place[name]])
        yield Step(at, "move", name, f"{name}-eth0", place[name], gap)
    for flow in FLOWS:
        yield Step(at + PATIENCE + 1.0, "stop", target=flow)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("loss", ["0%", "3%"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_are_found_again(scheme: str, loss: str, seed: int, tmp_path: Path) -> None:
    network = plan(tmp_path, scheme, loss, seed)
    run = simulate(network)
    assert loss == "0%" or run.drops["core1"]["lost"]
    settled = network.duration - 1.0
    for flow, ends in FLOWS.items():
        for downward in (True, False):
            receiver = ends[downward]
            numbers = arrived(run, (flow, downward), receiver)
            assert len(numbers) == len(set(numbers))
            packets = by_packet(run, (flow, downward))
            late = {n: seen for n, seen in packets.items() if seen[0].at > settled}
            found = set(numbers) & set(late)
            assert len(late) >= 49
            assert len(found) >= (0.8 if loss != "0%" else 1.0) * len(late), (flow, downward)
            ways = {tuple(s.node for s in late[n] if s.outgoing) for n in found}
            assert len(ways) == 1
            assert not {"lma"} & {node for way in ways for node in way}
