"""The pictures of a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from markupsafe import Markup

from testbed.evidence import figures
from testbed.evidence.drawing.ladder import ladder_picture
from testbed.evidence.drawing.lanes import lanes_picture
from testbed.evidence.drawing.plots import delay_picture, sequence_picture
from testbed.evidence.drawing.stays import ends_at, stays
from testbed.evidence.drawing.timeline import timeline_picture
from testbed.evidence.drawing.topology import topology_picture
from testbed.evidence.measure import Result
from testbed.evidence.sheets.moves import ladder_of, moved
from testbed.evidence.sheets.rows import alone
from testbed.evidence.traffic import Silence
from testbed.topology.network import Network

MOST_MESSAGES = 40  # of a ladder
MOST_LADDERS = 12
MOST_WAYS = 24  # directions of flows that are drawn
MOST_LANES = 8  # mobiles whose interfaces are drawn


def picture_style() -> str:
    """Return the part of the style sheet that a picture alone needs."""
    folder = resources.files("testbed.evidence") / "templates"
    return (folder / "pictures.css").read_text(encoding="utf-8")


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


def timeline(result: Result) -> str:
    """Return what happened when, with the silences that handovers brought to flows."""
    moves = [each.move for each in result.handovers]
    silences: dict[str, list[Silence]] = {}
    for flow, ways in result.ways.items():
        for direction in ways:
            silences.setdefault(flow, []).extend(_silences(result, flow, direction))
    return timeline_picture(result.network, moves, result.events, result.zero, silences)


def ladders(result: Result) -> list[Mapping[str, Any]]:
    """Return the ladders of the first handovers (of attachments where there were none).

    ``figures`` are those of the protocol's documents that show such a move.
    """
    drawn = figures.of(result.network.protocol)
    document = result.document
    rows = document["handovers"] or document["attachments"]
    moves = [
        each.move
        for each in result.handovers
        if each.move.origin is not None or not document["handovers"]
    ]
    return [
        {
            "title": moved(move),
            "at": row["at"],
            "figures": [
                each.name for each in drawn if figures.applies(each, result.recording, move)
            ],
            "picture": Markup(
                ladder_picture(
                    alone(
                        ladder_of(result.recording, move, row["phases"], result.zero),
                        moved(move),
                        result.zero,
                        most=MOST_MESSAGES,
                    )
                )
            ),
        }
        for row, move in list(zip(rows, moves, strict=True))[:MOST_LADDERS]
    ]


def lanes(result: Result) -> Iterator[Mapping[str, Any]]:
    """Yield, of each mobile with several interfaces, which of its flows was on which when."""
    moves = [each.move for each in result.handovers]
    last = ends_at(result.network, result.events, result.zero)
    plugged = stays(result.network, moves, result.zero, last)
    numbered = list(enumerate(result.document["flow_moves"], 1))
    order = list(result.network.flows)
    shown = sorted(result.stays, key=lambda stay: order.index(stay.flow))
    for node in sorted({stay.node for stay in shown}):
        own = [each.name for each in result.network.nodes[node].interfaces]
        picture = lanes_picture(
            node,
            {name: plugged[name] for name in own if name in plugged},
            [stay for stay in shown if stay.node == node],
            [(number, move) for number, move in numbered if move["node"] == node],
            (result.zero, last),
        )
        yield {"node": node, "picture": Markup(picture)}


def flow_pictures(result: Result) -> Iterator[Mapping[str, Any]]:
    """Yield the pictures of each direction that carried counted packets, by flow."""
    for name, ways in result.ways.items():
        for direction, way in sorted(ways.items()):
            if way.delivery.sent_at:
                silences = list(_silences(result, name, direction))
                yield {
                    "name": name,
                    "direction": direction,
                    "delay": Markup(delay_picture(way, result.zero, silences)),
                    "sequence": Markup(sequence_picture(way, result.zero, silences)),
                }


def _silences(result: Result, flow: str, direction: str) -> Sequence[Silence]:
    """Return the silences that the handovers of the result state for one way of ``flow``."""
    stated = (
        each.silences.get(flow, {}).get(direction)
        for each in result.handovers
        if each.move.origin is not None
    )
    return [found for found in stated if found is not None]
