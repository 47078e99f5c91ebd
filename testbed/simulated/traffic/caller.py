"""The end of a TCP connection that takes the data and wants it: it opens the connection."""

from __future__ import annotations

from collections.abc import Callable

from testbed.simulated.clock import Clock
from testbed.simulated.traffic.rtt import INITIAL_RTO, MAX_RTO
from testbed.simulated.traffic.segments import Segment
from testbed.simulated.traffic.sender import Emit
from testbed.simulated.traffic.timer import Timer


class Caller:
    """Sends SYNs until it is stopped, since the other end has answered."""

    def __init__(self, clock: Clock, emit: Emit) -> None:
        self._emit = emit
        self._timeout = INITIAL_RTO
        self._timer = Timer(clock, self._again)

    def call(self) -> None:
        """Send the first SYN."""
        self._emit(Segment(call=True))
        self._timer.set(self._timeout)

    def until_answered(self, take: Callable[[Segment], None]) -> Callable[[Segment], None]:
        """Return what takes the other end's segments as ``take`` does, and stops at the first."""

        def taker(segment: Segment) -> None:
            self.stop()
            take(segment)

        return taker

    def stop(self) -> None:
        """Send no more."""
        self._timer.clear()

    def _again(self) -> None:
        self._timeout = min(2 * self._timeout, MAX_RTO)  # RFC 6298 §5.5
        self.call()
