"""Forwarding tables: the longest matching prefix, by one dictionary per prefix length."""

from __future__ import annotations

from typing import Generic, TypeVar

from agents.wire.address import Address, Prefix
from agents.wire.value import value
from testbed.simulated.ports import Port

Value = TypeVar("Value")


@value
class Route:
    """Where a table sends a packet: out of a port (on link, or to a neighbour) or into a tunnel."""

    port: Port | None
    next_hop: Address | None = None
    tunnel: Address | None = None


AS_ROUTED = Route(None)
"""Of an uplink: the packet takes the routes that ask for no source."""

DIVERTED = Route(None)
"""To the node's own core."""


class PrefixTable(Generic[Value]):
    """A map from prefixes to values that is looked up by address."""

    __slots__ = ("_by_shift", "_cache")

    def __init__(self) -> None:
        self._by_shift: dict[int, dict[int, Value]] = {}  # most specific first
        self._cache: dict[Address, Value | None] = {}

    def add(self, prefix: Prefix, value: Value) -> None:
        """Map ``prefix`` to ``value``, replacing what it was mapped to."""
        shift = 128 - prefix.length
        networks = self._by_shift.get(shift)
        if networks is None:
            networks = self._by_shift[shift] = {}
            self._by_shift = dict(sorted(self._by_shift.items()))
        networks[int.from_bytes(prefix.network) >> shift] = value
        self._cache.clear()

    def remove(self, prefix: Prefix) -> None:
        """Forget ``prefix``, if it is there."""
        shift = 128 - prefix.length
        networks = self._by_shift.get(shift)
        if networks is not None:
            networks.pop(int.from_bytes(prefix.network) >> shift, None)
            self._cache.clear()

    def clear(self) -> None:
        """Forget all prefixes."""
        self._by_shift.clear()
        self._cache.clear()

    def get(self, prefix: Prefix) -> Value | None:
        """Return the value of exactly ``prefix``."""
        shift = 128 - prefix.length
        return self._by_shift.get(shift, {}).get(int.from_bytes(prefix.network) >> shift)

    def lookup(self, address: Address) -> Value | None:
        """Return the value of the longest prefix that covers ``address``."""
        try:
            return self._cache[address]
        except KeyError:
            found = self._cache[address] = self._search(address)
            return found

    def _search(self, address: Address) -> Value | None:
        number = int.from_bytes(address)
        for shift, networks in self._by_shift.items():
            value = networks.get(number >> shift)
            if value is not None:
                return value
        return None


class SourceTable:
    """Routes that hold for the packets from one source prefix each."""

    __slots__ = ("_by_source", "_cache", "_routes")

    def __init__(self) -> None:
        self._routes: dict[Prefix, dict[Prefix, Route]] = {}
        self._by_source: PrefixTable[dict[Prefix, Route]] = PrefixTable()
        self._cache: dict[tuple[Address, Address], Route | None] = {}

    def add(self, source: Prefix, prefix: Prefix, route: Route) -> None:
        """Send what comes from ``source`` and goes to ``prefix`` by ``route``."""
        routes = self._routes.get(source)
        if routes is None:
            self._routes[source] = routes = {}
            self._by_source.add(source, routes)
        routes[prefix] = route
        self._cache.clear()

    def remove(self, source: Prefix, prefix: Prefix) -> None:
        """Forget the route from ``source`` to ``prefix``, if it is there."""
        routes = self._routes.get(source)
        if routes is not None:
            routes.pop(prefix, None)
            if not routes:
                del self._routes[source]
                self._by_source.remove(source)
            self._cache.clear()

    def clear(self) -> None:
        """Forget all routes."""
        self._routes.clear()
        self._by_source.clear()
        self._cache.clear()

    def lookup(self, source: Address, destination: Address) -> Route | None:
        """Return the route of the longest source prefix, then of the longest destination prefix."""
        key = (source, destination)
        try:
            return self._cache[key]
        except KeyError:
            found = self._cache[key] = self._search(source, destination)
            return found

    def _search(self, source: Address, destination: Address) -> Route | None:
        routes = self._by_source.lookup(source) or {}
        covering = [prefix for prefix in routes if prefix.contains(destination)]
        return routes[max(covering, key=_length)] if covering else None


def _length(prefix: Prefix) -> int:
    return prefix.length
