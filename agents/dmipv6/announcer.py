"""The status of one home proxy: measured or set, and told to those who keep it.

draft-liu-dmm-flows-distribution-and-handoff-01 §4.3.1, §4.3.3.2.2 ("DHP routing announcements").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Record, SendMessage
from agents.core.configuration import ConfigurationError
from agents.dmipv6.config import ProxyConfig, Standing, octet
from agents.dmipv6.selection import WORST
from agents.dmipv6.statuses import row
from agents.wire.address import Address
from agents.wire.dmipv6_messages import DhpRecord, MulticastDhpAcknowledgement

_KEYS = ("load", "capability", "security", "distance")
# As routers begin, as those who should hear it may still be starting (RFC 4861 §6.2.4).
_INITIAL, _INITIAL_INTERVAL = 3, 1.0
_EARLY_SHARE = 0.1  # of an interval, so that many home proxies do not announce in step


class Announcer:
    """Knows how this home proxy fares, and tells its peers and servers at intervals.

    ``live`` counts the DHoAs that are given out; over the capacity that makes the load, unless a
    load was set.
    """

    def __init__(self, config: ProxyConfig, live: Callable[[], int], random: Random) -> None:
        self._config = config
        self._live = live
        self._random = random
        self._standing = config.standing
        self._audience = sorted(config.peers | config.servers)
        self._next_at: float | None = None
        self._initial = _INITIAL

    def started(self, now: float) -> list[Action]:
        """Tell the status for the first time."""
        return self._announce(now)

    def status(self) -> DhpRecord:
        """Return the status as it is now."""
        standing = self._standing
        measured = min(WORST, -(-WORST * self._live() // self._config.capacity))
        load = measured if standing.load is None else standing.load
        return DhpRecord(
            self._config.address, load, standing.capability, standing.distance, standing.security
        )

    def tell(self, to: Address) -> SendMessage:
        """Tell one who has just come up, and may have missed what was announced."""
        message = MulticastDhpAcknowledgement((self.status(),))
        return SendMessage(message, self._config.address, to)

    def set(self, arguments: Mapping[str, Any], now: float) -> list[Action]:
        """Change what ``arguments`` name, and tell it at once; a load of None is measured.

        ConfigurationError says what cannot be set.
        """
        unknown = sorted(set(arguments) - set(_KEYS))
        if unknown or not arguments:
            what = unknown[0] if unknown else "nothing"
            raise ConfigurationError(f"set_status: {what!r} is none of {', '.join(_KEYS)}")
        values = {key: getattr(self._standing, key) for key in _KEYS}
        for key, value in arguments.items():
            measured = key == "load" and value is None
            values[key] = None if measured else octet("set_status", key, value)
        self._standing = Standing(**values)
        return [Record("status_set", row(self.status())), *self._announce(now)]

    def tick(self, now: float) -> list[Action]:
        """Tell the status, if it is time to."""
        due = self._next_at is not None and now >= self._next_at
        return self._announce(now) if due else []

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        return self._next_at

    def _announce(self, now: float) -> list[Action]:
        if not self._audience:
            return []
        interval = self._config.status_interval
        if self._initial:
            self._initial -= 1
            interval = min(interval, _INITIAL_INTERVAL)
        self._next_at = now + interval * (1 - self._random.uniform(0, _EARLY_SHARE))
        return [self.tell(to) for to in self._audience]
