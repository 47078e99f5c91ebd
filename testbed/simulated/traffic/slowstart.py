"""When slow start ends before it loses packets: HyStart's delay increase (RFC 9406 §4.2)."""

from __future__ import annotations

MIN_RTT_THRESH = 0.004  # s
MAX_RTT_THRESH = 0.016  # s
MIN_RTT_DIVISOR = 8
N_RTT_SAMPLE = 8


class DelayWatch:
    """Compares the round-trip times of each round of slow start with the least one ever seen."""

    def __init__(self) -> None:
        self._least = float("inf")
        self._round: list[float] = []
        self._round_ends = 0

    def grown(self, trip: float, first: int, end: int) -> bool:
        """Take a round-trip time of those before ``end``; say whether a queue has built up."""
        self._least = min(self._least, trip)
        if first >= self._round_ends:
            self._round_ends = end
            self._round.clear()
        if len(self._round) >= N_RTT_SAMPLE:
            return False
        self._round.append(trip)
        if len(self._round) < N_RTT_SAMPLE:
            return False
        tolerated = min(max(self._least / MIN_RTT_DIVISOR, MIN_RTT_THRESH), MAX_RTT_THRESH)
        return min(self._round) >= self._least + tolerated
