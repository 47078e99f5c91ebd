"""A timer that is set anew far more often than it expires."""

from __future__ import annotations

from collections.abc import Callable

from testbed.simulated.clock import Clock


class Timer:
    """Calls ``expired`` once when the time last set has passed, with one entry in the agenda."""

    def __init__(self, clock: Clock, expired: Callable[[], None]) -> None:
        self._clock = clock
        self._expired = expired
        self._due: float | None = None
        self._entry: float | None = None  # when the agenda wakes this timer

    @property
    def running(self) -> bool:
        """Whether the timer is set."""
        return self._due is not None

    def set(self, delay: float) -> None:
        """Expire in ``delay`` seconds, whatever was set before."""
        self._due = self._clock.now + delay
        if self._entry is None or self._entry > self._due:
            self._wake_at(self._due)

    def clear(self) -> None:
        """Expire no more."""
        self._due = None

    def _wake_at(self, when: float) -> None:
        self._entry = when
        self._clock.at(when, self._wake, when)

    def _wake(self, when: float) -> None:
        if when != self._entry:
            return
        self._entry = None
        if self._due is None:
            return
        if self._due > self._clock.now:
            self._wake_at(self._due)
            return
        self._due = None
        self._expired()
