"""How many requests one mobile node, and all of them together, may make.

draft-liu-dmm-flows-distribution-and-handoff-01 §6: connections that somebody makes at random, or
again and again, must not overwhelm home proxies.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.core.configuration import ConfigurationError, Reader
from agents.core.rate import TokenBucket
from agents.wire.address import Address

SOURCES = 1024
"""Senders whose requests are counted one by one; who was not heard for longest is forgotten."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit: ``rate`` per second in the long run, ``burst`` at once."""

    rate: float
    burst: int

    @classmethod
    def read(cls, reader: Reader, name: str, rate: float, burst: int) -> Rate:
        """Return the limit under ``name``_rate and ``name``_burst, each with a default."""
        limit = cls(reader.seconds(f"{name}_rate", rate), reader.count(f"{name}_burst", burst))
        if not limit.rate:
            raise ConfigurationError(f"{name}_rate is 0: give how many are let through per second")
        return limit


class RequestLimits:
    """Lets requests through at one rate for each sender, and at another in all."""

    def __init__(self, each: Rate, total: Rate) -> None:
        self._each = each
        self._total = TokenBucket(total.rate, total.burst)
        self._buckets: dict[Address, TokenBucket] = {}

    def exceeded(self, source: Address, now: float) -> str:
        """Count a request of ``source``; say which limit it exceeds, or nothing.

        What a sender asks for beyond its own limit does not count against that of all.
        """
        bucket = self._buckets.pop(source, None)
        if bucket is None:
            bucket = TokenBucket(self._each.rate, self._each.burst)
        self._buckets[source] = bucket
        if len(self._buckets) > SOURCES:
            del self._buckets[next(iter(self._buckets))]
        if not bucket.take(now):
            return "rate of one sender"
        return "" if self._total.take(now) else "rate of all senders"
