"""How much TCP may have in flight: slow start, congestion avoidance, one cut for each loss."""

from __future__ import annotations

from testbed.simulated.traffic.slowstart import DelayWatch

INITIAL_WINDOW = 10.0  # segments, RFC 6928 §2
LEAST = 2.0  # segments, RFC 5681 §3.1


class Congestion:
    """The congestion window, in segments (RFC 5681)."""

    def __init__(self) -> None:
        self.window = INITIAL_WINDOW
        self._threshold = float("inf")
        self._watch = DelayWatch()
        self._recover: int | None = None  # while a loss is mended: the end of what was in flight

    @property
    def recovering(self) -> bool:
        """Whether a loss is being mended without a timeout."""
        return self._recover is not None

    def acknowledged(self, count: int, first: int) -> None:
        """Take that ``count`` segments were acknowledged, up to ``first``."""
        if self._recover is None:
            self._grow(count)
        elif first >= self._recover:
            self._recover = None

    def measured(self, trip: float, first: int, end: int) -> None:
        """Take a round-trip time: slow start ends where it shows a growing queue."""
        if self.window < self._threshold and self._watch.grown(trip, first, end):
            self._threshold = self.window

    def lost(self, flight: int, end: int) -> None:
        """Halve for a loss among the ``flight`` segments before ``end`` (RFC 5681 §3.2)."""
        if self._recover is None:
            self.window = self._threshold = max(flight / 2, LEAST)
            self._recover = end

    def timed_out(self, flight: int) -> None:
        """Start again from one segment (RFC 5681 §3.1)."""
        self._threshold = max(flight / 2, LEAST)
        self.start_over()

    def start_over(self) -> None:
        """Send one segment more, after a timeout of what a timeout has sent again."""
        self.window = 1.0
        self._recover = None

    def _grow(self, count: int) -> None:
        if self.window < self._threshold:
            self.window += min(count, 2)  # delayed acknowledgements: RFC 3465 §2.1
        else:
            self.window += count / self.window
