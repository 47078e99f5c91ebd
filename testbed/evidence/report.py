"""``report.html``: the whole result on one page that needs nothing but itself."""

from __future__ import annotations

from importlib import resources
from itertools import islice
from statistics import median
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from testbed.evidence.drawing.bars import MOST as MOST_BARS
from testbed.evidence.drawing.bars import WORDS, bars_picture
from testbed.evidence.drawing.loads import loads_picture
from testbed.evidence.measure import Result
from testbed.evidence.page import pictures
from testbed.evidence.page.cells import UNITS, Cells
from testbed.evidence.page.pictures import network_picture, picture_style, planned_picture
from testbed.evidence.page.story import story
from testbed.evidence.phases import PHASES
from testbed.evidence.tables import value

__all__ = ["network_picture", "picture_style", "planned_picture", "report", "style"]

MOST_ROWS = 200  # of a table; result.json has them all


def report(result: Result) -> str:
    """Return the page; equal results give equal pages."""
    document = result.document
    kind = "handovers" if document["handovers"] else "attachments"
    moved = document[kind]
    ways = list(islice(pictures.flow_pictures(result), pictures.MOST_WAYS + 1))
    lanes = list(islice(pictures.lanes(result), pictures.MOST_LANES + 1))
    page: str = (
        _environment()
        .get_template("report.html")
        .render(
            result=document,
            cells=Cells(document),
            story=story(document, result.network),
            passed=result.passed,
            latency=_latency(moved),
            kind=kind,
            moved=moved,
            phases=_reached(moved),
            words=WORDS,
            most=MOST_ROWS,
            most_bars=MOST_BARS,
            style=Markup(style()),
            network=Markup(network_picture(result)),
            timeline=Markup(pictures.timeline(result)),
            bars=Markup(bars_picture(moved)) if moved else None,
            ladders=pictures.ladders(result),
            ways=ways[: pictures.MOST_WAYS],
            more_ways=len(ways) > pictures.MOST_WAYS,
            lanes=lanes[: pictures.MOST_LANES],
            more_lanes=len(lanes) > pictures.MOST_LANES,
            loads=Markup(loads_picture(document["nodes"])),
        )
    )
    return page


def _reached(moved: list[dict[str, Any]]) -> list[str]:
    """Return the phases that have a name of their own and that some move has reached."""
    return [
        name
        for name in PHASES
        if name in WORDS and any(each["phases"][name] is not None for each in moved)
    ]


def _latency(moved: list[dict[str, Any]]) -> float | None:
    """Return the median latency of those that have one."""
    found = [each["latency"] for each in moved if each["latency"] is not None]
    return median(found) if found else None


def style() -> str:
    """Return the style sheet of the page and its pictures."""
    folder = resources.files("testbed.evidence") / "templates"
    return (folder / "page.css").read_text(encoding="utf-8") + picture_style()


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("testbed.evidence", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(value=value, ms=UNITS["ms"])
    return environment
