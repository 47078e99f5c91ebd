"""The runner's event loop: things to do at a time, and descriptors to watch."""

from __future__ import annotations

import heapq
import itertools
import os
import select
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic
from typing import TypeVar

from testbed.emulated.kernel import Timer

Call = Callable[[], None]
T = TypeVar("T")
SECOND = 1_000_000_000  # nanoseconds


class Loop:
    """Calls back at times of the monotonic clock (in seconds) and when descriptors are readable.

    One thread runs it; others hand it work by ``call``. What a callback raises ends ``run``.
    """

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Call]] = []
        self._order = itertools.count()
        self._watched: dict[int, Call] = {}
        self._timer = Timer()
        self._poll = select.epoll()
        self._handed: deque[Call] = deque()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._running = False
        self.watch(self._timer.descriptor, self._timer.clear)
        self.watch(self._wake, self._take_handed)

    def at(self, when: float, call: Call) -> None:
        """Call ``call`` at the time ``when``, or at once if that has passed."""
        heapq.heappush(self._due, (when, next(self._order), call))

    def after(self, delay: float, call: Call) -> None:
        """Call ``call`` in ``delay`` seconds."""
        self.at(monotonic() + delay, call)

    def watch(self, descriptor: int, call: Call) -> None:
        """Call ``call`` whenever ``descriptor`` can be read."""
        self._watched[descriptor] = call
        self._poll.register(descriptor, select.EPOLLIN)

    def forget(self, descriptor: int) -> None:
        """Watch ``descriptor`` no longer."""
        del self._watched[descriptor]
        self._poll.unregister(descriptor)

    def stop(self) -> None:
        """Let ``run`` return after the callback at hand."""
        self._running = False

    def run(self) -> None:
        """Call back until ``stop``."""
        self._running = True
        while self._running:
            if self._due:
                self._timer.arm(int(self._due[0][0] * SECOND))
            for descriptor, _ in self._poll.poll():
                watcher = self._watched.get(descriptor)
                if watcher is not None:
                    watcher()
            self._call_due()

    def run_for(self, seconds: float) -> None:
        """Call back for ``seconds``, or until ``stop``."""
        self.after(seconds, self.stop)
        self.run()

    def call(self, work: Callable[[], T]) -> T:
        """From another thread: have the loop do ``work`` and return what it returns or raises."""
        future: Future[T] = Future()
        self._handed.append(lambda: _settle(future, work))
        os.eventfd_write(self._wake, 1)
        return future.result()

    def _take_handed(self) -> None:
        os.eventfd_read(self._wake)
        while self._handed:
            self._handed.popleft()()

    def _call_due(self) -> None:
        while self._running and self._due and self._due[0][0] <= monotonic():
            heapq.heappop(self._due)[2]()


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except Exception as error:
        future.set_exception(error)
