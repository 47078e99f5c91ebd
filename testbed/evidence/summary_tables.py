"""The tables that several runs of one scenario end with, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from testbed.evidence.repeat import SHARES, Figure
from testbed.evidence.tables import milliseconds, new_table

_COLUMNS = ("runs", "mean", "± 95 %", *SHARES)


def print_summary(summary: Mapping[str, Any], console: Console, folder: Path | None = None) -> None:
    """Print the statistics of handovers and flows over the runs, and how often checks held."""
    head = "{name}: {protocol}, {backend}, {runs} runs".format_map(summary)
    console.print(Text(head, style="bold"))
    if summary["handovers"]:
        console.print(_handovers(summary))
    if summary["flows"]:
        console.print(_flows(summary["flows"]))
    for check in summary["checks"]:
        held = check["held"] == summary["runs"]
        line = f"{'holds' if held else 'FAILS'}  {check['expect']}  ({check['held']} of "
        console.print(Text(f"{line}{summary['runs']} runs)", style="" if held else "bold red"))
    if folder is not None:
        console.print(Text(f"Folder: {folder}"), soft_wrap=True)


def _handovers(summary: Mapping[str, Any]) -> Table:
    table = new_table("Handovers over the runs (ms)", "handover", "what", *_COLUMNS, words=2)
    for handover in summary["handovers"]:
        name = f"{handover['node']} {handover['from']} > {handover['to']}"
        _moved(table, name, handover)
    if len(summary["handovers"]) > 1:
        _moved(table, "all", summary["all_handovers"])
    return table


def _moved(table: Table, name: str, figures: Mapping[str, Any]) -> None:
    for what, found in _rows(figures):
        if found["n"]:
            table.add_row(name, what, str(found["n"]), *_times(found))
            name = ""
    table.add_section()


def _rows(figures: Mapping[str, Any]) -> Iterable[tuple[str, Figure]]:
    yield "latency", figures["latency"]
    for phase, found in figures["durations"].items():
        yield f"to {phase.replace('_', ' ')}", found
    for flow, ways in figures["interruption"].items():
        for way in ("down", "up"):
            yield f"{flow} silent {way}", ways[way]


def _times(found: Figure) -> list[str]:
    return [milliseconds(found[key]) for key in ("mean", "ci95", *SHARES)]


def _flows(flows: Iterable[Mapping[str, Any]]) -> Table:
    table = new_table("Flows over the runs", "flow", "what", *_COLUMNS, words=2)
    for flow in flows:
        name = flow["name"]
        for what in ("sent", "lost", "duplicated", "reordered"):
            found = flow[what]
            cells = [_number(found[key]) for key in ("mean", "ci95", *SHARES)]
            table.add_row(name, what, str(found["n"]), *cells)
            name = ""
        for what, delay in (("first", flow["first_delay"]), ("median", flow["delay"]["median"])):
            table.add_row("", f"{what} delay ms", str(delay["n"]), *_times(delay))
        table.add_section()
    return table


def _number(found: float | None) -> str:
    if found is None:
        return "-"
    return f"{found:.0f}" if abs(found) >= 1000 else f"{found:.4g}"
