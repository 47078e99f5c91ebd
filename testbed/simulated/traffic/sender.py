"""The end of a TCP connection that has the data."""

from __future__ import annotations

from collections.abc import Callable

from testbed.simulated.clock import Clock
from testbed.simulated.traffic.congestion import Congestion
from testbed.simulated.traffic.rtt import RoundTripTime
from testbed.simulated.traffic.segments import Segment

WINDOW = 1 << 20  # octets that the receiver takes: a fixed 1 MiB
Emit = Callable[[Segment], None]


class Sender:
    """Opens a connection and sends data without end, at most ``rate`` bit/s of it.

    After a timeout it goes back to the first octet that was not acknowledged.
    """

    def __init__(self, clock: Clock, emit: Emit, rate: float | None, size: int) -> None:
        self._clock = clock
        self._emit = emit
        self._rate = rate
        self._size = size
        self._trip = RoundTripTime()
        self._congestion = Congestion(size)
        self._first = 0  # the first octet that was not acknowledged
        self._next = 0  # the octet to send next
        self._end = 0  # the end of what was ever sent
        self._opened_at: float | None = None
        self._expires_at: float | None = None  # the retransmission timer
        self._armed_at: float | None = None
        self._waiting = False  # for the application's next segment
        self._closed = False

    def open(self) -> None:
        """Send a SYN."""
        self._emit(Segment(syn=True, sent_at=self._clock.now))
        self._restart_timer()

    def close(self) -> None:
        """Send nothing any more."""
        self._closed = True
        self._expires_at = None

    def take(self, segment: Segment) -> None:
        """Take what the receiver answers."""
        if self._closed:
            return
        if segment.syn:
            self._connected(segment)
        elif segment.ack > self._first:
            self._advance(segment)
        elif segment.ack == self._first and self._end > self._first:
            self._duplicate()
        self._send()

    def _connected(self, segment: Segment) -> None:
        if self._opened_at is None:
            self._opened_at = self._clock.now
            self._trip.measured(self._clock.now - segment.echo)
            self._expires_at = None

    def _advance(self, segment: Segment) -> None:
        octets = segment.ack - self._first
        self._first = segment.ack
        self._next = max(self._next, segment.ack)
        self._trip.measured(self._clock.now - segment.echo)
        if self._congestion.acknowledged(octets, segment.ack):
            self._transmit(self._first)
        self._restart_timer()

    def _duplicate(self) -> None:
        if self._congestion.duplicated(self._first, self._end):
            self._transmit(self._first)
            self._restart_timer()

    def _send(self) -> None:
        """Send what the windows and the application allow."""
        allowed = self._first + min(self._congestion.window, WINDOW)
        while self._next + self._size <= allowed and self._has_data():
            self._transmit(self._next)
            self._next += self._size
            self._end = max(self._end, self._next)
            if self._expires_at is None:
                self._restart_timer()

    def _transmit(self, sequence: int) -> None:
        self._emit(Segment(sequence=sequence, size=self._size, sent_at=self._clock.now))

    def _has_data(self) -> bool:
        """Say whether the application has written the next segment, and else wait for it."""
        if self._opened_at is None:
            return False
        if self._rate is None:
            return True
        written_at = self._opened_at + (self._next + self._size) * 8 / self._rate
        if written_at <= self._clock.now:
            return True
        if not self._waiting:
            self._waiting = True
            self._clock.at(written_at, self._written)
        return False

    def _written(self) -> None:
        self._waiting = False
        if not self._closed:
            self._send()

    def _restart_timer(self) -> None:
        outstanding = self._opened_at is None or self._end > self._first
        self._expires_at = self._clock.now + self._trip.timeout if outstanding else None
        if self._expires_at is not None and self._armed_at is None:
            self._arm(self._expires_at)

    def _arm(self, when: float) -> None:
        self._armed_at = when
        self._clock.at(when, self._alarm)

    def _alarm(self) -> None:
        self._armed_at = None
        if self._expires_at is None:
            return
        if self._expires_at > self._clock.now:
            self._arm(self._expires_at)
        else:
            self._timed_out()

    def _timed_out(self) -> None:
        self._trip.backed_off()
        if self._opened_at is None:
            self.open()
            return
        self._congestion.timed_out(self._first, self._end)
        self._next = self._first
        self._expires_at = None
        self._send()
        if self._expires_at is None:
            self._restart_timer()
