"""The links of this node's own interfaces: their carrier comes and goes (linux/rtnetlink.h)."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator, Sequence

from agents.core.events import CarrierDown, CarrierUp
from agents.live.interfaces import index_of
from agents.live.netlink import Netlink, Request, attributes

_NEW_LINK, _DELETE_LINK, _GET_LINK = 16, 17, 18
_LINK_GROUP = 1
_LINK = struct.Struct("=BxHiII")  # family, type, index, flags, change
_MESSAGE = struct.Struct("=IHHII")
_UP, _LOWER_UP = 0x1, 0x10000
_CHANGES = 35  # attribute: how often the carrier has come or gone


class CarrierMonitor:
    """Reports changes of ``interfaces``; OSError where one is not there."""

    def __init__(self, interfaces: Sequence[str]) -> None:
        self._names = {index_of(name): name for name in interfaces}
        self._up = dict.fromkeys(self._names, False)
        self._changes = dict.fromkeys(self._names, b"")
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.bind((0, _LINK_GROUP))
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def look(self) -> list[CarrierUp | CarrierDown]:
        """Ask the kernel how the links are now, and return what has changed: at first, what is up.

        Each is told of once, here or by ``receive``.
        """
        netlink = Netlink()
        bodies = netlink.dump(Request(_GET_LINK, 0, _LINK.pack(0, 0, 0, 0, 0)))
        netlink.close()
        return [event for body in bodies for event in self._judge(_NEW_LINK, body)]

    def receive(self) -> list[CarrierUp | CarrierDown]:
        """Return the changes that have been reported since."""
        try:
            octets = self._socket.recv(1 << 16)
        except BlockingIOError:
            return []
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            return self.look()  # more happened than fits
        return [event for kind, body in _messages(octets) for event in self._judge(kind, body)]

    def _judge(self, kind: int, body: bytes) -> Iterator[CarrierUp | CarrierDown]:
        family, _, index, flags, _ = _LINK.unpack_from(body)
        if family != 0 or index not in self._names:  # a bridge tells of its ports likewise
            return
        up = kind == _NEW_LINK and bool(flags & _UP) and bool(flags & _LOWER_UP)
        changes = attributes(body[_LINK.size :]).get(_CHANGES, b"")
        before, self._up[index] = self._up[index], up
        missed, self._changes[index] = changes != self._changes[index], changes
        name = self._names[index]
        if before and (missed or not up):  # the kernel tells of a quick loss and return at once
            yield CarrierDown(name)
        if up and (missed or not before):
            yield CarrierUp(name)


def _messages(octets: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + _MESSAGE.size <= len(octets):
        length, kind, *_ = _MESSAGE.unpack_from(octets, offset)
        if kind in (_NEW_LINK, _DELETE_LINK):
            yield kind, octets[offset + _MESSAGE.size : offset + length]
        offset += max(_MESSAGE.size, (length + 3) & ~3)
