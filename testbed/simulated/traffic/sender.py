"""The end of a TCP connection that has the data."""

from __future__ import annotations

from collections.abc import Callable

from testbed.simulated.clock import Clock
from testbed.simulated.traffic.congestion import Congestion
from testbed.simulated.traffic.rtt import RoundTripTime
from testbed.simulated.traffic.scoreboard import Scoreboard
from testbed.simulated.traffic.segments import Segment
from testbed.simulated.traffic.timer import Timer

WINDOW = 1 << 20  # octets that the receiver takes: a fixed 1 MiB
Emit = Callable[[Segment], None]


class Sender:
    """Opens a connection and sends data without end, at most ``rate`` bit/s of it.

    Losses are mended as Linux does: by selective acknowledgements, by a probe when these fail to
    come (RFC 8985 §7), and by a timeout. ``size`` is asked when the connection is open: the octets
    of a segment.
    """

    def __init__(
        self, clock: Clock, emit: Emit, rate: float | None, size: Callable[[], int]
    ) -> None:
        self._clock = clock
        self._emit = emit
        self._rate = rate
        self._size = size
        self._interval = 0.0  # in which the application writes a segment
        self._paced_at, self._paced_from = 0.0, 0  # since when, and from which segment on
        self._most = 0  # segments that the receiver takes
        self._trip = RoundTripTime()
        self._congestion = Congestion()
        self._board = Scoreboard()
        self._timer = Timer(clock, self._timed_out)
        self._opened_at: float | None = None
        self._waiting = False  # for the application's next segment
        self._probing = False  # a probe was sent since the last acknowledgement
        self._timeouts = 0  # since the last acknowledgement
        self._closed = False

    def open(self) -> None:
        """Send a SYN."""
        self._emit(Segment(syn=True, sent_at=self._clock.now))
        self._timer.set(self._trip.timeout)

    def close(self) -> None:
        """Send nothing any more."""
        self._closed = True
        self._timer.clear()

    def shorten(self, size: int) -> None:
        """Send segments of ``size`` octets from now on; those under way are lost."""
        self._pace(size)
        self._board.give_up()
        self._send()
        self._restart_timer()

    def take(self, segment: Segment) -> None:
        """Take what the receiver answers."""
        if self._closed:
            return
        if segment.call:
            self._called()
            return
        if segment.syn:
            self._connected(segment)
        else:
            self._acknowledged(segment)
        self._send()

    def _called(self) -> None:
        """Answer the other end, which wants to be sent the data."""
        if self._opened_at is None and not self._timer.running:
            self.open()

    def _connected(self, segment: Segment) -> None:
        if self._opened_at is None:
            self._opened_at = self._clock.now
            self._pace(self._size())
            self._trip.measured(self._clock.now - segment.echo)
            self._timer.clear()

    def _pace(self, size: int) -> None:
        """Let the application write segments of ``size`` octets from now on."""
        self._paced_at, self._paced_from = self._clock.now, self._board.end
        self._most = WINDOW // size
        self._interval = size * 8 / self._rate if self._rate else 0.0

    def _acknowledged(self, segment: Segment) -> None:
        board = self._board
        if board.select(segment.selected):
            self._congestion.lost(board.outstanding, board.end)
        if segment.ack > board.first:
            self._congestion.acknowledged(board.advance(segment.ack), segment.ack)
            trip = self._clock.now - segment.echo
            self._trip.measured(trip)
            self._congestion.measured(trip, board.first, board.end)
            self._probing = False
            self._timeouts = 0
            self._restart_timer()

    def _send(self) -> None:
        """Send what is lost, then what is new, as far as the windows allow."""
        board = self._board
        while board.flight < self._congestion.window:
            lost = board.next_hole()
            if lost is not None:
                self._transmit(lost)
            elif board.outstanding < self._most and self._has_data():
                self._transmit_new()
            else:
                return

    def _transmit_new(self) -> None:
        self._board.end += 1
        self._transmit(self._board.end - 1)

    def _transmit(self, number: int) -> None:
        self._emit(Segment(number=number, sent_at=self._clock.now))
        if not self._timer.running:
            self._restart_timer()

    def _has_data(self) -> bool:
        """Say whether the application has written the next segment, and else wait for it."""
        if self._opened_at is None:
            return False
        written = self._board.end + 1 - self._paced_from
        written_at = self._paced_at + written * self._interval
        if not self._interval or written_at <= self._clock.now:
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
        if self._board.outstanding:
            may_probe = not (self._probing or self._congestion.recovering or self._timeouts)
            self._timer.set(self._trip.probe_timeout if may_probe else self._trip.timeout)
            self._probing = not may_probe
        else:
            self._timer.clear()

    def _timed_out(self) -> None:
        if self._opened_at is None:
            self._trip.backed_off()
            self.open()
        elif not self._probing:
            self._probe()
        else:
            self._start_over()

    def _probe(self) -> None:
        """Send one segment that provokes an acknowledgement (RFC 8985 §7.3)."""
        self._probing = True
        self._timer.set(self._trip.timeout)
        if self._board.outstanding < self._most and self._has_data():
            self._transmit_new()
        else:
            self._transmit(self._board.end - 1)

    def _start_over(self) -> None:
        """Hold all for lost that was not acknowledged, and begin again with the first of it."""
        self._trip.backed_off()
        if self._timeouts == 0:
            self._congestion.timed_out(self._board.outstanding)
        else:
            self._congestion.start_over()
        self._timeouts += 1
        self._board.give_up()
        self._send()
        self._restart_timer()
