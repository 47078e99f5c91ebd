"""On which interface of a mobile a flow was, and from when to when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from testbed.evidence.flow_ways import Passage


@dataclass(frozen=True, slots=True)
class FlowStay:
    """Packets of ``flow``, one direction of it, were at ``interface`` of ``node``.

    The first of them was there at ``begin``, the last at ``end``, on the run's clock.
    """

    flow: str
    node: str
    direction: str  # "down" to the mobile, or "up" from it
    interface: str
    begin: float
    end: float
    packets: int


def flow_stays(passages: Mapping[tuple[str, str, bool], Sequence[Passage]]) -> list[FlowStay]:
    """Return the stays of each flow and direction in the order in which packets were sent."""
    return [
        FlowStay(flow, node, "down" if towards else "up", *stay)
        for (flow, node, towards), series in passages.items()
        for stay in _stays(series)
    ]


def _stays(series: Sequence[Passage]) -> Iterator[tuple[str, float, float, int]]:
    """Yield the interfaces that packets which came took, and when: the first, the last."""
    came = [each for each in series if each.came_at is not None and each.interface]
    for interface, group in groupby(came, lambda each: each.interface):
        times = [each.at for each in group if each.at is not None]
        yield interface, min(times), max(times), len(times)
