"""What a TCP sender knows of the segments that it has sent (RFC 6675)."""

from __future__ import annotations

from collections import deque

DUPLICATES = 3  # segments that came after one that did not: it is lost (RFC 6675 §2)


class Scoreboard:
    """Segments from ``first``, the oldest not acknowledged, up to ``end``, the next new one."""

    def __init__(self) -> None:
        self.first = 0
        self.end = 0
        self._arrived: set[int] = set()
        self._holes: deque[int] = deque()  # known to be lost and not sent again, in order
        self._judged = 0  # what is below was judged lost or not
        self._highest = -1

    @property
    def outstanding(self) -> int:
        """How many segments wait for their acknowledgement."""
        return self.end - self.first

    @property
    def flight(self) -> int:
        """How many segments are on their way, as far as is known."""
        return self.end - self.first - len(self._arrived) - len(self._holes)

    def advance(self, ack: int) -> int:
        """Take that all before ``ack`` have arrived; return how many that was news of."""
        count = ack - self.first
        self._arrived.difference_update(range(self.first, ack))
        while self._holes and self._holes[0] < ack:
            self._holes.popleft()
        self.first = ack
        self.end = max(self.end, ack)
        self._judged = max(self._judged, ack)
        return count

    def select(self, number: int) -> bool:
        """Take that one segment has arrived; say whether that shows others to be lost."""
        if not self.first <= number < self.end or number in self._arrived:
            return False
        self._arrived.add(number)
        if number < self._judged and number in self._holes:
            self._holes.remove(number)
        self._highest = max(self._highest, number)
        return self._judge(self._highest - DUPLICATES + 1)

    def give_up(self) -> None:
        """Hold all that has not arrived for lost."""
        self._holes = deque(n for n in range(self.first, self.end) if n not in self._arrived)
        self._judged = self.end

    def next_hole(self) -> int | None:
        """Take out the first segment that is to be sent again."""
        return self._holes.popleft() if self._holes else None

    def _judge(self, up_to: int) -> bool:
        missing = [n for n in range(self._judged, up_to) if n not in self._arrived]
        self._holes.extend(missing)
        self._judged = max(self._judged, up_to)
        return bool(missing)
