"""The same scenario run several times: what its figures come to over the runs.

Each figure is given as the number of runs that had it, mean, half-width of the 95 % confidence
interval of the mean (Student's t, so at least two runs), standard deviation and percentiles.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from testbed.evidence.measure import as_json, rounded
from testbed.evidence.numbers import percentile
from testbed.evidence.phases import PHASES

SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_Z = 1.959963984540054  # 97.5 % quantile of the normal distribution
_T = (
    *(12.706205, 4.302653, 3.182446, 2.776445, 2.570582),
    *(2.446912, 2.364624, 2.306004, 2.262157, 2.228139),
)
_FLOW_FIGURES = (
    *("sent", "received", "lost", "duplicated", "reordered", "first_delay", "hops"),
    "tunnel_bytes",
)

Figure = dict[str, float | int | None]


def student_t(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's t with ``freedom`` degrees (at least 1).

    From a table where few degrees make it crooked, else by the expansion of Fisher and Cornish,
    which is then good to four digits.
    """
    if freedom <= len(_T):
        return _T[freedom - 1]
    return (
        _Z
        + (_Z**3 + _Z) / (4 * freedom)
        + (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / (96 * freedom**2)
        + (3 * _Z**7 + 19 * _Z**5 + 17 * _Z**3 - 15 * _Z) / (384 * freedom**3)
    )


def figure(values: Iterable[float | None]) -> Figure:
    """Return the statistics of ``values``; runs that lack the value are not counted."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return {"n": 0, "mean": None, "ci95": None, "deviation": None, **dict.fromkeys(SHARES)}
    deviation = statistics.stdev(known) if len(known) > 1 else None
    half = None if deviation is None else student_t(len(known) - 1) * deviation
    return {
        "n": len(known),
        "mean": statistics.fmean(known),
        "ci95": None if half is None else half / math.sqrt(len(known)),
        "deviation": deviation,
        **{name: percentile(known, share) for name, share in SHARES.items()},
    }


def summarise(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the statistics over the results of several runs of one scenario.

    Handovers and flows are laid side by side by their place, which the scenario fixes; where
    runs have different numbers of handovers, as many are compared as all have.
    """
    first = documents[0]
    every = [handover for document in documents for handover in document["handovers"]]
    summary: dict[str, Any] = rounded(
        {
            **{key: first[key] for key in ("name", "protocol", "backend")},
            "runs": len(documents),
            "seeds": [document["seed"] for document in documents],
            "handovers": [_handover(same) for same in _side_by_side(documents, "handovers")],
            "all_handovers": _moved(every) if every else None,
            "flows": [_flow(same) for same in _side_by_side(documents, "flows")],
            "checks": [_check(same) for same in _side_by_side(documents, "checks")],
        }
    )
    return summary


def _side_by_side(
    documents: Sequence[Mapping[str, Any]], key: str
) -> Iterable[tuple[Mapping[str, Any], ...]]:
    return zip(*(document[key] for document in documents), strict=False)


def _handover(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Name one handover of the scenario and give its figures over the runs."""
    return {key: runs[0][key] for key in ("node", "interface", "from", "to")} | _moved(runs)


def _moved(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    flows = dict.fromkeys(flow for run in runs for flow in run["interruption"])
    return {
        "latency": figure(run["latency"] for run in runs),
        "durations": {phase: figure(run["durations"][phase] for run in runs) for phase in PHASES},
        "interruption": {flow: _interruption(flow, runs) for flow in flows},
    }


def _interruption(flow: str, runs: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    silent = [run["interruption"].get(flow, {}) for run in runs]
    return {way: figure(each.get(way) for each in silent) for way in ("up", "down")}


def _flow(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first = runs[0]
    return {
        **{key: first[key] for key in ("name", "kind", "from", "to")},
        **{key: figure(run[key] for run in runs) for key in _FLOW_FIGURES},
        "delay": {key: figure(run["delay"][key] for run in runs) for key in first["delay"]},
    }


def _check(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Say of one expectation in how many runs it held."""
    return {"expect": runs[0]["expect"], "held": sum(run["holds"] for run in runs)}


def write_summary(summary: Mapping[str, Any], folder: Path) -> None:
    """Write ``statistics.json`` into ``folder``."""
    (folder / "statistics.json").write_text(as_json(summary), encoding="utf-8")
