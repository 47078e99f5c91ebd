"""Which signalling each move has cost: the messages about its mobile from its begin on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from math import inf

from testbed.evidence.ladder.recording import Recording
from testbed.evidence.ladder.rung import MESSAGE
from testbed.evidence.moves import Move
from testbed.evidence.signalling import Signal
from testbed.evidence.subjects import Subject

_NOBODY: Subject = ("", "")


def shares(
    recording: Recording, signals: Sequence[Signal], moves: Sequence[Move]
) -> list[list[Signal]]:
    """Return for each of ``moves`` its part of ``signals``.

    A message goes to the latest move of the mobile that it is about, and one that names no
    mobile to the latest move of all. What was said before any is nobody's.
    """
    found: list[list[Signal]] = [[] for _ in moves]
    of = _ByMobile(moves)
    told = {
        index: (rung.at, (rung.mobile, rung.interface))
        for rung in recording.rungs
        if rung.kind == MESSAGE
        for index in rung.seen
    }
    for index, signal in enumerate(signals):
        at, subject = told.get(index, (signal.sighting.at, _NOBODY))
        for place in of.latest(at, subject):
            found[place].append(signal)
    return found


class _ByMobile:
    """The places of moves in the order of their begins, by whom they are of."""

    def __init__(self, moves: Sequence[Move]) -> None:
        self._entries: dict[Subject, list[tuple[float, int]]] = {}
        for index, move in enumerate(moves):
            for subject in (_NOBODY, (move.node, ""), (move.node, move.interface)):
                self._entries.setdefault(subject, []).append((move.begins, index))
        for entries in self._entries.values():
            entries.sort()

    def latest(self, at: float, subject: Subject) -> Iterator[int]:
        entries = self._entries.get(subject) or self._entries.get(_NOBODY, [])
        place = bisect_right(entries, (at, inf)) - 1
        if place >= 0:
            yield entries[place][1]
