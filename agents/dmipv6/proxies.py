"""Home proxies that lately failed a mobile node."""

from __future__ import annotations

from agents.wire.address import Address


class Doubtful:
    """Home proxies that are not chosen for ``interval`` seconds after each failure."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._until: dict[Address, float] = {}

    def add(self, proxy: Address, now: float) -> None:
        """Take note that ``proxy`` has failed."""
        self._until = {address: at for address, at in self._until.items() if at > now}
        self._until[proxy] = now + self._interval

    def holds(self, proxy: Address, now: float) -> bool:
        """Say whether ``proxy`` is not to be chosen now."""
        return now < self._until.get(proxy, now)
