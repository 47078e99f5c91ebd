"""A run as ladders are drawn from it: all that passed, by mobile and by time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from testbed.evidence.ladder.about import About
from testbed.evidence.ladder.again import mark
from testbed.evidence.ladder.happenings import happenings
from testbed.evidence.ladder.joined import messages
from testbed.evidence.ladder.rung import Rung
from testbed.evidence.moves import Move, Whereabouts, moves
from testbed.evidence.observed import LogEvent
from testbed.evidence.signalling import Signal
from testbed.evidence.subjects import Subjects
from testbed.topology.network import Network


@dataclass(frozen=True, slots=True)
class Ladder:
    """What passed from ``begin`` to ``end``, in order of time; of ``move`` where there is one."""

    network: Network
    begin: float
    end: float
    rungs: Sequence[Rung]
    move: Move | None = None


class Recording:
    """All messages and events of a run, and those packets of flows that are to be shown.

    ``signals`` and ``events`` are in order of time, as a ``Result`` has them.
    """

    def __init__(
        self,
        network: Network,
        signals: Sequence[Signal],
        events: Sequence[LogEvent],
        packets: Iterable[Rung] = (),
    ) -> None:
        self.network, self.moves = network, moves(events)
        self.whereabouts = Whereabouts(self.moves)
        subjects = Subjects(network, events)
        said = messages(signals, {node.name: node.role for node in network.nodes.values()})
        About(network, subjects).settle(said)
        mark(said)
        rungs = [*said, *happenings(network, events, subjects), *packets]
        self.rungs: Sequence[Rung] = sorted(rungs, key=_at)
        self._of_mobile: dict[str, list[Rung]] = {}
        for rung in self.rungs:
            self._of_mobile.setdefault(rung.mobile, []).append(rung)

    def between(self, begin: float, end: float) -> Ladder:
        """Return all that was sent or happened from ``begin`` on and before ``end``."""
        return Ladder(self.network, begin, end, _cut(self.rungs, begin, end))

    def of(self, move: Move, whole: bool = False) -> Ladder:
        """Return what may concern ``move``, from its begin to its interface's next move.

        That is what is about its mobile, but not about another interface of it only, and what
        names nobody. The ``whole`` is all about the mobile since it was first attached.
        """
        begin = self.first_of(move.node) if whole else move.begins
        of_mobile = _cut(self._of_mobile.get(move.node, ()), begin, move.until)
        unnamed = _cut(self._of_mobile.get("", ()), begin, move.until)
        interfaces = ("", move.interface)
        rungs = [each for each in of_mobile if whole or each.interface in interfaces]
        return Ladder(self.network, begin, move.until, sorted((*rungs, *unnamed), key=_at), move)

    def first_of(self, mobile: str) -> float:
        """Return when the first move of ``mobile`` began."""
        return min(move.begins for move in self.moves if move.node == mobile)


def _cut(rungs: Sequence[Rung], begin: float, end: float) -> Sequence[Rung]:
    return rungs[bisect_left(rungs, begin, key=_at) : bisect_left(rungs, end, key=_at)]


def _at(rung: Rung) -> float:
    return rung.at
