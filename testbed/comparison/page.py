"""``comparison.html``: what was compared on one page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from testbed.comparison.answers import answers
from testbed.comparison.bars import Bar, Stack, bars, stacks
from testbed.comparison.comparing import Compared
from testbed.comparison.links import Links
from testbed.comparison.messages import PURPOSES, purpose
from testbed.comparison.packets import anchor, trails
from testbed.comparison.sheets import flow_sheets, handover_sheets, message_sheet, model_sheet
from testbed.comparison.standing import MEASURES, Measure
from testbed.comparison.summary import Summary
from testbed.comparison.words import sketch
from testbed.evidence.drawing.bars import WORDS
from testbed.evidence.phases import PHASES
from testbed.evidence.report import style


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure of all columns as a picture."""

    measure: Measure
    picture: Markup


def page(compared: Compared, folder: Path) -> str:
    """Return the page that is to lie in ``folder``; equal runs give equal pages."""
    summaries, links = compared.summaries, Links(folder)
    text: str = _template().render(
        compared=compared,
        kinds=_kinds(summaries),
        style=Markup(style() + _source("comparison.css")),
        backends=sorted({each.column.backend for each in summaries}),
        answers=answers(compared),
        anchor=anchor,
        sketches=[(each.column.label, sketch(each.column.protocol)) for each in summaries],
        charts=list(_charts(compared)),
        messages=_optional(_messages(summaries), "messages", 1),
        phases=_optional(_phases(summaries), "ms", 0),
        message_sheet=message_sheet(compared, links),
        handover_sheets=handover_sheets(compared, links),
        flow_sheets=flow_sheets(compared, links),
        model_sheet=model_sheet(compared),
        trails=trails(compared, links),
        several=any(len(each.column.runs) > 1 for each in summaries),
    )
    return text


def _kinds(summaries: Sequence[Summary]) -> str:
    several = len({each.column.protocol for each in summaries}) < len(summaries)
    return f"{len(summaries)} {'kinds of runs' if several else 'protocols'}"


def _source(name: str) -> str:
    folder = resources.files("testbed.comparison") / "templates"
    return (folder / name).read_text(encoding="utf-8")


def _template() -> Any:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_source("comparison.html"))


def _charts(compared: Compared) -> Iterator[Chart]:
    for measure in MEASURES:
        lines = [(each.column.label, each.run(measure.name)) for each in compared.summaries]
        rows = [
            Bar(label, anchor(label), line.mean, line.half, line.whole_model)
            for label, line in lines
            if line is not None and line.mean is not None
        ]
        if rows:
            yield Chart(measure, Markup(bars(measure, rows)))


def _optional(rows: Sequence[Stack], unit: str, digits: int) -> Markup | None:
    filled = [row for row in rows if row.parts]
    return Markup(stacks(filled, unit, digits)) if filled else None


def _messages(summaries: Sequence[Summary]) -> list[Stack]:
    """Return the messages of a move by what they are for."""
    found = []
    for each in summaries:
        sums = dict.fromkeys(PURPOSES, 0.0)
        for line in each.about("move"):
            sums[purpose(line.key.subject)] += line.mean or 0.0
        parts = [(f"m-{name}", PURPOSES[name], size) for name, size in sums.items() if size]
        found.append(Stack(each.column.label, parts))
    return found


def _phases(summaries: Sequence[Summary]) -> list[Stack]:
    """Return how long the phases of a handover take, in the order in which they come."""
    found = []
    for each in summaries:
        means = {line.key.subject: line.mean or 0.0 for line in each.about("phase")}
        parts = [
            (name, WORDS[name], means[name] * 1000)
            for name in PHASES
            if name in WORDS and means.get(name, 0.0) > 0
        ]
        found.append(Stack(each.column.label, parts))
    return found
