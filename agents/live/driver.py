"""One driver for every core: inputs become events, actions become packets and kernel state."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import monotonic, perf_counter_ns
from typing import Any, Protocol

from agents.core.actions import Action, Drop, Forward, Record, SendMessage
from agents.core.core import Core
from agents.core.events import Event
from agents.live.journal import Journal

_REMEMBERED = 1000  # handlings that the median is taken of


class Performer(Protocol):
    """What changes the kernel: see ``agents.live.kernel``."""

    def perform(self, action: Action) -> None:
        """Perform ``action`` by the next flush."""
        ...

    def flush(self) -> None:
        """Finish what was asked for."""
        ...

    def hold(self, holds: bool) -> None:
        """Say whether routes are to wait for the packets that are put back."""
        ...


class Timer(Protocol):
    """What calls back at a deadline: see ``agents.live.loop``."""

    deadline: float | None
    on_deadline: Callable[[], None]


class Driver:
    """Feeds a core, performs what it asks for in order, and keeps its deadline armed.

    ``send`` takes a SendMessage, ``others`` what the kernel is not asked for, by its type. The
    clock of a core is the journal's: monotonic plus an offset.
    """

    def __init__(
        self,
        core: Core,
        kernel: Performer,
        send: Callable[[SendMessage], None],
        others: Mapping[type, Callable[[Any], None]],
        journal: Journal,
        timer: Timer,
    ) -> None:
        self.core = core
        self._kernel = kernel
        self._send = send
        self._others = others
        self._journal = journal
        self._timer = timer
        self._armed: float | None = None
        self._handlings = 0
        self._durations: deque[int] = deque(maxlen=_REMEMBERED)
        timer.on_deadline = self._tick

    def handle(self, event: Event, started: int) -> None:
        """Give ``event`` to the core and perform its answer.

        ``started`` (ns) is when the work on it began: its parsing is part of its handling.
        """
        self._perform(self.core.handle(event, self._journal.now()))
        self._finish(started)

    def handling(self) -> dict[str, Any]:
        """Return how many inputs were handled and how long that took, in microseconds."""
        durations = [duration / 1000 for duration in self._durations] or [0.0]
        return {
            "count": self._handlings,
            "median_us": round(median(durations), 1),
            "max_us": round(max(durations), 1),
        }

    def _tick(self) -> None:
        started = perf_counter_ns()
        armed = self._armed if self._armed is not None else 0.0
        self._perform(self.core.tick(max(armed, self._journal.now())))
        self._finish(started)

    def _finish(self, started: int) -> None:
        self._rearm()
        self._journal.flush()
        self._handlings += 1
        self._durations.append(perf_counter_ns() - started)

    def _perform(self, actions: Sequence[Action]) -> None:
        self._kernel.hold(any(isinstance(action, Forward) for action in actions))
        for action in actions:
            if isinstance(action, SendMessage):
                self._kernel.flush()
                self._send(action)
            elif isinstance(action, Record):
                self._kernel.flush()
                self._journal.event(action.event, action.details)
            elif isinstance(action, Drop):
                self._journal.drop(action.reason, action.details)
            elif (perform := self._others.get(type(action))) is not None:
                perform(action)
            else:
                self._kernel.perform(action)
        self._kernel.flush()

    def _rearm(self) -> None:
        due = self.core.deadline()
        if due != self._armed:
            self._armed = due
            offset = self._journal.now() - monotonic()
            self._timer.deadline = None if due is None else due - offset
