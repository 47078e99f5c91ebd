"""The routing actions of a core as netlink requests, by the tables of ``agents.live.tables``."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from dataclasses import replace
from itertools import chain

from agents.core.actions import (
    AcceptTunnels,
    Action,
    AddNeighbor,
    AddRoute,
    AddTunnel,
    Confine,
    Delivery,
    Divert,
    PreferSource,
    Release,
    RemoveNeighbor,
    RemoveRoute,
    RemoveTunnel,
    StopDiverting,
    StopOptimizing,
    StopPreferring,
)
from agents.live import tables, tun
from agents.live.host_routing import HostRouting, Key, Pair
from agents.live.inner_sources import InnerSources
from agents.live.interfaces import index_of
from agents.live.netlink import Netlink, Request
from agents.live.requests import (
    BLACKHOLE,
    THROW,
    Route,
    Rule,
    install_neighbor,
    remove_kernel_rule,
    remove_neighbor,
)
from agents.live.reverse_path import ReversePath
from agents.live.tunnels import Entry, Place, Tunnels
from agents.wire.address import ALL_ZERO, Address, Prefix

_TUNNELLED = (socket.IPPROTO_IPV6, 135)  # what peers send, and attached nodes never


class Routing:
    """Knows which routes this agent has made, so that it can replace them and take them back.

    ``device`` returns the index of the interface that diverted packets are routed to, ``exit_``
    that of the one by which the agent takes what this host's own programs send.
    """

    def __init__(
        self,
        netlink: Netlink,
        tunnels: Tunnels,
        place: Place,
        device: Callable[[], int],
        exit_: Callable[[], int],
    ) -> None:
        self._tunnels = tunnels
        self._place = place
        self._device = device
        self._forwarding = tables.MAIN
        self._netlink = netlink
        self._routes: dict[Key, Route] = {}
        self._diverted: dict[Prefix, Route] = {}
        self._held: dict[Prefix, list[Request]] = {}
        self._between: dict[Prefix, Rule] = {}
        self._anew = False
        self._host = HostRouting(self._routes, exit_)
        self.paths = ReversePath()
        self.inner = InnerSources()
        if place.access:  # before the rule that leads there: nothing passes unfiltered
            netlink.require([Route(ALL_ZERO, tables.UPLINK, kind=BLACKHOLE).install()])
        netlink.require([rule.install() for rule in self._rules()], ignore=[errno.EEXIST])
        kernel_rule = remove_kernel_rule(0, tables.LOCAL_TABLE)
        netlink.require([kernel_rule], ignore=[errno.ENOENT])

    def accept(self, action: AcceptTunnels) -> None:
        """Become a tunnel's exit point; NetlinkError where the kernel cannot."""
        own = Prefix(action.local, 128)
        protect = [
            Rule(tables.PROTECT, interface=access, destination=own, protocol=protocol)
            for access in self._place.access
            for protocol in _TUNNELLED
        ]
        if action.delivery is Delivery.ATTACHED:
            self._forwarding = tables.ATTACHED
        self._netlink.require([rule.install() for rule in protect], ignore=[errno.EEXIST])
        if action.reverse_path:
            self.paths.guard(action.local)
        self._tunnels.accept(action.local, action.delivery)
        self.inner.end_at(action.local)

    def requests(self, action: Action) -> list[Request]:
        """Return what carries ``action`` out; OSError where an interface or a peer is unknown."""
        match action:
            case AddTunnel(local, remote, inner):
                self.inner.allow(local, remote, inner)
                anew = self.look_anew() if inner else []
                return [*anew, *self._add_tunnel(local, remote)]
            case RemoveTunnel(local, remote):
                self.inner.forget(local, remote)
                ended = self._host.end_tunnel(local, remote)
                return [*self._tunnels.remove(local, remote), *ended]
            case AddRoute():
                return self._add(action)
            case RemoveRoute(prefix, source):
                return self._remove((prefix, source))
            case Divert(prefix):
                return self._divert(prefix)
            case StopDiverting(prefix):
                route = self._diverted.pop(prefix, None)
                return [route.remove()] if route is not None else []
            case Confine(source):
                return self._host.confine(source)
            case Release(source):
                return self._host.release(source)
            case StopOptimizing(local, peer):
                return self._host.stop_optimizing(local, peer)
            case PreferSource(user, address):
                return self._host.prefer(user, address)
            case StopPreferring(user):
                return self._host.stop_preferring(user)
            case AddNeighbor(interface, address, link_layer_address):
                index = index_of(interface)
                return [install_neighbor(index, address, link_layer_address)]
            case RemoveNeighbor(interface, address):
                return [remove_neighbor(index_of(interface), address)]
        raise TypeError(f"no routing action: {action!r}")

    def look_anew(self) -> list[Request]:
        """Return what has rules asked about packets that come out of tunnels, the first time."""
        anew, self._anew = self._anew, True
        return [] if anew else self._tunnels.look_anew()

    def optimize(self, pair: Pair) -> list[Request]:
        """Return what leads the packets of ``pair`` to the agent."""
        return self._host.optimize(pair)

    def hold(self, action: AddRoute) -> list[Request]:
        """Return what opens a route to the packets that the agent puts back; OSError likewise.

        To all others it is opened by ``open_all``, or before it is changed once more.
        """
        opening = self._add(action)
        route = self._routes[action.prefix, action.source]
        if action.source is not None or route.table != self._forwarding:
            return opening
        held = replace(route, table=tables.HELD)
        self._held[action.prefix] = [*opening, held.remove()]
        return [held.install()]

    @property
    def holding(self) -> bool:
        """Whether a route is held."""
        return bool(self._held)

    def open_all(self) -> list[Request]:
        """Return what opens the routes that were held to all packets."""
        held, self._held = self._held, {}
        return list(chain.from_iterable(held.values()))

    def _add(self, action: AddRoute) -> list[Request]:
        key = (action.prefix, action.source)
        opening = self._held.pop(action.prefix, []) if action.source is None else []
        route, before = self._route(action), self._routes.get(key)
        self._routes[key] = route
        requests = [*opening, route.install()]
        if action.source is None:
            self.paths.route(action.prefix, action.tunnel)
        elif not self._place.access:
            requests = [*self._host.open(), *requests]
        if before is not None and before.table != route.table:
            requests.append(before.remove())
        requests += self._host.refresh()
        if self._place.local_routing and route.table == tables.ATTACHED and action.interface:
            requests += self._let_through(action.prefix, action.interface)
        return requests

    def _add_tunnel(self, local: Address, remote: Address) -> list[Request]:
        """Have the tunnel's routes leave where its other end is now to be reached."""
        before = self._tunnels.find(remote)
        started = self._host.start_tunnel(local, remote)
        requests = [*self._tunnels.add(local, remote), *started]
        after = self._tunnels.find(remote)
        if before is None or after is None or before == after:
            return requests
        for key, route in self._routes.items():
            if (route.interface, route.tail) == before:
                self._routes[key] = replace(route, interface=after.interface, tail=after.tail)
                requests.append(self._routes[key].install())
        return [*requests, *self._host.refresh()]

    def _divert(self, prefix: Prefix) -> list[Request]:
        route = Route(prefix, self._forwarding, self._device())
        self._diverted[prefix] = route
        return [Rule(tables.PUT_BACK, tables.HELD, tun.NAME).install(), route.install()]

    def _remove(self, key: Key) -> list[Request]:
        requests = self._held.pop(key[0], []) if key[1] is None else []
        route = self._routes.pop(key, None)
        if key[1] is None:
            self.paths.route(key[0], None)
        if route is not None:
            requests = [*requests, route.remove(), *self._host.refresh()]
        between = self._between.pop(key[0], None) if key[1] is None else None
        return [*requests, between.remove()] if between is not None else requests

    def _route(self, action: AddRoute) -> Route:
        if _as_routed(action):
            return Route(action.prefix, tables.UPLINK, source=action.source, kind=THROW)
        entry = self._entry(action)
        return Route(
            action.prefix,
            self._table(action),
            entry.interface,
            action.next_hop,
            action.source,
            entry.tail,
            preferred=action.preferred_source,
        )

    def _entry(self, action: AddRoute) -> Entry:
        if action.tunnel is None:
            return Entry(index_of(action.interface), b"")
        entry = self._tunnels.find(action.tunnel)
        if entry is None:
            raise OSError(errno.EHOSTUNREACH, f"{action.tunnel} is no tunnel peer")
        return entry

    def _let_through(self, prefix: Prefix, interface: str) -> list[Request]:
        rule = Rule(tables.BETWEEN_ATTACHED, tables.ATTACHED, interface, source=prefix)
        before = self._between.get(prefix)
        self._between[prefix] = rule
        if before == rule:
            return []
        return [rule.install()] if before is None else [rule.install(), before.remove()]

    def _rules(self) -> list[Rule]:
        rules = [Rule(tables.OWN, tables.LOCAL_TABLE)]
        for access in self._place.access:
            rules.append(Rule(tables.INTO_TUNNEL, tables.UPLINK, access))
        return [*rules, Rule(tables.TO_ATTACHED, tables.ATTACHED)]

    def _table(self, action: AddRoute) -> int:
        if action.source is not None:
            return tables.UPLINK
        if action.tunnel is not None:
            return self._forwarding
        return tables.ATTACHED if action.next_hop is None else tables.MAIN


def _as_routed(action: AddRoute) -> bool:
    way = action.interface or action.next_hop or action.tunnel
    return action.source is not None and not way
