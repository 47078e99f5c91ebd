"""How a core's messages leave: Mobility Header, ICMPv6, tunnelled, or framed to a neighbour."""

from __future__ import annotations

import errno
from time import monotonic
from typing import Any

from agents.core.actions import SendMessage
from agents.live import neighbors
from agents.live.groups import HOPS, TunnelSender, routed
from agents.live.interfaces import holder_of, index_of
from agents.live.journal import Journal, Level
from agents.live.netlink import Netlink
from agents.live.sockets import (
    HOP_LIMIT,
    FrameSender,
    PacketSender,
    RawSocket,
)
from agents.wire import icmpv6, mobility, packet
from agents.wire.dmipv6_messages import DMIPV6_MESSAGES
from agents.wire.extension_headers import DestinationOptions, Type2Routing
from agents.wire.extension_options import HomeAddress
from agents.wire.messages import MobilityMessage
from agents.wire.names import message_name

_MULTICAST, _LOOPBACK = 0xFF, 1
_GROUP_FRAME = bytes.fromhex("3333")  # RFC 2464 §7


class Transport:
    """Sends messages and logs each that the kernel took."""

    def __init__(
        self,
        netlink: Netlink,
        mobility_socket: RawSocket,
        icmpv6_socket: RawSocket,
        journal: Journal,
    ) -> None:
        self._mobility = mobility_socket
        self._netlink = netlink
        self._icmpv6 = icmpv6_socket
        self._frames = FrameSender()
        self._packets = PacketSender()
        self._tunnelled = TunnelSender(netlink)
        self._journal = journal

    def send(self, action: SendMessage) -> None:
        """Send a message; where the kernel refuses, count and log it as a packet would be lost."""
        began_at = monotonic()  # the kernel may carry it to the other end before it returns
        try:
            length = self._send(action)
        except OSError as error:
            why = error.strerror or str(error)
            self._journal.counters["failed: SendMessage"] += 1
            self._journal.event("send_failed", {"error": why, **_addresses(action)})
            self._journal.log(Level.ERROR, lambda: f"{action} failed: {why}")
            return
        self._journal.counters["messages sent"] += 1
        details = {**_addresses(action), "octets": length}
        self._journal.event("message_sent", details, began_at)

    def _send(self, action: SendMessage) -> int:
        if action.outer_destination is not None:
            self._tunnelled.send(_whole(action), action.source, action.outer_destination)
            return _length(action)
        if action.home_address is not None or action.route_to is not None:
            return self._send_whole(action)
        by: RawSocket = self._icmpv6
        if isinstance(action.message, MobilityMessage):
            octets = mobility.emit(action.message, action.source, action.destination)
            by, hops = self._mobility, HOPS
        else:
            octets = icmpv6.emit(action.message, action.source, action.destination)
            drafted = isinstance(action.message, DMIPV6_MESSAGES)  # draft-liu §4.3
            hops = HOP_LIMIT if drafted or octets[0] in neighbors.TYPES else HOPS
            to = action.link_layer_destination or _everybody(action)
            if to:
                ends = action.source, action.destination
                self._frames.send(octets, *ends, action.interface, to)
                return len(octets)
        for interface in self._interfaces(action):
            by.send(octets, action.source, action.destination, interface, hops)
        return len(octets)

    def _send_whole(self, action: SendMessage) -> int:
        """Send a packet with extension headers, which a kernel without Mobile IPv6 knows not."""
        whole = _whole(action)
        interface = _index(action.interface)
        self._packets.send(whole, action.source, action.destination, interface)
        return _length(action)

    def _interfaces(self, action: SendMessage) -> list[int]:
        """Return where a message leaves, 0 for the kernel's choice."""
        if action.interface or action.destination[0] != _MULTICAST:
            return [_index(action.interface)]
        holder = holder_of(action.source)
        if holder not in (0, _LOOPBACK):
            return [holder]
        found = routed(self._netlink, action.destination)
        if not found:
            raise OSError(errno.ENETUNREACH, f"no route to the group {action.destination}")
        return found


def _length(action: SendMessage) -> int:
    if isinstance(action.message, MobilityMessage):
        return mobility.length(action.message)
    return icmpv6.length(action.message)


def _whole(action: SendMessage) -> bytes:
    headers: list[Any] = []
    if action.route_to is not None:
        headers.append(Type2Routing(action.route_to))
    if action.home_address is not None:
        headers.append(DestinationOptions((HomeAddress(action.home_address),)))
    ends = action.source, action.destination
    return packet.emit(packet.Packet(*ends, action.message, tuple(headers), hop_limit=HOPS))


def _everybody(action: SendMessage) -> bytes:
    """Return the link-layer address of a group on a link, b"" for another destination.

    So a message leaves even while the kernel has no address there that it may use.
    """
    if not action.interface or action.destination[0] != _MULTICAST:
        return b""
    return _GROUP_FRAME + action.destination[12:]


def _index(interface: str) -> int:
    return index_of(interface) if interface else 0


def _addresses(action: SendMessage) -> dict[str, str]:
    details = {
        "message": message_name(action.message),
        "source": str(action.source),
        "destination": str(action.destination),
    }
    if action.interface:
        details["interface"] = action.interface
    for name in ("outer_destination", "home_address", "route_to"):
        if getattr(action, name) is not None:
            details[name] = str(getattr(action, name))
    return details
