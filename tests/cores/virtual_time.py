"""Time of the worlds in which cores meet: it jumps from one event or deadline to the next."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Generic, TypeVar

K = TypeVar("K")

MOST_STEPS = 200_000


class VirtualTime(Generic[K]):
    """The time ``now``, what was put off until later, and cores that are told of their deadlines.

    A world gives the deadline of each of its cores under some key, and lets it tick.
    """

    def __init__(self, start: float) -> None:
        self.now = start
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def at(self, delay: float, do_it: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (self.now + delay, next(self._order), do_it))

    def run(self, duration: float) -> None:
        """Let time pass."""
        end = self.now + duration
        for _ in range(MOST_STEPS):
            at, key = self._next()
            if at > end:
                self.now = end
                return
            self.now = max(self.now, at)
            if key is None:
                heapq.heappop(self._queue)[2]()
            else:
                self._tick(key)
        raise AssertionError(f"the world does not come to rest\n{self.story()[-4000:]}")

    def story(self) -> str:
        """What has happened so far, as far as the world tells."""
        return ""

    def _deadlines(self) -> Iterator[tuple[K, float | None]]:
        """When each core must next be called."""
        raise NotImplementedError

    def _tick(self, key: K) -> None:
        raise NotImplementedError

    def _next(self) -> tuple[float, K | None]:
        best: tuple[float, K | None] = (float("inf"), None)
        if self._queue:
            best = (self._queue[0][0], None)
        for key, deadline in self._deadlines():
            if deadline is not None and deadline < best[0]:
                best = (deadline, key)
        return best
