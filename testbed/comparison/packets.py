"""From a figure to the packets: pages of runs, captures, filters, and commands to paste."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.comparison.comparing import Compared
from testbed.comparison.facts import REGULAR, handover_names
from testbed.comparison.gathered import Column, Gathered
from testbed.comparison.links import REPORT, Links

MOST_RUNS = 50  # that are linked


@dataclass(frozen=True, slots=True)
class Place:
    """A handover in a run's capture: its frames by phase, and the filter that finds them."""

    name: str
    frames: Mapping[str, int]
    filter: str
    commands: Sequence[str]


@dataclass(frozen=True, slots=True)
class Trail:
    """A column's runs: links to their pages, and where its first run has what."""

    label: str
    anchor: str
    pages: Sequence[tuple[str, str]]
    more: int
    folder: str
    captured: bool
    commands: Sequence[tuple[str, str]]
    places: Sequence[Place]


def trails(compared: Compared, links: Links) -> list[Trail]:
    """Return the ways to the packets of all columns."""
    return [_trail(each.column, links) for each in compared.summaries]


def anchor(label: str) -> str:
    """Return the name of a column's part of the page."""
    return "packets-" + "".join(letter if letter.isalnum() else "-" for letter in label)


def _trail(column: Column, links: Links) -> Trail:
    first = column.runs[0]
    shown = _shown(first.folder)
    captured = (first.folder / "capture.pcapng").exists()
    pages = [
        (f"run {number}", links.file(run.folder / REPORT))
        for number, run in enumerate(column.runs[:MOST_RUNS], start=1)
    ]
    return Trail(
        column.label,
        anchor(column.label),
        pages,
        max(len(column.runs) - MOST_RUNS, 0),
        shown,
        captured,
        list(_commands(column, shown, captured)),
        list(_places(first, shown)),
    )


def _shown(folder: Path) -> str:
    """Return a path that can be pasted: from here where the folder is below here."""
    absolute, here = folder.absolute(), Path.cwd()
    chosen = absolute.relative_to(here) if absolute.is_relative_to(here) else absolute
    return shlex.quote(str(chosen))


def _commands(column: Column, shown: str, captured: bool) -> Iterator[tuple[str, str]]:
    yield "The messages of the first handover", f"dmm-testbed ladder {shown} --handover 1"
    flows: list[dict[str, Any]] = column.runs[0].document["flows"]
    if flows:
        name = shlex.quote(str(flows[0]["name"]))
        yield "A packet through its tunnels", f"dmm-testbed trace {shown} --flow {name} --packet 17"
    yield from next(filter(None, (list(_lost(run)) for run in column.runs)), [])
    if captured:
        yield "All of it in Wireshark", f"dmm-testbed wireshark open {shown}"


def _lost(run: Gathered) -> Iterator[tuple[str, str]]:
    """Yield how to find the packets that were lost on their way, of the flow with most of them."""
    found = [
        (ways["lost"] - ways["unsent"], str(flow["name"]), way)
        for flow in run.document["flows"]
        if flow["kind"] in REGULAR
        for way, ways in flow["directions"].items()
    ]
    count, name, way = max(found, default=(0, "", ""))
    if count:
        chosen = f"--flow {shlex.quote(name)} --direction {way} --lost"
        words = f"Where packets of {name} were lost, the flow that lost most ({way}, {count})"
        yield words, f"dmm-testbed trace {_shown(run.folder)} {chosen}"


def _places(run: Gathered, shown: str) -> Iterator[Place]:
    handovers = run.document["handovers"]
    for number, (name, each) in enumerate(
        zip(handover_names(handovers), handovers, strict=True), start=1
    ):
        where = each.get("where") or {}
        frames: Mapping[str, int] = where.get("frames", {})
        commands = [f"dmm-testbed ladder {shown} --handover {number}"]
        if frames:
            first = min(frames.values())
            commands.append(f"dmm-testbed wireshark open {shown} --frame {first}")
        yield Place(name, frames, where.get("filter", ""), commands)
