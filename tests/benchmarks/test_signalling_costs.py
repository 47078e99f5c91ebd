"""What PMIPv6, S-PMIP and SD-PMIP pay for an attachment, a new flow and a move.

Run with ``pytest tests/benchmarks/test_signalling_costs.py -s`` to see the tables, which
``docs/spmip-costs.md`` explains.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from procedure_costs import PER_ROUTER, PHASES, PROTOCOLS, Cost, Distances, Domain, costs, implied

SIZES = (12, 16, 32, 64)
ANCHORS = (1, 4, 8, 12)  # links between the hub and the anchor
SEARCHED = range(3 * PER_ROUTER, 81, PER_ROUTER)  # gateways


@cache
def played(protocol: str, domain: Domain) -> tuple[Distances, dict[str, Cost]]:
    """Return the distances in ``domain`` and what each phase costs there, as simulated."""
    with TemporaryDirectory() as folder:
        network = domain.network(Path(folder), protocol)
        return Distances.of(network), costs(network)


@pytest.mark.benchmark
def test_costs_of_each_procedure() -> None:
    print(f"\n{'':24}{'messages':>16}{'x links':>16}{'octets x links':>16}")
    print(f"{'N':>4} {'protocol':8} {'phase':10}{'implied counted':>16}{'implied counted':>16}")
    for size in SIZES:
        for protocol in PROTOCOLS:
            far, found = played(protocol, Domain(size, 4))
            for phase, (messages, crossings) in implied(protocol, far).items():
                cost = found[phase]
                print(
                    f"{size:4} {protocol:8} {phase:10}{messages:8}{cost.count:8}"
                    f"{crossings:8}{cost.crossings:8}{cost.octets:16,}"
                )
                assert (cost.count, cost.crossings) == (messages, crossings)


@pytest.mark.benchmark
def test_where_asking_everybody_costs_more_than_asking_the_anchor() -> None:
    print("\nThe number of gateways from which SD-PMIP costs more than S-PMIP")
    print(f"{'h':>3} {'phase':10}{'by links':>12}{'by octets':>12}")
    for distance in ANCHORS:
        far, _ = played("spmip", Domain(SEARCHED[0], distance))
        for phase in ("new flow", "move", "all three"):
            by_links = crossing(distance, phase, lambda cost: cost.crossings)
            by_octets = crossing(distance, phase, lambda cost: cost.octets)
            print(f"{far.anchor:3} {phase:10}{said(by_links):>12}{said(by_octets):>12}")
            assert by_links == implied_crossing(far, phase)
            assert by_octets <= by_links  # a query to all has one header more


def crossing(distance: int, phase: str, measure: Callable[[Cost], int]) -> int:
    """Return the least number of gateways for which SD-PMIP costs more than S-PMIP."""

    def dearer(gateways: int) -> bool:
        domain = Domain(gateways, distance)
        asked, shouted = (total(protocol, domain, phase) for protocol in ("spmip", "sdpmip"))
        return sum(map(measure, shouted)) > sum(map(measure, asked))

    place = bisect(SEARCHED, False, key=dearer)
    assert place < len(SEARCHED)
    return SEARCHED[place]


def total(protocol: str, domain: Domain, phase: str) -> list[Cost]:
    _, found = played(protocol, domain)
    return [found[each] for each in PHASES if phase in (each, "all three")]


def implied_crossing(far: Distances, phase: str) -> int:
    """Return the same by the formulas, in a domain of the same shape."""
    for gateways in SEARCHED:
        size = Distances(far.anchor, far.gateway, gateways + gateways // PER_ROUTER)
        asked, shouted = (
            sum(
                links
                for name, (_, links) in implied(protocol, size).items()
                if phase in (name, "all three")
            )
            for protocol in ("spmip", "sdpmip")
        )
        if shouted > asked:
            return gateways
    raise AssertionError("no domain of those searched is large enough")


def said(gateways: int) -> str:
    return f"<= {gateways}" if gateways == SEARCHED[0] else str(gateways)
