"""Messages that travel in one more IPv6 header, to one node or to a multicast group (RFC 2473)."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Sequence

from agents.live import tables
from agents.live.netlink import Netlink, Request, attributes
from agents.live.requests import GET_ROUTE
from agents.live.sockets import RawSocket
from agents.wire.address import Address, Prefix

HOPS = 64  # of a tunnel (RFC 2473 §6.3): the kernel would give a multicast packet one only

_IPV6 = socket.IPPROTO_IPV6
_MULTICAST = 0xFF
_ROUTE = struct.Struct("=BBBBBBBBI")
_WORD = struct.Struct("=I")
_DESTINATION, _OUT = 1, 4
_SHORTEST = 8  # bits: the prefix of all multicast; a default route is for unicast


class GroupSocket(RawSocket):
    """Receives what is sent to ``group`` in an IPv6 header, at ``interfaces`` (indices)."""

    def __init__(self, group: Address, interfaces: Sequence[int]) -> None:
        super().__init__(_IPV6)
        self._socket.bind((str(group), 0))
        joined = [index for index in interfaces if self._join(group, index)]
        if not joined:
            self.close()
            raise OSError(errno.ENODEV, f"no interface can receive what is sent to {group}")

    def _join(self, group: Address, index: int) -> bool:
        try:
            self._socket.setsockopt(_IPV6, socket.IPV6_JOIN_GROUP, group + struct.pack("=I", index))
        except OSError:  # such as a device without multicast
            return False
        return True


class TunnelSender:
    """Sends IPv6 packets inside another header; multicast by every interface with a route."""

    def __init__(self, netlink: Netlink) -> None:
        self._netlink = netlink
        self._socket = RawSocket(_IPV6)
        self._socket.receive_nothing()
        self._socket.keep_from_ourselves()
        self._outbound: dict[Address, list[int]] = {}

    def send(self, packet: bytes, source: Address, destination: Address) -> None:
        """Send ``packet`` from ``source`` to ``destination``; OSError where there is no way."""
        for interface in self._interfaces(destination):
            self._socket.send(packet, source, destination, interface, HOPS)

    def _interfaces(self, destination: Address) -> list[int]:
        if destination[0] != _MULTICAST:
            return [0]
        found = self._outbound.get(destination) or routed(self._netlink, destination)
        if not found:
            raise OSError(errno.ENETUNREACH, f"no route to the group {destination}")
        self._outbound[destination] = found
        return found


def routed(netlink: Netlink, group: Address) -> list[int]:
    """Return the interfaces of the longest prefix of the main table that has ``group`` in it.

    The kernel would take one of them; a tree of routers may have branches at its root.
    """
    header = _ROUTE.pack(socket.AF_INET6, 0, 0, 0, tables.MAIN, 0, 0, 0, 0)
    longest, found = _SHORTEST, list[int]()
    for body in netlink.dump(Request(GET_ROUTE, 0, header)):
        length, values = body[1], attributes(body[_ROUTE.size :])
        prefix = Prefix(Address(values.get(_DESTINATION, bytes(16))), length)
        if _OUT not in values or length < longest or not prefix.contains(group):
            continue
        if length > longest:
            longest, found = length, []
        found.append(_WORD.unpack(values[_OUT])[0])
    return found
