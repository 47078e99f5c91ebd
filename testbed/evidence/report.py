"""``report.html``: the whole result on one page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from itertools import islice
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from testbed.evidence.drawing.bars import WORDS, bars_picture
from testbed.evidence.drawing.ladder import ladder_picture
from testbed.evidence.drawing.plots import delay_picture, sequence_picture
from testbed.evidence.drawing.timeline import timeline_picture
from testbed.evidence.drawing.topology import topology_picture
from testbed.evidence.ladder.recording import Recording
from testbed.evidence.measure import Result
from testbed.evidence.phases import PHASES
from testbed.evidence.sheets.moves import ladder_of, moved
from testbed.evidence.sheets.rows import alone
from testbed.evidence.tables import milliseconds, value
from testbed.evidence.traffic import Silence
from testbed.topology.network import Network

MOST_ROWS = 200  # of a table; result.json has them all
MOST_MESSAGES = 40  # of a ladder
MOST_WAYS = 24  # directions of flows that are drawn


def report(result: Result) -> str:
    """Return the page; equal results give equal pages."""
    document = result.document
    moved = document["handovers"] or document["attachments"]
    page: str = _template("report.html").render(
        result=document,
        passed=result.passed,
        moved=moved,
        phases=[name for name in PHASES if any(each["phases"][name] is not None for each in moved)],
        words=WORDS,
        most=MOST_ROWS,
        style=Markup(style()),
        network=Markup(network_picture(result)),
        timeline=Markup(_timeline(result)),
        bars=Markup(bars_picture(moved)) if moved else None,
        ladder=Markup(_ladder(result)) if moved else None,
        flows=list(islice(_flow_pictures(result), MOST_WAYS)),
        most_ways=MOST_WAYS,
    )
    return page


def style() -> str:
    """Return the style sheet of the page and its pictures."""
    return _source("page.css") + picture_style()


def picture_style() -> str:
    """Return the part of the style sheet that a picture alone needs."""
    return _source("pictures.css")


def _source(name: str) -> str:
    folder = resources.files("testbed.evidence") / "templates"
    return (folder / name).read_text(encoding="utf-8")


def _template(name: str) -> Any:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(ms=milliseconds, value=value)
    return environment.from_string(_source(name))


def network_picture(result: Result) -> str:
    """Return the network with the ways of its mobiles, that of the first to move numbered."""
    visited: dict[str, list[str]] = {}
    for each in result.handovers:
        visited.setdefault(each.move.node, []).append(each.move.target)
    handovers = result.document["handovers"]
    traveller = handovers[0]["node"] if handovers else next(iter(visited), "")
    return topology_picture(result.network, visited, traveller)


def planned_picture(network: Network) -> str:
    """Return the network, with the way that its timeline plans, as a file that stands alone."""
    visited: dict[str, list[str]] = {}
    for step in network.timeline:
        if step.kind in ("attach", "move"):
            visited.setdefault(step.node, []).append(step.target)
    return topology_picture(network, visited, next(iter(visited), ""), picture_style())


def _timeline(result: Result) -> str:
    moves = [each.move for each in result.handovers]
    return timeline_picture(result.network, moves, result.events, result.zero)


def _ladder(result: Result) -> str:
    """Draw the first handover, or the first attachment where there was none."""
    document = result.document
    first = (document["handovers"] or document["attachments"])[0]
    recording = Recording(result.network, result.signals, result.events)
    move = next(each for each in recording.moves if each.origin or not document["handovers"])
    ladder = ladder_of(recording, move, first["phases"], result.zero)
    return ladder_picture(alone(ladder, moved(move), result.zero, most=MOST_MESSAGES))


def _flow_pictures(result: Result) -> Iterator[Mapping[str, Any]]:
    """Yield the name and the pictures of each direction that carried counted packets."""
    last = max([result.network.duration, *(event.at - result.zero for event in result.events)])
    for name, ways in result.ways.items():
        for direction, way in sorted(ways.items()):
            if way.delivery.sent_at:
                silences = list(_silences(result, name, direction))
                yield {
                    "name": name,
                    "direction": direction,
                    "delay": Markup(delay_picture(way, result.zero, last, silences)),
                    "sequence": Markup(sequence_picture(way, result.zero, last, silences)),
                }


def _silences(result: Result, flow: str, direction: str) -> Iterator[Silence]:
    """Yield the silences that the handovers of the result state for one way of ``flow``."""
    for each in result.handovers:
        found = each.silences.get(flow, {}).get(direction)
        if found is not None and each.move.origin is not None:
            yield found
