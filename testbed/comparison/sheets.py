"""The tables of the page: what stands in which row and column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from testbed.comparison.comparing import Compared
from testbed.comparison.facts import Key
from testbed.comparison.links import Links
from testbed.comparison.messages import PURPOSES, purpose
from testbed.comparison.standing import MEASURES
from testbed.comparison.summary import Summary

NEAR = 0.1  # the relative error up to which model and measurement are said to agree


@dataclass(frozen=True, slots=True)
class Cell:
    """A mean with half of its interval and its model; ``class_`` says how it is shown.

    ``href`` leads to where it was read, ``title`` says in which frames.
    """

    value: str
    half: str = ""
    model: str = ""
    class_: str = ""
    href: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its title, the heads of its columns, and rows, each with its words and cells."""

    title: str
    heads: Sequence[str]
    rows: Sequence[tuple[Sequence[str], Sequence[Cell]]]


Show = Callable[[float], str]


def _ms(value: float) -> str:
    return f"{value * 1000:.1f}"


def _count(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _ratio(value: float) -> str:
    return f"{value:.2f}"


def handover_sheets(compared: Compared, links: Links) -> list[Sheet]:
    """Return latency, messages and silences, handover by handover."""
    return [
        sheet
        for title, metric, show in (
            ("Latency: from the link's return to the first packet, ms", "latency", _ms),
            ("Silence of each flow at its receiver, ms", "interruption", _ms),
            ("Messages of the mobility protocol", "messages", _count),
            ("Their octets times the links that they cross", "message octets x links", _count),
        )
        if (sheet := _sheet(compared, links, title, "handover", metric, show)).rows
    ]


def flow_sheets(compared: Compared, links: Links) -> list[Sheet]:
    """Return what became of the packets, flow by flow."""
    return [
        sheet
        for title, metric, show in (
            ("Packets lost", "lost", _count),
            ("Packets that came after one that was sent later", "reordered", _count),
            ("Packets that came twice", "duplicated", _count),
            ("Delay, one way, median, ms", "delay median", _ms),
            ("Delay, one way, 95 of 100 are below, ms", "delay p95", _ms),
            ("Links crossed over those of the shortest path", "stretch", _ratio),
            ("Delay over that of the shortest path", "stretch of delay", _ratio),
            ("Octets of tunnels over octets carried", "overhead", _ratio),
        )
        if (sheet := _sheet(compared, links, title, "flow", metric, show)).rows
    ]


def message_sheet(compared: Compared, links: Links) -> Sheet:
    """Return how many of each message a move takes."""
    order = list(PURPOSES)
    found = {key for each in compared.summaries for key in each.lines if key.scope == "move"}
    keys = sorted(found, key=lambda key: (order.index(purpose(key.subject)), key.subject))
    return Sheet(
        "",
        ["message", "to", *_labels(compared)],
        [
            (
                (key.subject, PURPOSES[purpose(key.subject)]),
                _cells(compared, links, key, _count, blank=True),
            )
            for key in keys
        ],
    )


def model_sheet(compared: Compared) -> Sheet:
    """Return measured and expected figures with the relative error."""
    rows = []
    for measure in MEASURES:
        for each in compared.summaries:
            line = each.run(measure.name)
            if line is not None and line.model is not None and line.error is not None:
                part = line.model * (1 + line.error)
                near = abs(line.error) <= NEAR
                few = abs(part - line.model) * measure.scale < 2 and measure.name == "lost"
                error = Cell(f"{line.error:+.1%}", class_="good" if near else "" if few else "far")
                cells = [Cell(measure.text(part)), Cell(measure.text(line.model)), error]
                rows.append(((measure.heading, each.column.label), cells))
    return Sheet("", ["figure", "protocol", "measured", "expected", "error"], rows)


def _sheet(
    compared: Compared, links: Links, title: str, scope: str, metric: str, show: Show
) -> Sheet:
    keys = dict.fromkeys(
        key
        for each in compared.summaries
        for key in each.lines
        if key.scope == scope and key.metric == metric
    )
    rows = [
        (tuple(part for part in (key.subject, key.direction)), _cells(compared, links, key, show))
        for key in keys
    ]
    return Sheet(title, [scope, "", *_labels(compared)], rows)


def _labels(compared: Compared) -> list[str]:
    return [each.column.label for each in compared.summaries]


def _cells(
    compared: Compared, links: Links, key: Key, show: Show, blank: bool = False
) -> list[Cell]:
    return [_cell(each, links, key, show, blank) for each in compared.summaries]


def _cell(summary: Summary, links: Links, key: Key, show: Show, blank: bool) -> Cell:
    line = summary.lines.get(key)
    if line is None or line.mean is None:
        return Cell("" if blank else "-")
    half = show(line.half or 0.0)
    half = f"±{half}" if float(half.replace(",", "")) else ""
    model = show(line.model) if line.model is not None else ""
    return Cell(show(line.mean), half, model, "", *links.of(summary, key))
