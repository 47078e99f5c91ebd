"""By which interface and to which neighbour a packet leaves, for those that the agent sends.

Frames to a neighbour take packets of many segments, which raw IPv6 sockets do not.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
from time import monotonic

from agents.live import offload
from agents.live.interfaces import name_of
from agents.live.netlink import Netlink, NetlinkError, Request, attribute, attributes
from agents.live.requests import (
    GET_NEIGHBOR,
    NEW_NEIGHBOR,
    encapsulates,
    gateway_of,
    interface_of,
    route_to,
)
from agents.live.sockets import enlarge
from agents.wire.address import Address

_PATIENCE = 1.0  # seconds for which a neighbour is believed to be where it was
_PACKET, _OFFLOAD_HEADER = 263, 15  # SOL_PACKET, PACKET_VNET_HDR
_SEND_BUFFER_FORCE = 32
_ETHERNET = 1
_TYPE = bytes.fromhex("86dd")
_GET_MTU = 0x8921  # SIOCGIFMTU
_NEIGHBOR = struct.Struct("=BxxxiHBB")  # family, interface, state, flags, type
_USE = 0x1
_KNOWN = 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x80  # of the states of neighbours
_PACKET_INFO = struct.Struct("=16sI")


class Port:
    """An interface that frames leave by."""

    def __init__(self, index: int) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.setblocking(False)
        self._socket.setsockopt(_PACKET, _OFFLOAD_HEADER, 1)
        enlarge(self._socket, _SEND_BUFFER_FORCE, socket.SO_SNDBUF)
        self._socket.bind((name_of(index), 0))
        *_, kind, address = self._socket.getsockname()
        self.is_ethernet = kind == _ETHERNET
        self.address: bytes = address
        self.descriptor = self._socket.fileno()


class Way:
    """The way of the packets with one source and destination, to be believed ``until`` then.

    ``frame`` is the header of frames that ``descriptor`` takes, None where the neighbour is not
    known yet or, without ``by_frames``, where there are no frames.
    """

    __slots__ = ("by_frames", "descriptor", "frame", "mtu", "until")

    def __init__(self, mtu: int) -> None:
        self.mtu = mtu
        self.until = 0.0
        self.descriptor = -1
        self.by_frames = False
        self.frame: bytes | None = None


class Ways:
    """Finds ways by the kernel's routes and neighbours, and keeps them for a second."""

    def __init__(self, netlink: Netlink) -> None:
        self._netlink = netlink
        self._ports: dict[int, Port] = {}
        self._ways: dict[bytes, Way] = {}
        self._raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._raw.setblocking(False)

    def forget(self) -> None:
        """Find all ways anew: routes or addresses have changed."""
        for way in self._ways.values():
            way.until = 0.0
        self._ways.clear()

    def find(self, wire: bytes) -> Way:
        """Return the way of packets with the source and destination ``wire``.

        OSError where there is no route.
        """
        way = self._ways.get(wire)
        now = monotonic()
        if way is None or now > way.until:
            way = self._ways[wire] = self._look(Address(wire[:16]), Address(wire[16:]))
            way.until = now + _PATIENCE if way.frame is not None else 0.0
        return way

    def raw(self, header: bytearray, packet: bytearray) -> None:
        """Leave ``packet`` to the kernel, which asks for its neighbour; OSError where it cannot.

        A packet of many segments is refused with EOPNOTSUPP.
        """
        if offload.of_segments(header):
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        offload.complete(header, packet)
        source, destination = bytes(packet[8:24]), bytes(packet[24:40])
        from_ = (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, _PACKET_INFO.pack(source, 0))
        to = (socket.inet_ntop(socket.AF_INET6, destination), 0)
        self._raw.sendmsg([packet], [from_], 0, to)

    def _look(self, source: Address, destination: Address) -> Way:
        answer = self._netlink.query(route_to(destination, source))
        index = interface_of(answer)
        way = Way(self._mtu(index))
        port = self._ports.get(index) or Port(index)
        self._ports[index] = port
        way.by_frames = port.is_ethernet and not encapsulates(answer)
        if way.by_frames:
            found = self._neighbor(index, gateway_of(answer) or destination)
            if found is not None:
                way.descriptor = port.descriptor
                way.frame = found + port.address + _TYPE
        return way

    def _neighbor(self, index: int, address: Address) -> bytes | None:
        """Return where a neighbour is; the kernel is told of its use, so that it asks."""
        about = _NEIGHBOR.pack(socket.AF_INET6, index, 0, 0, 0) + attribute(1, address)
        use = _NEIGHBOR.pack(socket.AF_INET6, index, 0, _USE, 0) + attribute(1, address)
        self._netlink.execute([Request(NEW_NEIGHBOR, 0x400, use)])
        try:
            answer = self._netlink.query(Request(GET_NEIGHBOR, 0, about))
        except NetlinkError:
            return None
        _, _, state, *_ = _NEIGHBOR.unpack_from(answer)
        return attributes(answer[_NEIGHBOR.size :]).get(2) if state & _KNOWN else None

    def _mtu(self, index: int) -> int:
        asked = struct.pack("16si12x", name_of(index).encode(), 0)
        answer = fcntl.ioctl(self._raw, _GET_MTU, asked)
        return int(struct.unpack_from("=16si", answer)[1])
