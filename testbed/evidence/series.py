"""``packets.csv``: every packet of every flow, so that delay over time can be drawn by others."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from testbed.evidence.flows import Way
from testbed.evidence.measure import Result
from testbed.evidence.traffic import Seen

COLUMNS = (
    "flow",
    "direction",
    "packet",
    "sent_at",
    "arrived_at",
    "delay",
    "hops",
    "frame_sent",
    "frame_arrived",
)
"""``packet`` counts in the order of sending, from 1; what never came has no later columns."""


def packets_csv(result: Result) -> str:
    """Return the packets of all flows, each direction in the order of sending, as CSV.

    Times are in seconds and count as in ``result.json``; the frames of a simulated run are 0.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for flow, ways in result.ways.items():
        for direction, way in sorted(ways.items()):
            writer.writerows((flow, direction, *row) for row in _rows(way, result.zero))
    return text.getvalue()


def _rows(way: Way, zero: float) -> Iterator[tuple[object, ...]]:
    delivery = way.delivery
    sent, arrived = _frames(way.trace.sends), _frames(way.trace.arrivals)
    for count, (identity, at) in enumerate(delivery.sent_at.items(), 1):
        delay = delivery.delays.get(identity)
        came = f"{at + delay - zero:.6f}" if delay is not None else ""
        yield (
            count,
            f"{at - zero:.6f}",
            came,
            "" if delay is None else f"{delay:.6f}",
            delivery.hops.get(identity, ""),
            sent[identity],
            arrived.get(identity, ""),
        )


def _frames(seen: Iterable[Seen]) -> dict[object, int]:
    """Return the frame in which each packet was seen first."""
    frames: dict[object, int] = {}
    for _, identity, frame in seen:
        frames.setdefault(identity, frame)
    return frames
