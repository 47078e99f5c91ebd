"""Ways beside the routes: packets that nftables has marked take the k-th way of their destination.

A mark stands for a table of routes, so that rules of the routing policy, which the kernel tries
one after the other, are as few as the different ways of one destination.
"""

from __future__ import annotations

import errno
import struct
from collections import Counter
from typing import NamedTuple

from agents.live import tables
from agents.live.netlink import Request
from agents.live.requests import Route, Rule
from agents.wire.address import Address, Prefix

_MARK, OF_WAYS = 0x444D_0000, 0xFFFF_0000  # nobody else's marks, and the number of the way
MARKS = struct.pack("=I", _MARK)


class Way(NamedTuple):
    """Where a route leads: an interface's index, an encapsulation, a router."""

    interface: int
    tail: bytes = b""
    gateway: Address | None = None


class Detour(NamedTuple):
    """A way that packets to ``prefix`` take which bear ``mark``."""

    prefix: Prefix
    number: int

    @property
    def mark(self) -> int:
        """What nftables puts on packets."""
        return _MARK | self.number


class Detours:
    """Knows the ways of each destination, and how many flows take each."""

    def __init__(self) -> None:
        self._tables: dict[int, _Table] = {}
        self._users: dict[Detour, int] = {}

    def take(self, prefix: Prefix, way: Way) -> tuple[Detour, list[Request]]:
        """Return the detour for one flow more, and what makes its route, even where it is made.

        OSError where one destination has more ways than there are tables.
        """
        for number in range(1, tables.MOST_STEERED + 1):
            table = self._tables.setdefault(number, _Table())
            if table.fits(prefix, way):
                break
        else:
            raise OSError(errno.ENOSPC, f"{prefix} has more than {tables.MOST_STEERED} ways")
        detour = Detour(prefix, number)
        rules = [] if table.ways else [_rule(detour).install()]
        table.add(prefix, way)
        self._users[detour] = self._users.get(detour, 0) + 1
        return detour, [_route(detour, way).install(), *rules]

    def leave(self, detour: Detour) -> list[Request]:
        """Return what removes the route once no flow takes it any more."""
        self._users[detour] -= 1
        if self._users[detour]:
            return []
        del self._users[detour]
        table = self._tables[detour.number]
        removed = _route(detour, table.remove(detour.prefix)).remove()
        return [removed] if table.ways else [_rule(detour).remove(), removed]


class _Table:
    def __init__(self) -> None:
        self.ways: dict[Prefix, Way] = {}
        self._lengths: Counter[int] = Counter()

    def add(self, prefix: Prefix, way: Way) -> None:
        if prefix not in self.ways:
            self._lengths[prefix.length] += 1
        self.ways[prefix] = way

    def remove(self, prefix: Prefix) -> Way:
        self._lengths[prefix.length] -= 1
        self._lengths += Counter()  # without those that are gone
        return self.ways.pop(prefix)

    def fits(self, prefix: Prefix, way: Way) -> bool:
        """Say whether no packet to ``prefix`` finds another way, nor another packet this one.

        Of two routes that a packet matches the longer one is taken, whatever flow it is for.
        """
        if prefix in self.ways:
            return self.ways[prefix] == way
        for length in self._lengths:
            wider = Prefix.of(prefix.network, min(length, prefix.length))
            if self.ways.get(wider, way) != way:
                return False
        if max(self._lengths, default=0) <= prefix.length:
            return True
        inside = (other for other in self.ways if prefix.contains(other.network))
        return all(self.ways[other] == way for other in inside)


def _route(detour: Detour, way: Way) -> Route:
    table = tables.FIRST_STEERED + detour.number
    return Route(detour.prefix, table, way.interface, way.gateway, tail=way.tail)


def _rule(detour: Detour) -> Rule:
    return Rule(tables.STEERED, tables.FIRST_STEERED + detour.number, mark=detour.mark)
