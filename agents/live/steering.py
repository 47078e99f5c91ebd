"""Single flows on ways of their own, past all routes (RFC 6089 §4.2).

nftables finds the flow of a packet and marks it, and rules of the routing policy send what is
marked to the way of its destination. Packets in tunnels that end here are found inside them, as
what comes out does not meet nftables again; the mark stays with them.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterable

from agents.core.actions import SteerFlow, StopSteering
from agents.core.events import Event
from agents.core.flows import FlowSelector
from agents.live import nft, tables
from agents.live.detours import Detour, Detours, Way
from agents.live.exit import Watch
from agents.live.flow_claims import Class, places_of
from agents.live.flow_keys import destination, tunnel
from agents.live.flow_table import FlowTable, seek
from agents.live.idle import IdleFlows
from agents.live.interfaces import index_of
from agents.live.loop import Later
from agents.live.netlink import Netlink, Request
from agents.live.nft_chains import Base, mark
from agents.live.nft_sets import Kind, look_up
from agents.live.oversize import Oversize
from agents.live.requests import Rule
from agents.live.tunnels import Entry
from agents.wire.address import Address, Prefix

TABLE = "dmm-flows"
_ENDS = "ends"
_IPV6, _ICMPV6, _MOBILITY = socket.IPPROTO_IPV6, socket.IPPROTO_ICMPV6, 135
_DEPTHS = (0, 1, 2)
_LINK_LOCAL = bytes.fromhex("fe80"), bytes.fromhex("febf")
_FIRST_NEIGHBOR, _LAST_NEIGHBOR = 133, 137  # types of ICMPv6 (RFC 4861 §4)

FindWay = Callable[[Address, Address], Entry]
"""Returns how a route leads into the tunnel between two addresses; OSError where none can."""


class Steering:
    """Leads flows on ways of their own.

    ``find`` finds the way into a tunnel; the routes of a host are by source. ``tell`` is told of
    flows that have become idle, which are looked for by ``later``; ``watch`` is told what else
    to wait for.
    """

    def __init__(
        self,
        netlink: Netlink,
        find: FindWay,
        is_host: bool,
        watch: Watch,
        later: Later,
        tell: Callable[[Event], None],
    ) -> None:
        self._netlink = netlink
        self._find = find
        self._encapsulated = [tables.UPLINK, tables.MAIN] if is_host else [tables.MAIN]
        self._detours = Detours()
        self._taken: dict[FlowSelector, tuple[Detour, Address | None]] = {}
        self._starts: dict[Address, int] = {}
        self._left: list[tuple[Detour, Address | None]] = []
        self._table = FlowTable(TABLE, _BASES, _DEPTHS, _conclude, {_ENDS: Kind(16)})
        self._oversize = Oversize(watch)
        self._ends: set[Address] = set()
        self._idle = IdleFlows(later, self._table.counted, tell)

    def steer(self, action: SteerFlow) -> list[Request]:
        """Return what makes the way of a flow, which takes it from the next flush on.

        OSError where there is no such way.
        """
        way, places = self._way(action), places_of(action.selector, action.priority)
        detour, requests = self._detours.take(action.selector.destination, way)
        local = None if action.interface else action.local
        requests += self._start(local)
        self._table.want(action.selector, places, struct.pack("=I", detour.mark))
        before = self._taken.get(action.selector)
        self._taken[action.selector] = detour, local
        if before is not None:
            self._left.append(before)
        self._idle.expect(action.selector, action.idle_timeout)
        return requests

    def stop(self, action: StopSteering) -> None:
        """Let a flow take the routes again from the next flush on."""
        before = self._taken.pop(action.selector, None)
        if before is not None:
            self._table.drop(action.selector)
            self._idle.forget(action.selector)
            self._left.append(before)

    def end_at(self, ends: Iterable[Address]) -> None:
        """Look into the tunnels that end at these addresses."""
        self._ends |= set(ends)
        self._table.change(_ENDS, list(self._ends))

    def flush(self) -> None:
        """Have flows take the ways that were made; OSError where the kernel refuses that."""
        try:
            self._table.flush()
            if not self._taken:
                self._oversize.end()
        finally:
            left, self._left = self._left, []
            gone = [request for each in left for request in self._leave(*each)]
            if gone:
                self._netlink.execute(gone)

    def _way(self, action: SteerFlow) -> Way:
        if action.interface:
            return Way(index_of(action.interface), gateway=action.next_hop)
        entry = self._find(action.local, action.remote)
        if action.local not in self._ends:  # of a host, whose programs send
            self._oversize.fit(entry.interface)
        return Way(entry.interface, entry.tail)

    def _start(self, local: Address | None) -> list[Request]:
        """Return what one flow more needs whose tunnel, if there is one, starts at ``local``."""
        if local is None:
            return []
        self._starts[local] = self._starts.get(local, 0) + 1
        if self._starts[local] > 1:
            return []
        return [rule.install() for rule in self._past(local)]

    def _leave(self, detour: Detour, local: Address | None) -> list[Request]:
        """Return what removes a way that no flow takes any more, now that none is led there."""
        gone = self._detours.leave(detour)
        if local is None:
            return gone
        self._starts[local] -= 1
        if self._starts[local]:
            return gone
        del self._starts[local]
        return [*gone, *(rule.remove() for rule in self._past(local))]

    def _past(self, local: Address) -> list[Rule]:
        """Return what leads packets on that have just been put into a tunnel, their mark and all.

        Another flow's way may be for the tunnel's other end.
        """
        own = Prefix(local, 128)
        return [
            Rule(tables.JUST_STEERED, table, source=own, protocol=_IPV6)
            for table in self._encapsulated
        ]


def _in_tunnel(depth: int) -> list[bytes]:
    """Match what is in a tunnel that ends here, ``depth`` headers deep."""
    return [*tunnel(depth), nft.load(destination(depth)), nft.in_set(_ENDS)]


def _conclude(name: str, among: Class, depth: int) -> list[nft.Rule]:
    return [[look_up(name), mark(), *nft.accept()]]


_ARRIVING: list[nft.Rule] = [
    [*nft.of_protocol(_IPV6, other=True), seek(0)],
    [*_in_tunnel(0), *_in_tunnel(1), seek(2)],
    [*_in_tunnel(0), seek(1)],
    [seek(0)],
]
_LEAVING: list[nft.Rule] = [
    [*nft.of_protocol(_MOBILITY), *nft.accept()],
    [
        *nft.of_protocol(_ICMPV6),
        nft.load(nft.Octets(0, 1, nft.Base.TRANSPORT)),
        *nft.between(bytes([_FIRST_NEIGHBOR]), bytes([_LAST_NEIGHBOR])),
        *nft.accept(),
    ],
    [nft.load(nft.Octets(24, 2)), *nft.between(*_LINK_LOCAL), *nft.accept()],
    [seek(0)],
]
_BASES = (
    Base("arriving", nft.Hook.ENTRY, _ARRIVING),
    Base("leaving", nft.Hook.ORIGIN, _LEAVING, "route"),
)
