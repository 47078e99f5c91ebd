"""The end of a TCP connection that takes the data."""

from __future__ import annotations

from testbed.simulated.clock import Clock
from testbed.simulated.traffic.rtt import DELAYED_ACK
from testbed.simulated.traffic.segments import NONE, Segment
from testbed.simulated.traffic.sender import Emit

EVERY = 2  # full segments that are acknowledged together (RFC 5681 §4.2)


class Receiver:
    """Acknowledges data: every second segment, and at once what comes out of turn."""

    def __init__(self, clock: Clock, emit: Emit) -> None:
        self._clock = clock
        self._emit = emit
        self._expected = 0
        self._early: set[int] = set()
        self._pending = 0  # segments in order that were not acknowledged
        self._echo = 0.0

    def take(self, segment: Segment) -> None:
        """Take a segment of the sender's."""
        if segment.syn:
            self._emit(Segment(syn=True, echo=segment.sent_at))
        elif segment.number == self._expected:
            self._take_next(segment)
        else:
            if segment.number > self._expected:
                self._early.add(segment.number)
            self._acknowledge(segment.sent_at, segment.number)

    def _take_next(self, segment: Segment) -> None:
        filled = bool(self._early)
        if self._pending == 0:
            self._echo = segment.sent_at  # of the first that the acknowledgement covers
        self._expected += 1
        while self._expected in self._early:
            self._early.remove(self._expected)
            self._expected += 1
        self._pending += 1
        if filled or self._pending >= EVERY:
            self._acknowledge(self._echo, NONE)
        else:
            self._clock.after(DELAYED_ACK, self._acknowledge_late, self._expected)

    def _acknowledge_late(self, expected: int) -> None:
        if self._pending and self._expected == expected:
            self._acknowledge(self._echo, NONE)

    def _acknowledge(self, echo: float, selected: int) -> None:
        self._pending = 0
        self._emit(Segment(ack=self._expected, selected=selected, echo=echo))
