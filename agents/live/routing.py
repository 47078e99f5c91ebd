"""The routing actions of a core as netlink requests, by the tables of ``agents.live.tables``."""

from __future__ import annotations

import errno
import socket

from agents.core.actions import (
    AcceptTunnels,
    Action,
    AddNeighbor,
    AddRoute,
    AddTunnel,
    RemoveNeighbor,
    RemoveRoute,
    RemoveTunnel,
)
from agents.live import tables
from agents.live.interfaces import index_of
from agents.live.netlink import Netlink, Request
from agents.live.requests import (
    Route,
    Rule,
    install_neighbor,
    remove_kernel_rule,
    remove_neighbor,
)
from agents.live.tunnels import Entry, Place, Tunnels
from agents.wire.address import Prefix

Key = tuple[Prefix, Prefix | None]
_TUNNELLED = (socket.IPPROTO_IPV6, 135)  # what peers send, and attached nodes never


class Routing:
    """Knows which routes this agent has made, so that it can replace them and take them back."""

    def __init__(self, netlink: Netlink, tunnels: Tunnels, place: Place) -> None:
        self._tunnels = tunnels
        self._place = place
        self._netlink = netlink
        self._routes: dict[Key, Route] = {}
        self._between: dict[Prefix, Rule] = {}
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
        self._netlink.require([rule.install() for rule in protect], ignore=[errno.EEXIST])
        self._tunnels.accept(action.local, action.delivery)

    def requests(self, action: Action) -> list[Request]:
        """Return what carries ``action`` out; OSError where an interface or a peer is unknown."""
        match action:
            case AddTunnel(local, remote):
                return self._tunnels.add(local, remote)
            case RemoveTunnel(local, remote):
                return self._tunnels.remove(local, remote)
            case AddRoute():
                return self._add(action)
            case RemoveRoute(prefix, source):
                return self._remove((prefix, source))
            case AddNeighbor(interface, address, link_layer_address):
                index = index_of(interface)
                return [install_neighbor(index, address, link_layer_address)]
            case RemoveNeighbor(interface, address):
                return [remove_neighbor(index_of(interface), address)]
        raise TypeError(f"no routing action: {action!r}")

    def _add(self, action: AddRoute) -> list[Request]:
        key = (action.prefix, action.source)
        route, before = self._route(action), self._routes.get(key)
        self._routes[key] = route
        requests = [route.install()]
        if before is not None and before.table != route.table:
            requests.append(before.remove())
        if self._place.local_routing and route.table == tables.ATTACHED:
            requests += self._let_through(action.prefix, action.interface)
        return requests

    def _remove(self, key: Key) -> list[Request]:
        route = self._routes.pop(key, None)
        requests = [route.remove()] if route is not None else []
        between = self._between.pop(key[0], None) if key[1] is None else None
        return [*requests, between.remove()] if between is not None else requests

    def _route(self, action: AddRoute) -> Route:
        entry = self._entry(action)
        return Route(
            action.prefix,
            _table(action),
            entry.interface,
            action.next_hop,
            action.source,
            entry.tail,
        )

    def _entry(self, action: AddRoute) -> Entry:
        if action.tunnel is None:
            return Entry(index_of(action.interface), b"")
        try:
            return self._tunnels.entry(action.tunnel)
        except KeyError as error:
            raise OSError(errno.EHOSTUNREACH, f"{action.tunnel} is no tunnel peer") from error

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
            rules.append(Rule(tables.INGRESS_FILTER, interface=access))
        if self._place.access:
            rules.append(Rule(tables.TO_ATTACHED, tables.ATTACHED))
        return rules


def _table(action: AddRoute) -> int:
    if action.source is not None:
        return tables.UPLINK
    on_link = action.tunnel is None and action.next_hop is None
    return tables.ATTACHED if on_link else tables.MAIN
