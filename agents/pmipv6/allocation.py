"""Which home network prefixes a new mobility session gets (RFC 5213 §5.3.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from agents.pmipv6.config import HOME_PREFIX_LENGTH
from agents.pmipv6.profile import HomeProfile
from agents.wire.address import Address, Prefix
from agents.wire.numbers import Status

_HOST_BITS = (1 << (128 - HOME_PREFIX_LENGTH)) - 1


class PrefixPool:
    """The /64 prefixes of one larger prefix; those given back are the last to be given again."""

    def __init__(self, pool: Prefix) -> None:
        self._base = int.from_bytes(pool.network, "big") >> HOME_PREFIX_LENGTH
        self._size = 1 << (HOME_PREFIX_LENGTH - pool.length)
        self._untouched = 0
        self._returned: deque[int] = deque()
        self._taken: set[int] = set()

    def available(self, prefix: Prefix) -> bool:
        """Say whether ``prefix`` belongs to this pool and is free."""
        number = self._number(prefix)
        return number is not None and number not in self._taken

    def claim(self, prefix: Prefix) -> None:
        """Take ``prefix`` out of what can be given; nothing happens where it is not of the pool."""
        number = self._number(prefix)
        if number is not None:
            self._taken.add(number)

    def release(self, prefix: Prefix) -> None:
        """Give ``prefix`` back; nothing happens where it is not of the pool."""
        number = self._number(prefix)
        if number is not None and number in self._taken:
            self._taken.remove(number)
            self._returned.append(number)

    def take(self) -> Prefix | None:
        """Return a prefix that nobody has, or None where the pool is exhausted."""
        number = self._next()
        if number is None:
            return None
        self._taken.add(number)
        network = (self._base + number) << (128 - HOME_PREFIX_LENGTH)
        return Prefix(Address(network.to_bytes(16, "big")), HOME_PREFIX_LENGTH)

    def _next(self) -> int | None:
        while self._untouched < self._size:
            number, self._untouched = self._untouched, self._untouched + 1
            if number not in self._taken:
                return number
        while self._returned:
            number = self._returned.popleft()
            if number not in self._taken:
                return number
        return None

    def _number(self, prefix: Prefix) -> int | None:
        bits = int.from_bytes(prefix.network, "big")
        number = (bits >> HOME_PREFIX_LENGTH) - self._base
        if prefix.length != HOME_PREFIX_LENGTH or bits & _HOST_BITS:
            return None
        return number if 0 <= number < self._size else None


class Allocator:
    """Gives each session the prefixes of its profile, else some of the pool."""

    def __init__(
        self, pool: Prefix | None, profiles: Mapping[bytes, HomeProfile], count: int
    ) -> None:
        self._pool = None if pool is None else PrefixPool(pool)
        self._count = count
        self._static = {
            prefix
            for profile in profiles.values()
            for prefixes in profile.prefixes.values()
            for prefix in prefixes
        }
        self._used: set[Prefix] = set()
        if self._pool is not None:
            for prefix in self._static:
                self._pool.claim(prefix)

    def assign(self, profile: HomeProfile, link_layer: bytes) -> tuple[Prefix, ...] | Status:
        """Return prefixes of the anchor's choice, or why there are none (§5.3.2, items 1, 2)."""
        static = profile.prefixes_of(link_layer)
        if static and self._used.isdisjoint(static):
            self._used.update(static)
            return static
        prefixes = self._from_pool()
        return prefixes or Status.INSUFFICIENT_RESOURCES

    def authorise(
        self, profile: HomeProfile, link_layer: bytes, wanted: tuple[Prefix, ...]
    ) -> tuple[Prefix, ...] | Status:
        """Return the ``wanted`` prefixes, or why the node may not have them (§5.3.2, item 3).

        No session may have one of them: that is for the lookup of sessions to say.
        """
        static = profile.prefixes_of(link_layer)
        if not all(self._permitted(prefix, static) for prefix in wanted):
            return Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
        self._used.update(wanted)
        if self._pool is not None:
            for prefix in wanted:
                self._pool.claim(prefix)
        return wanted

    def release(self, prefixes: Iterable[Prefix]) -> None:
        """Take back the prefixes of a session that has ended."""
        for prefix in prefixes:
            self._used.discard(prefix)
            if self._pool is not None and prefix not in self._static:
                self._pool.release(prefix)

    def _permitted(self, prefix: Prefix, static: tuple[Prefix, ...]) -> bool:
        if static:
            return prefix in static
        return self._pool is not None and self._pool.available(prefix)

    def _from_pool(self) -> tuple[Prefix, ...]:
        if self._pool is None:
            return ()
        taken: list[Prefix] = []
        for _ in range(self._count):
            prefix = self._pool.take()
            if prefix is None:
                break
            taken.append(prefix)
        self._used.update(taken)
        return tuple(taken)
