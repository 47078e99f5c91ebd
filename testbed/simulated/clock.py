"""Virtual time: a heap of what is to happen, in the order of time and then of scheduling."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any


class Clock:
    """The one clock of a simulated world, in seconds since its start."""

    __slots__ = ("_agenda", "_count", "now")

    def __init__(self) -> None:
        self.now = 0.0
        self._agenda: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = 0

    def at(self, when: float, call: Callable[..., None], *arguments: Any) -> None:
        """Call ``call(*arguments)`` at ``when``; calls of one instant keep their order."""
        self._count = count = self._count + 1
        heappush(self._agenda, (when, count, call, arguments))

    def after(self, delay: float, call: Callable[..., None], *arguments: Any) -> None:
        """Call ``call(*arguments)`` in ``delay`` seconds."""
        self._count = count = self._count + 1
        heappush(self._agenda, (self.now + delay, count, call, arguments))

    def run(self, until: float) -> None:
        """Let everything happen that is due up to and at ``until``, and stop there."""
        agenda = self._agenda
        while agenda and agenda[0][0] <= until:
            self.now, _, call, arguments = heappop(agenda)
            call(*arguments)
        self.now = until
