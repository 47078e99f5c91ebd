"""Which access link each interface of a mobile was on, as coloured spans of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from testbed.evidence.moves import Move
from testbed.evidence.observed import LogEvent
from testbed.topology.network import Network

COLOURS = 8  # of access links, then they begin anew
Span = tuple[float, float, str, str]
"""From, to (s), class, words."""


def ends_at(network: Network, events: Sequence[LogEvent], zero: float) -> float:
    """Return when the last of a run happened, in seconds from its ``zero``."""
    return max([network.duration, *(event.at - zero for event in events)])


def stays(
    network: Network, moves: Sequence[Move], zero: float, last: float
) -> Mapping[str, list[Span]]:
    """Return by interface its stays on access links, until ``last`` where nothing ends them."""
    colours = {access: f"stay d{i % COLOURS}" for i, access in enumerate(network.accesses)}
    rows: dict[str, list[Span]] = {}
    for move in moves:
        row = rows.setdefault(move.interface, [])
        if row and move.link_down is not None:
            row[-1] = (row[-1][0], move.link_down - zero, *row[-1][2:])
        end = min(last, move.until - zero)
        row.append((move.link_up - zero, end, colours[move.target], move.target))
    return rows
