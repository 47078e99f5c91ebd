"""A table of deadlines for roles that keep thousands of bindings alive at once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_SLACK = 256


class Deadlines(Generic[K]):
    """When each key is due: set, moved and cleared in logarithmic time at worst.

    A moved or cleared deadline stays in the heap until it surfaces or until stale entries
    outnumber the live ones, so that neither costs a search.
    """

    __slots__ = ("_at", "_heap", "_pushed")

    def __init__(self) -> None:
        self._at: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._pushed = 0

    def set(self, key: K, at: float) -> None:
        """Make ``key`` due at ``at``, whatever was set before."""
        if self._at.get(key) == at:
            return
        self._at[key] = at
        self._pushed += 1
        heappush(self._heap, (at, self._pushed, key))
        if len(self._heap) > 2 * len(self._at) + _SLACK:
            self._compact()

    def clear(self, key: K) -> None:
        """Let ``key`` never become due."""
        self._at.pop(key, None)

    def next(self) -> float | None:
        """Return the earliest deadline, or None."""
        heap = self._heap
        while heap:
            at, _, key = heap[0]
            if self._at.get(key) == at:
                return at
            heappop(heap)
        return None

    def due(self, now: float) -> Iterator[K]:
        """Take out, in order of time, each key whose deadline has come by ``now``.

        A key that is set again meanwhile comes up again if it is due by ``now``.
        """
        while (at := self.next()) is not None and at <= now:
            key = heappop(self._heap)[2]
            del self._at[key]
            yield key

    def _compact(self) -> None:
        self._heap = [entry for entry in self._heap if self._at.get(entry[2]) == entry[0]]
        heapify(self._heap)


def earliest(deadlines: Iterable[float | None]) -> float | None:
    """Return the first of ``deadlines``, None where none of them is set."""
    return min((at for at in deadlines if at is not None), default=None)
