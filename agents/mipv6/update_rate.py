"""How often a mobile node may send the same kind of message to one node (RFC 6275 §11.8)."""

from __future__ import annotations

from collections import deque

MAX_UPDATE_RATE = 3
"""Messages of one type that one destination is sent per second at most (RFC 6275 §12)."""


class UpdateRate:
    """Lets MAX_UPDATE_RATE messages pass in any one second."""

    __slots__ = ("_sent",)

    def __init__(self) -> None:
        self._sent: deque[float] = deque(maxlen=MAX_UPDATE_RATE)

    def take(self, now: float) -> bool:
        """Say whether one more may be sent, and count it."""
        if now < self.ready_at():
            return False
        self._sent.append(now)
        return True

    def ready_at(self) -> float:
        """Return when the next may be sent; it may have been possible for long."""
        return self._sent[0] + 1.0 if len(self._sent) == MAX_UPDATE_RATE else 0.0
