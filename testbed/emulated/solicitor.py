"""What a network manager on a mobile does: solicit routers as soon as the link is back.

A bare Linux kernel solicits only when an interface is set up, not when its carrier returns.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress

from testbed.emulated.loop import Loop
from testbed.emulated.nodes import Node
from testbed.topology.network import Interface

_FILTER = 1  # ICMPV6_FILTER
_LINK_GROUP = 1  # RTMGRP_LINK
_NEW_LINK = 16
_LOWER_UP = 0x1_0000
_ALL_ROUTERS = "ff02::2"
_ROUTER_SOLICITATION = 133
_SOURCE_LINK_LAYER_ADDRESS = 1


class Solicitor:
    """Sends a Router Solicitation (RFC 4861 §4.1) whenever ``interface`` gets its carrier back.

    The first time the kernel does so by itself, when the link-local address is ready.
    """

    def __init__(self, node: Node, interface: Interface, index: int, loop: Loop) -> None:
        self._index = index
        self._up = False
        mac = bytes.fromhex(interface.mac.replace(":", ""))
        option = bytes([_SOURCE_LINK_LAYER_ADDRESS, 1]) + mac
        self._message = struct.pack("!BBHI", _ROUTER_SOLICITATION, 0, 0, 0) + option
        with node.entered():
            self._events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
            self._socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        self._events.bind((0, _LINK_GROUP))
        self._events.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
        self._socket.setsockopt(socket.IPPROTO_ICMPV6, _FILTER, b"\xff" * 32)  # it only sends
        loop.watch(self._events.fileno(), self._hear)

    def _hear(self) -> None:
        octets = self._events.recv(65536)
        while len(octets) >= 32:
            length, kind, _, _, _ = struct.unpack_from("=IHHII", octets)
            _, _, index, flags, _ = struct.unpack_from("=BxHiII", octets, 16)
            if kind == _NEW_LINK and index == self._index:
                self._see(bool(flags & _LOWER_UP))
            octets = octets[(length + 3) & ~3 :]

    def _see(self, up: bool) -> None:
        if up and not self._up:
            with suppress(OSError):  # no address yet: the kernel solicits when it has one
                self._socket.sendto(self._message, (_ALL_ROUTERS, 0, 0, self._index))
        self._up = up
