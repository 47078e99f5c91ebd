"""The scenario of probes.yaml, played under a protocol, beside what its model expects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from testbed.comparison.facts import Fact, facts
from testbed.comparison.gathered import Gathered
from testbed.evidence.measure import measure
from testbed.protocols import load
from testbed.simulated.run import simulate
from testbed.topology.network import Network

PROBES = Path(__file__).parent / "probes.yaml"
INTERVAL = 0.004  # s between two packets of a flow of the scenario


@dataclass(frozen=True)
class Probed:
    """A simulated run: its figures, each beside the model's, and its ``result.json``."""

    network: Network
    document: dict[str, Any]
    facts: list[Fact]

    def about(self, scope: str, metric: str) -> list[Fact]:
        """Return the figures of one kind that the run has, each with the model's."""
        return [
            each
            for each in self.facts
            if (each.key.scope, each.key.metric) == (scope, metric) and each.value is not None
        ]


@cache
def probed(protocol: str) -> Probed:
    """Play the scenario under ``protocol`` in virtual time."""
    return play("comparison", protocol, PROBES)


def play(topology: str, protocol: str, scenario: Path | None = None) -> Probed:
    """Play a topology in virtual time."""
    network = load(topology, protocol, scenario)
    run = simulate(network)
    result = measure(network, run.sightings, run.events, run.captures, "simulated")
    document = dict(result.document)
    gathered = Gathered(document, network, Path())
    return Probed(network, document, facts(gathered))
