"""All columns of a comparison, and what of them cannot be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testbed.comparison.gathered import Column, Gathered, columns
from testbed.comparison.summary import Summary, summarise

_TOLD = 6  # flows that are named


@dataclass(frozen=True, slots=True)
class Compared:
    """``notes`` are lines that say what is missing, and what does not match."""

    summaries: tuple[Summary, ...]
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        """What was compared."""
        names = dict.fromkeys(str(each.runs[0].document["name"]) for each in self._columns)
        return ", ".join(names)

    @property
    def scene(self) -> str:
        """Who moved how often, and what was sent meanwhile; empty where runs differ in it."""
        first, *others = self._columns
        if any((_moves(each), _flows(each)) != (_moves(first), _flows(first)) for each in others):
            return ""
        return _scene(first.runs[0].document)

    @property
    def _columns(self) -> list[Column]:
        return [each.column for each in self.summaries]


def compare(runs: Sequence[Gathered], troubles: Sequence[str] = ()) -> Compared:
    """Return what ``runs`` come to, side by side."""
    found = columns(runs)
    notes = (*troubles, *_mismatches(found), *_alarms(found))
    return Compared(tuple(summarise(each) for each in found), notes)


def _scene(document: Mapping[str, Any]) -> str:
    moves, flows = document["handovers"], document["flows"]
    mobiles = sorted({each["node"] for each in moves})
    who = " and ".join(mobiles) if len(mobiles) < 3 else f"{len(mobiles)} mobiles"
    times = f"{len(moves)} time{'s' if len(moves) > 1 else ''}"
    moved = (
        f"{who} moved to another access link, {times} in all"
        if moves
        else "No mobile changed its link"
    )
    told = [f"{each['name']} ({each['kind']}, {each['from']} > {each['to']})" for each in flows]
    more = [f"{len(told) - _TOLD} more"] if len(told) > _TOLD else []
    sent = f"; sent meanwhile: {', '.join([*told[:_TOLD], *more])}" if told else ""
    return f"{moved}{sent}."


def _alarms(found: Sequence[Column]) -> list[str]:
    """Say in how many runs the machine was so busy that it may show in the figures."""
    runs = [run for column in found for run in column.runs if run.alarmed]
    if not runs:
        return []
    whole = sum(len(column.runs) for column in found)
    return [
        f"in {len(runs)} of {whole} runs the machine was busy: delays may be its own, and longer "
        "than those of the protocols (manifest.json of each run says more)"
    ]


def _mismatches(found: Sequence[Column]) -> list[str]:
    """Say in one line each what of differing runs cannot be laid side by side."""
    said = []
    for what, of in (("handover", _moves), ("flow", _flows)):
        sets = {column.label: of(column) for column in found}
        common = set.intersection(*(set(each) for each in sets.values()))
        for label, own in sets.items():
            if alone := [each for each in own if each not in common]:
                names = ", ".join(alone[:6]) + (", ..." if len(alone) > 6 else "")
                plural = "s" if len(alone) > 1 else ""
                said.append(
                    f"not compared, as not all runs have it: {what}{plural} {names} of {label}"
                )
    return said


def _moves(column: Column) -> list[str]:
    return [
        f"{each['node']} {each['from']} > {each['to']}"
        for each in column.runs[0].document["handovers"]
    ]


def _flows(column: Column) -> list[str]:
    return [str(each["name"]) for each in column.runs[0].document["flows"]]
