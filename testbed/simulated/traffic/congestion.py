"""How much TCP may have in flight: slow start, congestion avoidance, NewReno's fast recovery."""

from __future__ import annotations

INITIAL_WINDOW = 10  # segments, RFC 6928 §2
DUPLICATES = 3  # acknowledgements that tell of a loss, RFC 5681 §3.2


class Congestion:
    """The congestion window, in octets (RFC 5681, RFC 6582)."""

    def __init__(self, size: int) -> None:
        self.window = float(INITIAL_WINDOW * size)
        self.recover: int | None = None  # while in fast recovery: the end of what was in flight
        self._size = size
        self._threshold = float("inf")
        self._duplicates = 0
        self._resent_up_to = 0  # by the last timeout; what is below may come twice

    def acknowledged(self, octets: int, ack: int) -> bool:
        """Take an acknowledgement of new data; say whether the next segment was lost as well."""
        self._duplicates = 0
        if self.recover is None:
            self._grow(octets)
            return False
        if ack >= self.recover:
            self.recover = None
            self.window = self._threshold
            return False
        self.window = max(self.window - octets + self._size, self._size)
        return True

    def duplicated(self, first: int, end: int) -> bool:
        """Take a duplicate acknowledgement up to ``first``; say whether it tells of a loss.

        ``end`` is the end of what was sent. Duplicates of what a timeout has sent again tell of
        none (RFC 6582 §4).
        """
        if self.recover is not None:
            self.window += self._size
            return False
        self._duplicates += 1
        if self._duplicates != DUPLICATES or first < self._resent_up_to:
            return False
        self._threshold = max((end - first) / 2, 2.0 * self._size)
        self.window = self._threshold + DUPLICATES * self._size
        self.recover = end
        return True

    def timed_out(self, first: int, end: int) -> None:
        """Start again from one segment: what lies from ``first`` to ``end`` (RFC 5681 §3.1)."""
        self._threshold = max((end - first) / 2, 2.0 * self._size)
        self._resent_up_to = end
        self.window = float(self._size)
        self.recover = None
        self._duplicates = 0

    def _grow(self, octets: int) -> None:
        if self.window < self._threshold:
            self.window += min(octets, 2 * self._size)  # delayed acknowledgements: RFC 3465
        else:
            self.window += self._size * octets / self.window
