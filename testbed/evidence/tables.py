"""The tables that a run ends with, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from testbed.evidence.measure import Result

_HEADINGS = {
    "link_up": "link\nup",
    "solicited": "soli-\ncited",
    "care_of_usable": "care-of\nusable",
    "query_sent": "query\nsent",
    "query_answered": "query\nback",
    "binding_sent": "bind\nsent",
    "binding_acknowledged": "bind\nacked",
    "route_installed": "route",
    "first_packet": "first\npacket",
}

_MOST_ROWS = 30  # of handovers; the rest is in result.json
_MOST_VALUES = 6
_ROOMY = 10  # columns of phases, with which 80 characters still have room for whose they are


def milliseconds(seconds: float | None) -> str:
    """Return ``seconds`` in milliseconds for a reader, "-" for None."""
    return "-" if seconds is None else f"{seconds * 1000:.1f}"


def print_result(result: Result, console: Console, folder: Path | None = None) -> None:
    """Print handovers with their phases, flows, signalling, checks and where it all lies."""
    document = result.document
    console.print(Text(title(document), style="bold"))
    for table in tables(document):
        console.print(table)
    for check in document["checks"]:
        console.print(check_line(check))
    console.print(capture_line(document["captures"]))
    if folder is not None:
        console.print(Text(f"Folder: {folder}"), soft_wrap=True)


def title(document: Mapping[str, Any]) -> str:
    """Return the line that says what was run."""
    return "{name}: {protocol}, {backend}, seed {seed}".format_map(document)


def tables(document: Mapping[str, Any]) -> Iterable[Table]:
    """Yield the tables of a result that have rows."""
    handovers = document["handovers"] or document["attachments"]
    if handovers:
        kind = "Handovers" if document["handovers"] else "Attachments"
        shown = handovers[:_MOST_ROWS]
        part = f", the first {_MOST_ROWS} of {len(handovers)}" if shown != handovers else ""
        yield _phases(shown, f"{kind}{part}")
        if any(handover["interruption"] for handover in shown):
            yield _interruptions(shown)
    if document["queries"]:
        yield _queries(document["queries"])
    if document["flows"]:
        yield _flows(document["flows"])
        if any(flow["via"] for flow in document["flows"]):
            yield _choices(document["flows"])
    if document["flow_moves"]:
        yield _flow_moves(document["flow_moves"])
    if document["signalling"]:
        yield _signalling(document["signalling"])
    if document["drops"]:
        yield _drops(document["drops"])


def check_line(check: Mapping[str, Any]) -> Text:
    """Return the line of one expectation."""
    line = Text.assemble(("holds  ", "green") if check["holds"] else ("FAILS  ", "bold red"))
    line.append(check["expect"])
    line.append(f"  ({check['reason'] or 'is ' + value(check['value'])})", style="dim")
    return line


def value(found: Any) -> str:
    """Return a value of the result for a reader; of many numbers only their range."""
    if isinstance(found, list):
        numbers = [each for each in found if isinstance(each, int | float)]
        if len(found) > _MOST_VALUES and len(numbers) == len(found):
            return f"{len(found)} values from {min(numbers)} to {max(numbers)}"
        return ", ".join(value(each) for each in found)
    return "missing" if found is None else f"{found}"


def capture_line(captures: Mapping[str, int]) -> Text:
    """Return the line that says whether the captures are whole."""
    dropped = captures["dropped"]
    text = f"Captured {captures['packets']} packets, dropped {dropped}"
    return Text(text, style="bold red" if dropped else "")


def new_table(heading: str, *columns: str, words: int = 1, gap: int = 2) -> Table:
    """Return an empty table, ``gap`` wide between columns; from ``words`` on they hold numbers."""
    table = Table(
        title=f"\n{heading}",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        padding=(0, gap - 1, 0, 0),
        pad_edge=False,
    )
    for index, column in enumerate(columns):
        number = index >= words
        table.add_column(
            column, justify="right" if number else "left", overflow="fold", no_wrap=number
        )
    return table


def _phases(handovers: Sequence[Mapping[str, Any]], heading: str) -> Table:
    """One row per handover: when it began, then each phase in ms from the link's loss."""
    reached = [name for name in _HEADINGS if any(h["phases"][name] is not None for h in handovers)]
    columns = ["node, move", "at s", *(_HEADINGS[name] for name in reached), "latency"]
    gap = 1 if len(columns) > _ROOMY else 2
    table = new_table(f"{heading} (ms after the link went down)", *columns, gap=gap)
    for handover in handovers:
        phases = handover["phases"]
        begin = handover["at"] if phases["link_down"] is None else phases["link_down"]
        table.add_row(
            f"{handover['node']} {handover['from'] or '-'} > {handover['to']}",
            f"{handover['at']:.3f}",
            *(milliseconds(_since(phases[name], begin)) for name in reached),
            milliseconds(handover["latency"]),
        )
    return table


