"""How `dmm-testbed trace` shows packets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from testbed.cli.output import console
from testbed.cli.stored import StoredRun
from testbed.cli.trace_choice import Chosen
from testbed.evidence.journeys.journey import Journey, frames
from testbed.evidence.journeys.words import Teller

_HEADINGS = ("frame", "at s", "+ms", "node:interface", "", "headers, outermost first")
_NUMBERS = 3  # of the columns, which stand to the right


def print_journeys(run: StoredRun, chosen: Chosen, most: int) -> None:
    """Print at most so many packets, row by row, and how Wireshark shows only them."""
    out, shown = console(), chosen.journeys[:most]
    teller = Teller(run.network, run.zero, run.events)
    out.print(_summary(chosen, len(shown)), style="bold", soft_wrap=True)
    for journey in shown:
        out.print(f"\n{_title(journey)}: {teller.outcome(journey)}", soft_wrap=True)
        for line in _aligned(_cells(row) for row in teller.rows(journey)):
            out.print(line, soft_wrap=True)
    if numbers := frames(shown):
        listed = ", ".join(map(str, numbers))
        out.print(f"\nIn Wireshark: frame.number in {{{listed}}}", style="dim", soft_wrap=True)


def print_json(run: StoredRun, journeys: Iterable[Journey]) -> None:
    """Print the packets as a JSON array; times in seconds."""
    teller = Teller(run.network, run.zero, run.events)
    said = [
        {
            "name": journey.name,
            "packet": journey.number,
            "sequence": journey.sequence,
            "arrived": journey.arrived is not None,
            "delay": journey.delay and round(journey.delay, 6),
            "outcome": teller.outcome(journey),
            "hops": list(teller.rows(journey)),
        }
        for journey in journeys
    ]
    click.echo(json.dumps(said, indent=2, ensure_ascii=False))


def _summary(chosen: Chosen, shown: int) -> str:
    found = len(chosen.journeys)
    most = f", {shown} of them shown" if shown < found else ""
    return f"{chosen.title}: {found} of {chosen.of} packets{most}"


def _title(journey: Journey) -> str:
    sequence = "" if journey.sequence is None else f" (sequence number {journey.sequence})"
    return f"packet {journey.number}{sequence}"


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        str(row["frame"] or "-"),
        f"{row['at']:.6f}",
        "" if row["delta"] is None else f"{row['delta'] * 1000:.3f}",
        f"{row['node']}:{row['interface']}",
        row["way"],
        " | ".join(row["layers"]),
    )


def _aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    table = [_HEADINGS, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [
            cell.rjust(width) if column < _NUMBERS else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
