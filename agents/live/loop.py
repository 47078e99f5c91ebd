"""An event loop of one thread: readable descriptors, the core's deadline and calls, on epoll."""

from __future__ import annotations

import select
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from time import monotonic

Later = Callable[[float, Callable[[], None]], None]
"""Has something called once, so many seconds from now: see ``Loop.later``."""


class Loop:
    """Calls back when a watched descriptor is readable, and when the deadline has passed.

    ``deadline`` is on the monotonic clock, None for none; ``on_deadline`` is called once it has
    passed and must move it. ``on_turn`` is called when all that was due has been called.
    """

    def __init__(self) -> None:
        self.deadline: float | None = None
        self.on_deadline: Callable[[], None] = lambda: None
        self.on_turn: Callable[[], None] = lambda: None
        self._poll = select.epoll()
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._writers: dict[int, Callable[[], None]] = {}
        self._calls: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._running = False

    def watch(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` whenever ``descriptor`` is readable or at its end."""
        self._callbacks[descriptor] = callback
        self._poll.register(descriptor, select.EPOLLIN)

    def when_writable(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` once, as soon as ``descriptor``, which is watched, can be written to.

        What has failed can be written to: writing says how.
        """
        self._writers[descriptor] = callback
        self._poll.modify(descriptor, select.EPOLLIN | select.EPOLLOUT)

    def forget(self, descriptor: int) -> None:
        """Watch ``descriptor`` no longer."""
        self._writers.pop(descriptor, None)
        if self._callbacks.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def later(self, delay: float, callback: Callable[[], None]) -> None:
        """Call ``callback`` once, ``delay`` seconds from now and not before the next turn."""
        heappush(self._calls, (monotonic() + delay, next(self._numbers), callback))

    def run(self) -> None:
        """Turn until ``stop`` is called."""
        self._running = True
        while self._running:
            self._turn()

    def stop(self) -> None:
        """End ``run`` after the current turn."""
        self._running = False

    def close(self) -> None:
        """Close the loop's own descriptor."""
        self._poll.close()

    def _turn(self) -> None:
        for descriptor, ready in self._poll.poll(self._patience()):
            if descriptor in self._writers and ready & ~select.EPOLLIN:
                self._poll.modify(descriptor, select.EPOLLIN)
                self._writers.pop(descriptor)()
            callback = self._callbacks.get(descriptor)  # an earlier one may have forgotten it
            if callback is not None and ready & ~select.EPOLLOUT:
                callback()
        if self.deadline is not None and monotonic() >= self.deadline:
            self.on_deadline()
        self._call()
        self.on_turn()

    def _call(self) -> None:
        now = monotonic()
        while self._calls and self._calls[0][0] <= now:
            _, _, callback = heappop(self._calls)
            callback()

    def _patience(self) -> float | None:
        due = [call[0] for call in self._calls[:1]]
        if self.deadline is not None:
            due.append(self.deadline)
        return max(0.0, min(due) - monotonic()) if due else None
