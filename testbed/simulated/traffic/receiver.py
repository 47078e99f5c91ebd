"""The end of a TCP connection that takes the data."""

from __future__ import annotations

from testbed.simulated.clock import Clock
from testbed.simulated.traffic.segments import Segment
from testbed.simulated.traffic.sender import Emit

DELAYED_ACK = 0.04  # s, as in Linux
EVERY = 2  # full segments that are acknowledged together (RFC 5681 §4.2)


class Receiver:
    """Acknowledges data: every second segment, and at once what comes out of order."""

    def __init__(self, clock: Clock, emit: Emit) -> None:
        self._clock = clock
        self._emit = emit
        self._expected = 0
        self._ahead: dict[int, int] = {}  # first octet -> end of what came too early
        self._pending = 0  # segments in order that were not acknowledged
        self._echo = 0.0

    def take(self, segment: Segment) -> None:
        """Take a segment of the sender's."""
        if segment.syn:
            self._emit(Segment(syn=True, echo=segment.sent_at))
        elif segment.sequence == self._expected:
            self._take_next(segment)
        else:
            if segment.sequence > self._expected:
                self._ahead[segment.sequence] = segment.sequence + segment.size
            self._acknowledge(segment.sent_at)

    def _take_next(self, segment: Segment) -> None:
        filled = bool(self._ahead)
        if self._pending == 0:
            self._echo = segment.sent_at  # of the first that the acknowledgement covers
        self._expected += segment.size
        while self._expected in self._ahead:
            self._expected = self._ahead.pop(self._expected)
        self._pending += 1
        if filled or self._pending >= EVERY:
            self._acknowledge(self._echo)
        else:
            self._clock.after(DELAYED_ACK, self._acknowledge_late, self._expected)

    def _acknowledge_late(self, expected: int) -> None:
        if self._pending and self._expected == expected:
            self._acknowledge(self._echo)

    def _acknowledge(self, echo: float) -> None:
        self._pending = 0
        self._emit(Segment(ack=self._expected, echo=echo))
