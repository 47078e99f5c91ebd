"""A limit on how often something is done."""

from __future__ import annotations


class TokenBucket:
    """Lets ``burst`` things happen at once and ``rate`` per second in the long run."""

    __slots__ = ("_burst", "_filled_at", "_rate", "_tokens")

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._tokens = float(burst)
        self._filled_at = 0.0

    def take(self, now: float) -> bool:
        """Take a token, if there is one."""
        self._fill(now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def ready_at(self) -> float:
        """Return when the next token can be taken; it may have been possible for long."""
        return self._filled_at + max(0.0, 1 - self._tokens) / self._rate

    def _fill(self, now: float) -> None:
        # Rounding must not leave a token a hair short at the very time that ready_at() named.
        grown = self._tokens + (now - self._filled_at) * self._rate + 1e-6
        self._tokens = min(self._burst, grown)
        self._filled_at = now
