"""How the packets of a host's own programs find their way: by source, by pair, by user."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import NamedTuple

from agents.live import tables
from agents.live.netlink import Request
from agents.live.requests import BLACKHOLE, METRIC_OF_LAST, THROW, UNICAST, Route, Rule
from agents.wire.address import ALL_ZERO, Address, Prefix

Key = tuple[Prefix, Prefix | None]
_LINK_LOCAL = Prefix(Address.parse("fe80::"), 10)
_NOBODY = Prefix(Address.parse("100::"), 128)  # discard-only (RFC 6666)
_IPV6, _MOBILITY = 41, 135


class Pair(NamedTuple):
    """Two addresses whose packets go by the agent; ``mtu`` is what it leaves of the link's.

    ``by_default`` says whether the kernel took ``local`` towards ``peer`` of its own accord.
    """

    local: Address
    peer: Address
    mtu: int
    by_default: bool


class Mirror:
    """Routes that follow from others, brought up to date at once."""

    def __init__(self) -> None:
        self._installed: dict[Hashable, Route] = {}

    def become(self, wanted: Mapping[Hashable, Route]) -> list[Request]:
        """Return what makes the routes of this mirror those that are ``wanted``."""
        gone = [route for key, route in self._installed.items() if key not in wanted]
        new = [route for key, route in wanted.items() if self._installed.get(key) != route]
        self._installed = dict(wanted)
        return [each.remove() for each in gone] + [each.install() for each in new]


class HostRouting:
    """Knows who of this host is confined, optimized or preferred.

    ``routes`` are those that the core has asked for. ``device`` returns the index of the
    interface by which packets come to the agent; OSError where this machine permits none.
    """

    def __init__(self, routes: Mapping[Key, Route], device: Callable[[], int]) -> None:
        self._routes = routes
        self._device = device
        self._opened = False
        self._pairs: dict[tuple[Address, Address], Pair] = {}
        self._users: dict[int, tuple[int, Address]] = {}
        self._confined: set[Address] = set()
        self._ends: dict[Address, set[Address]] = {}
        self._mirror = Mirror()

    def open(self) -> list[Request]:
        """Return the rules of a host, the first time."""
        if self._opened:
            return []
        self._opened = True
        rules = [
            Rule(tables.OF_HOST, go_to=tables.INTO_TUNNEL, protocol=_MOBILITY),
            Rule(tables.BY_PAIR, tables.OPTIMIZED),
            Rule(tables.INTO_TUNNEL, tables.UPLINK),
            Rule(tables.MESSAGES, go_to=tables.ORDINARY, protocol=_MOBILITY),
            Rule(tables.BY_PEER, tables.UNCHOSEN),
        ]
        on_link = Route(_LINK_LOCAL, tables.UPLINK, kind=THROW)
        return [on_link.install(), *(rule.install() for rule in rules)]

    def confine(self, source: Address) -> list[Request]:
        """Return what lets packets from ``source`` end in the agent where nothing leads them on.

        What other tables led them on by until now is no longer valid: see ``_revalidate``.
        """
        last = self._last(source)
        self._confined.add(source)
        return [*self.open(), *self._guard(source), last.install(), *_revalidate(_NOBODY)]

    def release(self, source: Address) -> list[Request]:
        """Return what undoes ``confine``."""
        self._confined.discard(source)
        return [self._last(source).remove(), self._never_outside(source).remove()]

    def start_tunnel(self, local: Address, remote: Address) -> list[Request]:
        """Return what lets a tunnel to ``remote`` start at ``local``, be it confined."""
        guarded = local in self._confined and not self._ends.get(local)
        self._ends.setdefault(local, set()).add(remote)
        return [self._never_outside(local).remove()] if guarded else []

    def end_tunnel(self, local: Address, remote: Address) -> list[Request]:
        """Return what undoes ``start_tunnel``."""
        ends = self._ends.get(local, set())
        if remote not in ends:
            return []
        ends.discard(remote)
        if not ends:
            del self._ends[local]
        return self._guard(local) if local in self._confined else []

    def optimize(self, pair: Pair) -> list[Request]:
        """Return what leads the packets of ``pair`` to the agent."""
        self._pairs[pair.local, pair.peer] = pair
        requests = [*self.open(), self._by_pair(pair).install(), *self.refresh()]
        by_source = [
            route.install()
            for (_, source), route in self._routes.items()
            if source is not None and source.contains(pair.local)
        ]
        return [*requests, *by_source, *_revalidate(Prefix(pair.peer, 128))]

    def stop_optimizing(self, local: Address, peer: Address) -> list[Request]:
        """Return what leads the packets of a pair as before."""
        pair = self._pairs.pop((local, peer), None)
        return [self._by_pair(pair).remove(), *self.refresh()] if pair is not None else []

    def prefer(self, user: int, address: Address) -> list[Request]:
        """Return what gives the programs of ``user`` the source ``address``."""
        taken = {table for table, _ in self._users.values()}
        table, _ = self._users.get(user, (0, address))
        if not table:
            table = next(n for n in range(tables.FIRST_OF_USERS, 1 << 31) if n not in taken)
        self._users[user] = (table, address)
        routes = [route.install() for route in self._of_user(table, address)]
        rule = Rule(tables.BY_USER, table, user=user)
        return [*self.open(), *self.refresh(), *routes, rule.install()]

    def stop_preferring(self, user: int) -> list[Request]:
        """Return what treats the programs of ``user`` as all others."""
        table, _ = self._users.pop(user, (0, b""))
        return [Rule(tables.BY_USER, table, user=user).remove(), *self.refresh()] if table else []

    def refresh(self) -> list[Request]:
        """Return what follows from changed routes."""
        if not self._pairs and not self._users:
            return self._mirror.become({})
        wanted: dict[Hashable, Route] = {}
        for pair in self._pairs.values():
            if self._unchosen(pair) == pair.local:
                wanted[pair.local, pair.peer] = self._towards(pair, tables.UNCHOSEN)
        for user, (table, address) in self._users.items():
            wanted |= {(user, each.prefix): each for each in self._of_user(table, address)}
        return self._mirror.become(wanted)

    def _unchosen(self, pair: Pair) -> Address | None:
        """Return the source that programs get towards the peer that choose none, if it is known.

        Routes that the core has asked for say it themselves.
        """
        ordinary = (
            route
            for (prefix, source), route in self._routes.items()
            if source is None and prefix.contains(pair.peer)
        )
        best = max(ordinary, key=lambda route: route.prefix.length, default=None)
        if best is not None:
            return best.preferred
        return pair.local if pair.by_default else None

    def _of_user(self, table: int, address: Address) -> list[Route]:
        own = Prefix(address, 128)
        found = [
            route
            for (_, source), route in self._routes.items()
            if source == own and route.kind == UNICAST
        ] or [route for (_, source), route in self._routes.items() if source is None]
        copies = [replace(each, table=table, source=None, preferred=address) for each in found]
        pairs = [self._towards(each, table) for each in self._pairs.values()]
        return copies + [each for each in pairs if each.preferred == address]

    def _by_pair(self, pair: Pair) -> Route:
        towards = self._towards(pair, tables.OPTIMIZED)
        return replace(towards, source=Prefix(pair.local, 128), preferred=None)

    def _towards(self, pair: Pair, table: int) -> Route:
        prefix = Prefix(pair.peer, 128)
        return Route(prefix, table, self._device(), preferred=pair.local, mtu=pair.mtu)

    def _last(self, source: Address) -> Route:
        return Route(
            ALL_ZERO,
            tables.UPLINK,
            self._device(),
            source=Prefix(source, 128),
            metric=METRIC_OF_LAST,
        )

    def _guard(self, confined: Address) -> list[Request]:
        """Let no tunnel start there by the kernel's choice, for want of a care-of address."""
        return [] if self._ends.get(confined) else [self._never_outside(confined).install()]

    def _never_outside(self, source: Address) -> Rule:
        return Rule(tables.OF_HOST, source=Prefix(source, 128), protocol=_IPV6)


def _revalidate(prefix: Prefix) -> list[Request]:
    """Return what makes sockets look up again that have their way by a route of table main.

    A socket keeps its route until that changes, or a route below it: not until another table is
    to be asked first. The route that comes and goes here is for nobody.
    """
    route = Route(prefix, tables.MAIN, source=_NOBODY, kind=BLACKHOLE)
    return [route.install(), route.remove()]
