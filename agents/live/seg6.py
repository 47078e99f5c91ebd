"""Tunnels as routes: a kernel with segment routing needs no device per peer.

A route that encapsulates to one segment puts plain IPv6-in-IPv6 on the wire (RFC 8986 §5.2). The
other end takes the header off by a route to its own address in a table that is looked up before
the local one. That route is specific to the peer's address, so a stranger finds none and falls
to the blackhole beside it.
"""

from __future__ import annotations

import errno
import socket

from agents.core.actions import Delivery
from agents.live import entry, tables
from agents.live.netlink import Netlink, Request
from agents.live.requests import (
    BLACKHOLE,
    LOCAL,
    Route,
    Rule,
    decapsulate,
    encapsulate,
    interface_of,
    route_to,
)
from agents.live.tunnel_source import TunnelSource, must_start_at
from agents.live.tunnels import Entry, Place, own_addresses
from agents.wire.address import Address, Prefix

_INNER = {
    Delivery.ROUTED: tables.MAIN,
    Delivery.ATTACHED: tables.ATTACHED,
    Delivery.LOCAL: tables.LOCAL_TABLE,
}
_LOOPBACK = 1
_BY_POLICY = 0
PROBE = Prefix(Address.parse("100::"), 128)  # discard-only (RFC 6666)


class SegmentRouting:
    """Tunnels by ``encap seg6 mode encap.red`` and ``End.DT6``."""

    name = "seg6"

    def __init__(self, netlink: Netlink, place: Place) -> None:
        self._netlink = netlink
        self._place = place
        self._inner: dict[Address, int] = {}
        self._anew = False
        self._entries: dict[Address, Entry] = {}
        self._ends: dict[Address, set[Address]] = {}
        self._source = TunnelSource(netlink)

    def accept(self, local: Address, delivery: Delivery) -> None:
        """See ``Tunnels``."""
        self._inner[local] = _INNER[delivery]
        if self._anew and delivery is Delivery.ROUTED:
            self._inner[local] = _BY_POLICY
        rule = Rule(tables.DECAPSULATE, tables.DECAPSULATION, protocol=socket.IPPROTO_IPV6)
        own = Prefix(local, 128)
        requests = [Route(own, tables.DECAPSULATION, kind=BLACKHOLE).install(), rule.install()]
        for access in self._place.access:
            again = Rule(tables.ENCAPSULATED, tables.MAIN, access, source=own)
            requests.append(again.install())
        if delivery is Delivery.ROUTED:  # End.DT6 looks into one table: it must know this node too
            routes = (
                Route(Prefix(address, 128), tables.MAIN, _LOOPBACK, kind=LOCAL)
                for address in own_addresses()
            )
            requests += [route.install() for route in routes]
        self._netlink.require(requests, ignore=[errno.EEXIST])
        if self._place.access or delivery is Delivery.ATTACHED:
            entry.guard(self._place.access, local)
        if delivery is Delivery.ROUTED:
            entry.hush_redirects()
        if delivery is not Delivery.LOCAL and len(self._inner) == 1:
            self._source.use(local)  # the first end is the one that most peers will have

    def add(self, local: Address, remote: Address) -> list[Request]:
        """See ``Tunnels``.

        A host may have many ends of tunnels, and leaves it to the kernel to take the one of the
        interface: to set the source of all tunnels takes as long as all CPUs need to take notice.
        """
        if self._inner[local] == tables.LOCAL_TABLE:
            interface = interface_of(self._netlink.query(route_to(remote, local)))
            self._entries[remote] = Entry(interface, encapsulate(remote))
        elif remote not in self._entries:
            self._source.use(local)
            self._source.towards(remote)
            interface = interface_of(self._netlink.query(route_to(remote)))
            self._entries[remote] = Entry(interface, encapsulate(remote))
        self._ends.setdefault(remote, set()).add(local)
        return [self._exit(local, remote, self._entries[remote].interface).install()]

    def remove(self, local: Address, remote: Address) -> list[Request]:
        """See ``Tunnels``."""
        ends = self._ends.get(remote, set())
        ends.discard(local)
        if not ends:
            self._ends.pop(remote, None)
            self._entries.pop(remote, None)
        return [self._exit(local, remote, 0).remove()]

    def way(self, local: Address, remote: Address) -> Entry:
        """See ``Tunnels``."""
        if self._inner.get(local, tables.LOCAL_TABLE) == tables.LOCAL_TABLE:
            interface = interface_of(self._netlink.query(route_to(remote, local)))
            must_start_at(local, interface)
            return Entry(interface, encapsulate(remote))
        known = self._entries.get(remote)
        if known is None:
            self._source.use(local)
            self._source.towards(remote)
            return Entry(interface_of(self._netlink.query(route_to(remote))), encapsulate(remote))
        return known

    def look_anew(self) -> list[Request]:
        """See ``Tunnels``.

        Table 0 is none: the kernel then asks the whole policy, which every route of main is
        reached by as well (net/ipv6/seg6_local.c, seg6_lookup_any_nexthop).
        """
        self._anew = True
        changed = [local for local, table in self._inner.items() if table == tables.MAIN]
        self._inner |= dict.fromkeys(changed, _BY_POLICY)
        return [
            self._exit(local, remote, self._entries[remote].interface).install()
            for remote, ends in self._ends.items()
            for local in ends
            if local in changed
        ]

    def find(self, remote: Address) -> Entry | None:
        """See ``Tunnels``."""
        return self._entries.get(remote)

    def _exit(self, local: Address, remote: Address, interface: int) -> Route:
        return Route(
            Prefix(local, 128),
            tables.DECAPSULATION,
            interface,
            source=Prefix(remote, 128),
            tail=decapsulate(self._inner[local]),
        )


def probe(netlink: Netlink) -> str:
    """Return why this kernel cannot tunnel by segment routing, or "" where it can."""
    trial = Route(PROBE, tables.DECAPSULATION, _LOOPBACK, tail=encapsulate(PROBE.network))
    exit_ = Route(PROBE, tables.DECAPSULATION, _LOOPBACK, tail=decapsulate(tables.MAIN))
    outcomes = netlink.execute([trial.install(), exit_.install()])
    netlink.execute([trial.remove()])
    return "; ".join(str(outcome) for outcome in outcomes if outcome is not None)
