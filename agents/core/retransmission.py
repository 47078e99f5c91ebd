"""When to send a request again that was not answered: binary exponential back-off."""

from __future__ import annotations

from typing import NamedTuple


class Retransmission(NamedTuple):
    """The next transmission of a request, due at ``at`` after a wait of ``timeout`` seconds.

    Waits double from the initial to the maximum timeout and stay there (RFC 6275 §11.8).
    """

    at: float
    timeout: float

    @classmethod
    def after(cls, now: float, initial_timeout: float) -> Retransmission:
        """Return the wait that follows the first transmission."""
        return cls(now + initial_timeout, initial_timeout)

    def again(self, now: float, max_timeout: float) -> Retransmission:
        """Return the wait that follows one more transmission."""
        timeout = min(2 * self.timeout, max_timeout)
        return Retransmission(now + timeout, timeout)
