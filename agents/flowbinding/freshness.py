"""No request of an anchor counts twice, nor after a later one (RFC 4285 §6).

The Mobility Message Replay Protection option orders them: sequence numbers alone say nothing
after an anchor has started anew.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from agents.wire.address import Address
from agents.wire.options import MobilityMessageReplayProtection

WINDOW = 10.0
"""Seconds that a request may be under way, clocks' differences included."""

_NTP_EPOCH = 2208988800
_UNITS = 1 << 32


class Stamps:
    """The times of one sender's requests: each later than the last."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, now: float) -> int:
        """Return the time as NTP has it, 32.32 since 1900."""
        self._last = max(int((now + _NTP_EPOCH) * _UNITS), self._last + 1)
        return self._last


class Freshness:
    """What a gateway remembers of the requests that it has received."""

    def __init__(self) -> None:
        self._seen: dict[Address, dict[int, float]] = {}
        self._latest: dict[Hashable, int] = {}

    def is_recent(self, stamp: int, now: float) -> bool:
        """Say whether ``stamp`` is neither too old nor of the future."""
        return abs(stamp / _UNITS - _NTP_EPOCH - now) <= WINDOW

    def is_new(self, source: Address, stamp: int, now: float) -> bool:
        """Say whether ``source`` has not used ``stamp`` before, and remember it."""
        seen = self._seen.setdefault(source, {})
        while seen and seen[oldest := next(iter(seen))] < now:
            del seen[oldest]
        if stamp in seen:
            return False
        seen[stamp] = now + 2 * WINDOW
        return True

    def is_latest(self, subject: Hashable, stamp: int) -> bool:
        """Say whether nothing later was said of ``subject``, and remember it."""
        if stamp <= self._latest.get(subject, 0):
            return False
        self._latest[subject] = stamp
        return True


def stamp_of(options: tuple[Any, ...]) -> int | None:
    """Return the time in the replay protection option, if there is one."""
    kind = MobilityMessageReplayProtection
    return next((option.timestamp for option in options if type(option) is kind), None)
