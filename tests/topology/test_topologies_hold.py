"""What the topologies expect of a run holds in the simulator, with any of a few seeds."""

from __future__ import annotations

import pytest

from testbed.evidence.result import measure
from testbed.protocols import load
from testbed.simulated.run import simulate


@pytest.mark.parametrize(("name", "seed"), [("pmipv6", 1), ("pmipv6-many", 1), ("pmipv6-many", 2)])
def test_expectations_hold(name: str, seed: int) -> None:
    network = load(name, seed=seed)
    run = simulate(network)
    result = measure(network, run.sightings, run.events, run.captures, "simulated")
    moves = [step for step in network.timeline if step.kind == "move"]
    assert len(result.document["handovers"]) == len(moves)
    failed = [check for check in result.document["checks"] if not check["holds"]]
    assert not failed
