"""The retransmission timeout of TCP, from measured round-trip times (RFC 6298)."""

from __future__ import annotations

INITIAL_RTO = 1.0  # s, RFC 6298 §2.1
MIN_RTO = 0.2  # s, as in Linux
MAX_RTO = 120.0  # s, as in Linux
DELAYED_ACK = 0.04  # s that the receiver may wait before it acknowledges
_ALPHA, _BETA, _K = 1 / 8, 1 / 4, 4  # RFC 6298 §2.3


class RoundTripTime:
    """A smoothed round-trip time and the timeout that follows from it, in seconds."""

    def __init__(self) -> None:
        self.timeout = INITIAL_RTO
        self._smoothed: float | None = None
        self._variation = 0.0

    @property
    def probe_timeout(self) -> float:
        """How long to wait for an acknowledgement before asking for one (RFC 8985 §7.2)."""
        if self._smoothed is None:
            return self.timeout
        return min(2 * self._smoothed + DELAYED_ACK, self.timeout)

    def measured(self, sample: float) -> None:
        """Take one measurement, which also ends a back-off."""
        if self._smoothed is None:
            self._smoothed, self._variation = sample, sample / 2
        else:
            self._variation += _BETA * (abs(self._smoothed - sample) - self._variation)
            self._smoothed += _ALPHA * (sample - self._smoothed)
        self.timeout = min(max(self._smoothed + _K * self._variation, MIN_RTO), MAX_RTO)

    def backed_off(self) -> None:
        """Double the timeout after it has expired (RFC 6298 §5.5)."""
        self.timeout = min(2 * self.timeout, MAX_RTO)
