"""Moves of flows from one interface of a mobile to another: when, why, at what cost.

The ways of packets are read from the captures; why a flow moved is what agents tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testbed.evidence.flow_requests import FlowRequests, Request
from testbed.evidence.flow_ways import Passage, Plugs
from testbed.evidence.where import Where, where
from testbed.topology.network import Flow, Network


@dataclass(frozen=True, slots=True)
class FlowMove:
    """Packets of ``flow`` towards ``node``, or from it, changed from one interface to another.

    ``at`` is when the first packet was at the mobile by the new one; it had ``length`` octets there
    (0 of one from the mobile). ``anchored`` is when that packet came to the mobile's anchor; of
    packets from the mobile, when those of the old way did. ``lost`` packets
    were sent between the last that came the old way and the first that came the new way; those that
    were lost on the old access link itself are counted apart. Packets are ``late_by`` as much as
    one that was sent before the first on the new way came after it. ``frames`` of the capture show
    these two packets at the mobile. ``left_at`` is when the last one of the old way was there.
    """

    flow: Flow
    node: str
    direction: str
    origin: str
    target: str
    at: float
    delay_before: float
    delay_after: float
    lost: int
    lost_on_old_link: int
    late_by: tuple[float, ...]
    length: int
    anchored: Sequence[float]
    frames: tuple[int, int]
    left_at: float

    @property
    def difference(self) -> float:
        """By how much the old way was longer, in seconds; negative where it was shorter."""
        return self.delay_before - self.delay_after


def flow_moves(
    network: Network,
    passages: Mapping[tuple[str, str, bool], Sequence[Passage]],
    plugs: Plugs,
) -> list[FlowMove]:
    """Return the moves of all flows in the order in which they came about."""
    found = [
        move
        for (flow, node, towards), series in passages.items()
        for move in _Series(network.flows[flow], node, towards, series, plugs).moves()
    ]
    return sorted(found, key=lambda move: (move.at, move.flow.name, move.direction))


class _Series:
    """The packets of one flow and direction, in the order in which they were sent."""

    def __init__(
        self, flow: Flow, node: str, towards: bool, passages: Sequence[Passage], plugs: Plugs
    ) -> None:
        self._flow, self._node, self._towards = flow, node, towards
        self._passages, self._plugs = passages, plugs

    def moves(self) -> Iterator[FlowMove]:
        """Yield the moves: packets that came, each by another interface than the one before."""
        came = [index for index, each in enumerate(self._passages) if each.came_at is not None]
        came = [index for index in came if self._passages[index].interface]
        begins = 0
        for position in range(1, len(came)):
            last, first = came[position - 1], came[position]
            if self._passages[last].interface != self._passages[first].interface:
                old = [self._passages[index] for index in came[begins:position]]
                yield self._move(last, first, old, came[position:])
                begins = position

    def _move(self, last: int, first: int, old: list[Passage], later: list[int]) -> FlowMove:
        before, after = self._passages[last], self._passages[first]
        between = self._passages[last + 1 : first]
        on_link = sum(self._lost_on_link(each, before.interface) for each in between)
        new = [self._passages[index] for index in later]
        return FlowMove(
            self._flow,
            self._node,
            "down" if self._towards else "up",
            before.interface,
            after.interface,
            after.at or 0.0,
            _delay(before),
            _delay(after),
            len(between) - on_link + self._unsent(last, first),
            on_link,
            tuple(_late(old, new, after.interface)),
            after.length if self._towards else 0,
            _anchored([after] if self._towards else old),
            (before.frame, after.frame),
            before.at or 0.0,
        )

    def _lost_on_link(self, lost: Passage, interface: str) -> bool:
        """Say whether a packet was lost on the old access link while the mobile was on it."""
        if lost.interface != interface or lost.at is None or lost.routed is not self._towards:
            return False
        return self._plugs.at(interface, lost.at) != ""

    def _unsent(self, last: int, first: int) -> int:
        """Count the numbers between two datagrams that none had: they never left their sender."""
        numbers = [self._passages[index].identity for index in (last, first)]
        if self._flow.kind != "udp" or not all(isinstance(each, int) for each in numbers):
            return 0
        before, after = (each for each in numbers if isinstance(each, int))
        return max(0, after - before - (first - last))


def _anchored(passages: Iterable[Passage]) -> list[float]:
    return sorted(each.anchored_at for each in passages if each.anchored_at is not None)


def _delay(passage: Passage) -> float:
    assert passage.came_at is not None
    return passage.came_at - passage.sent_at


def _late(old: Sequence[Passage], new: Sequence[Passage], interface: str) -> Iterator[float]:
    """Yield by how much packets of the old way came after the first of the new way."""
    came = []
    for each in new:
        if each.interface != interface:
            break
        came.append(each.came_at or 0.0)
    first = min(came)
    for each in reversed(old):
        if each.came_at is not None and each.came_at > first:
            yield each.came_at - first


def flow_move_documents(
    network: Network, moves: Sequence[FlowMove], requests: FlowRequests, zero: float
) -> list[dict[str, Any]]:
    """Return moves of flows as ``result.json`` holds them, their times counted from ``zero``."""
    since: dict[tuple[str, str, str], float] = {}
    found = []
    for move in moves:
        key = (move.flow.name, move.node, move.direction)
        request = requests.of(move, since.get(key, float("-inf")))
        since[key] = move.at
        found.append(_document(move, request, zero))
    return found


def _document(move: FlowMove, request: Request | None, zero: float) -> dict[str, Any]:
    duration = move.at - request.at if request else None
    waited = _waited(move, request)
    bound = request.bound if request else None
    beyond = [late for late in move.late_by if late > max(0.0, move.difference)]
    return {
        "flow": move.flow.name,
        "node": move.node,
        "direction": move.direction,
        "from": move.origin,
        "to": move.target,
        "at": move.at - zero,
        "cause": request.cause if request else None,
        "requested_at": request.at - zero if request else None,
        "duration": duration,
        "bound": bound,
        "waited": waited,
        "ratio": (duration - (waited or 0.0)) / bound if duration is not None and bound else None,
        "delay_before": move.delay_before,
        "delay_after": move.delay_after,
        "difference": move.difference,
        "lost": move.lost,
        "lost_on_old_link": move.lost_on_old_link,
        "reordered": len(move.late_by),
        "reordered_beyond": len(beyond),
        "late_by": max(move.late_by, default=0.0),
        "where": _where(move, request),
    }


def _where(move: FlowMove, request: Request | None) -> Where | None:
    """Return the frames of the request and of the packets on either side of the move."""
    before, after = move.frames
    asked = request.frame if request else 0
    return where({"requested": asked, "last_before": before, "first_after": after})


def _waited(move: FlowMove, request: Request | None) -> float | None:
    """Return how long nothing of the flow was there to be moved, after the anchor had decided.

    Of what the mobile sends that is until a packet has gone astray, and once more from when the
    mobile was told, and has sent the last one astray, until it sends the next.
    """
    if request is None or request.decided_at is None:
        return None
    decided = request.decided_at
    if move.direction == "down":
        return next((max(0.0, each - decided) for each in move.anchored), None)
    astray = next((each for each in move.anchored if each >= decided), None)
    if astray is None or request.told_at is None:
        return None
    return astray - decided + max(0.0, move.at - max(request.told_at, move.left_at))


def moves_by_flow(moves: Sequence[FlowMove]) -> Counter[str]:
    """Return how often each flow moved, each direction by itself."""
    return Counter(move.flow.name for move in moves)