def _since(at: float | None, begin: float) -> float | None:
    return None if at is None else at - begin


def _interruptions(handovers: Sequence[Mapping[str, Any]]) -> Table:
    table = new_table("Interruptions (ms)", "node", "move", "flow", "down", "up", words=3)
    for handover in handovers:
        for flow, silent in handover["interruption"].items():
            table.add_row(
                handover["node"],
                f"{handover['from'] or '-'} > {handover['to']}",
                flow,
                milliseconds(silent["down"]),
                milliseconds(silent["up"]),
            )
    return table


def _queries(rows: Sequence[Mapping[str, Any]]) -> Table:
    """One row per query: who asked for whom, and when who answered what."""
    shown = rows[:_MOST_ROWS]
    part = f", the first {_MOST_ROWS} of {len(rows)}" if shown != rows else ""
    columns = ("asker", "about", "answered by", "is at", "at s", "tries", "ms")
    table = new_table(f"Queries{part}", *columns, words=4)
    for row in shown:
        table.add_row(
            row["asker"],
            row["node"] or row["address"],
            row["answered_by"] or "-",
            row["found_at"] or "-",
            f"{row['sent_at']:.3f}",
            str(row["tries"]),
            milliseconds(row["delay"]),
        )
    return table


def _flows(flows: Sequence[Mapping[str, Any]]) -> Table:
    counts = ("sent", "recvd", "lost", "dup", "reord")
    delays = ("delay\nfirst", "ms\np50", "\np95")
    table = new_table("Flows", "flow", "from > to", *counts, *delays, "hops\n(least)", words=2)
    for flow in flows:
        table.add_row(
            f"{flow['name']} ({flow['kind']})",
            f"{flow['from']} > {flow['to']}",
            *(str(flow[key]) for key in ("sent", "received", "lost", "duplicated", "reordered")),
            milliseconds(flow["first_delay"]),
            milliseconds(flow["delay"]["median"]),
            milliseconds(flow["delay"]["p95"]),
            _hops(flow),
        )
    return table


def _choices(flows: Sequence[Mapping[str, Any]]) -> Table:
    """One row per flow whose address its mobile's agent chose: why, which, and what ended it."""
    columns = ("flow", "service", "via", "proxy", "address", "ended")
    table = new_table("Choices of the mobiles", *columns, words=len(columns))
    for flow in flows:
        if flow["via"]:
            cells = (flow[key] or "-" for key in ("service", "via", "proxy", "address", "ended"))
            table.add_row(flow["name"], *cells)
    return table


def _flow_moves(moves: Sequence[Mapping[str, Any]]) -> Table:
    """One row per move of a flow: what, where to, why and when; how long it took, what it cost."""
    shown = moves[:_MOST_ROWS]
    part = f", the first {_MOST_ROWS} of {len(moves)}" if shown != moves else ""
    columns = ("flow", "way", "to", "cause", "at s", "ms", "bound", "lost", "reord", "late")
    table = new_table(f"Moves of flows{part}", *columns, words=4)
    for move in shown:
        table.add_row(
            *(move[key] or "-" for key in ("flow", "direction", "to", "cause")),
            f"{move['at']:.3f}",
            milliseconds(move["duration"]),
            milliseconds(move["bound"]),
            str(move["lost"]),
            str(move["reordered"]),
            milliseconds(move["late_by"]),
        )
    return table


def _hops(flow: Mapping[str, Any]) -> str:
    """Return how many links a packet crossed, and in brackets how many would do."""
    return "-" if flow["hops"] is None else f"{flow['hops']} ({flow['shortest_hops']})"


def _signalling(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = new_table("Signalling", "message", "count", "bytes", "bytes x links")
    for row in rows:
        table.add_row(row["message"], *(str(row[key]) for key in ("count", "bytes", "byte_hops")))
    return table


def _drops(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = new_table("Dropped by agents", "node", "reason", "count", words=2)
    for row in rows:
        table.add_row(row["node"], row["reason"], str(row["count"]))
    return table
