"""The messages of one handover as a ladder: a line per node, an arrow per message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from testbed.evidence.drawing.svg import element, line, picture, text
from testbed.evidence.signalling import Signal

_LEFT, _COLUMN, _ROW, _TOP = 84.0, 196.0, 34.0, 44.0
_LONGEST = 5.0  # s that a message may take before its like is another one
_NOT_SHOWN = ("NeighborSolicitation", "NeighborAdvertisement")
_NOTED = ("link_down", "link_up", "route_installed", "first_packet")
_MULTICAST = 0xFF
MOST = 40  # messages drawn


class Rung(NamedTuple):
    """A message from node to node; without a receiver it never arrived.

    What is sent to a group is a message to each of its members.
    """

    at: float
    name: str
    sender: str
    receiver: str
    arrived_at: float | None


def rungs(signals: Sequence[Signal], begin: float, end: float) -> list[Rung]:
    """Return the messages that were sent from ``begin`` to ``end``, each with its arrival.

    ``signals`` are in order of time. A message arrives where it comes in unchanged and is not
    sent on.
    """
    found = []
    for index, (name, sighting, original) in enumerate(signals):
        if original and begin <= sighting.at <= end and name not in _NOT_SHOWN:
            for receiver, arrived_at in _arrivals(signals, index) or [("", None)]:
                found.append(Rung(sighting.at, name, sighting.node, receiver, arrived_at))
    return found[:MOST]


def _arrivals(signals: Sequence[Signal], index: int) -> list[tuple[str, float | None]]:
    """Return who got a message and when: of a group's each node that it was not sent on by."""
    sent = signals[index].sighting
    arrived: dict[str, float | None] = {}
    sent_on = set()
    for _, later, original in signals[index + 1 :]:
        if later.at > sent.at + _LONGEST:
            break
        if (later.source, later.destination, later.message) != (*sent[6:8], sent.message):
            continue
        if original:  # sent once more
            break
        if later.outgoing:
            sent_on.add(later.node)
        else:
            arrived[later.node] = later.at
    if sent.destination[0] != _MULTICAST:
        return list(arrived.items())[-1:]
    return [(node, at) for node, at in arrived.items() if node not in sent_on]


def ladder_picture(
    handover: Mapping[str, Any], signals: Sequence[Signal], routers: Sequence[str], zero: float
) -> str:
    """Return the ladder of ``handover``, an entry of the result, from its begin to its end.

    ``routers`` are those of the old and the new access link, which stand next to the mobile.
    """
    reached = [at for at in handover["phases"].values() if at is not None]
    begin, end = min(handover["at"], *reached), max(reached)
    messages = rungs(signals, begin + zero, end + zero)
    ends = [node for rung in messages for node in (rung.sender, rung.receiver) if node]
    columns = {
        name: _LEFT + _COLUMN * (index + 0.5)
        for index, name in enumerate(dict.fromkeys([handover["node"], *routers, *ends]))
    }
    rows: list[tuple[float, Rung | str]] = [(rung.at - zero, rung) for rung in messages]
    rows += [(handover["phases"][name], name) for name in _NOTED if handover["phases"][name]]
    rows.sort(key=lambda row: (row[0], isinstance(row[1], Rung)))
    height = _TOP + _ROW * len(rows) + 10
    parts = [*_lifelines(columns, height)]
    for index, (at, thing) in enumerate(rows):
        y = _TOP + _ROW * (index + 0.5)
        parts.append(text((_LEFT - 8, y + 4), f"+{(at - begin) * 1000:.1f} ms", "small", "end"))
        if isinstance(thing, Rung):
            parts.extend(_arrow(thing, columns, y))
        else:
            place = routers[-1] if thing == "route_installed" else handover["node"]
            parts.extend(_note(thing, columns[place], y))
    return picture(_LEFT + _COLUMN * len(columns) + 20, height, parts, "Messages of the handover")


def _lifelines(columns: Mapping[str, float], height: float) -> Iterator[str]:
    yield element(
        "defs",
        element(
            "marker",
            element("path", d="M0,0 L8,4 L0,8 z", class_="tip"),
            id="tip",
            markerWidth=8,
            markerHeight=8,
            refX=8,
            refY=4,
            orient="auto",
        ),
    )
    for name, x in columns.items():
        yield text((x, 18), name, "name", "middle")
        yield line((x, 28), (x, height), "life")


def _note(phase: str, x: float, y: float) -> Iterator[str]:
    yield element("circle", cx=x, cy=y, r=5.0, class_=f"fill {phase}")
    yield text((x + 11, y + 4), phase.replace("_", " "), "small halo")


def _arrow(rung: Rung, columns: Mapping[str, float], y: float) -> Iterator[str]:
    begin = columns[rung.sender]
    if not rung.receiver:
        yield line((begin, y), (begin + 60, y), "message lost")
        yield text((begin + 66, y + 4), f"{rung.name} (lost)", "small halo")
        return
    end = columns[rung.receiver]
    yield element(
        "line", x1=begin, y1=y + 4, x2=end, y2=y + 4, class_="message", marker_end="url(#tip)"
    )
    yield text(((begin + end) / 2, y - 1), rung.name, "small halo", "middle")
