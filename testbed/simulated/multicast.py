"""Multicast beyond a link: packets are copied along the trees that the network comes with."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from agents.wire.address import Address
from testbed.simulated.packet import MULTICAST, Packet
from testbed.simulated.ports import Port

LINK_LOCAL = 2  # the widest scope that no router forwards, a half octet (RFC 4291 §2.7)


class Branching(NamedTuple):
    """Where the packets of one source to one group come in (None: at the source), and go out."""

    inbound: Port | None
    outbound: tuple[Port, ...]


class Multicast:
    """The multicast routes of one node, and the ``groups`` that it listens to."""

    __slots__ = ("_drops", "_routes", "groups")

    def __init__(self, drops: Counter[str]) -> None:
        self.groups: dict[Address, bool] = {}  # whether their messages come tunnelled
        self._routes: dict[tuple[Address, Address], Branching] = {}
        self._drops = drops

    def add(self, source: Address, group: Address, branching: Branching) -> None:
        """Forward what ``source`` sends to ``group`` by ``branching``."""
        self._routes[source, group] = branching

    def starts(self, packet: Packet) -> bool:
        """Say whether the tree of ``packet`` begins at this node."""
        route = self._routes.get((packet.outer_source, packet.outer_destination))
        return route is not None and route.inbound is None

    def send(self, packet: Packet, inbound: Port | None = None) -> None:
        """Send a copy of ``packet``, which came in at ``inbound`` or from here, by each branch."""
        route = self._routes.get((packet.outer_source, packet.outer_destination))
        if route is None:
            if inbound is None:
                self._drops["no_route"] += 1
        elif route.inbound is not inbound:
            self._drops["wrong_interface"] += 1  # the check against loops that routers make
        elif inbound is not None and packet.hop_limit <= 1:
            self._drops["hop_limit"] += 1
        else:
            for port in route.outbound:
                twin = packet.copy()
                twin.hop_limit -= inbound is not None
                port.transmit(twin, b"")

    def take(self, packet: Packet) -> bool:
        """Return whether ``packet`` is for a listener here, its header to the group taken off.

        One that was joined without tunnels comes without such a header; else what is inside must
        be for the group too, and of the same source.
        """
        group = packet.outer_destination
        tunnelled = self.groups.get(group)
        if tunnelled is None:
            return False
        if not tunnelled and not packet.tunnels:
            return packet.message is not None
        if not tunnelled or not packet.tunnels:
            self._drops["no_listener"] += 1
            return False
        source = packet.outer_source
        packet.decapsulate()
        if packet.tunnels or (packet.source, packet.destination) != (source, group):
            self._drops["not_alike_inside"] += 1
            return False
        return True


def crosses_routers(destination: Address) -> bool:
    """Say whether ``destination`` is a group whose packets routers forward."""
    return destination[0] == MULTICAST and destination[1] & 0xF > LINK_LOCAL
