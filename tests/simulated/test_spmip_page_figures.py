"""The figures of the page on S-PMIP and SD-PMIP are those that the simulator measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from testbed.evidence.result import measure
from testbed.protocols import load
from testbed.simulated.run import simulate

PAGE = (Path(__file__).parents[2] / "docs/spmip.md").read_text()
COLUMNS = {"pmipv6": 1, "spmip": 2, "sdpmip": 3}


def said(protocol: str) -> list[str]:
    """The cells of the protocol's column, in the order of the rows that figures are in."""
    rows = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| `")]
    named = [cells for cells in rows if cells[0].lstrip().startswith(("`voip`", "`peers`"))]
    return [cells[COLUMNS[protocol]].strip() for cells in named]


@pytest.mark.parametrize("protocol", COLUMNS)
def test_a_move_costs_what_the_page_says(protocol: str) -> None:
    network = load("comparison", protocol=protocol, seed=1)
    run = simulate(network)
    document = measure(network, run.sightings, run.events, run.captures, "simulated").document
    away, _, together, other, _ = document["handovers"]
    (voip,) = [flow for flow in document["flows"] if flow["name"] == "voip"]
    assert voip["sent"] == 1102 and "lost of 1102" in PAGE
    assert silence(together, "peers") == silence(other, "peers")
    assert said(protocol) == [
        silence(away, "voip"),
        silence(together, "voip"),
        silence(together, "peers").split(", ")[0],
        f"{voip['lost']}, {voip['reordered']}",
        f"{1000 * voip['delay']['median']:.1f}",
    ]


def silence(handover: dict[str, Any], flow: str) -> str:
    """How long nothing came, down and up, in milliseconds."""
    found = handover["interruption"][flow]
    return f"{1000 * found['down']:.0f}, {1000 * found['up']:.0f}"
