"""Whole packets that a rule of nftables has copied to this agent (linux/netfilter/nfnetlink_log.h).

A raw socket shows neither extension headers nor what the kernel is about to refuse, and a packet
socket does not know which packets are for this node: a rule knows, also behind a tunnel's end.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from agents.live.netlink import Netlink, NetlinkError, Request, attribute, attributes
from agents.live.sockets import enlarge

_NETFILTER, _PACKET, _CONFIGURE = 12, 0x400, 0x401
_COMMAND, _MODE, _THRESHOLD = 1, 2, 5
_BIND, _WHOLE_PACKETS, _LONGEST = 1, 2, 0xFFFF
_INPUT_INTERFACE, _PAYLOAD, _PREFIX = 4, 9, 10
_MESSAGE = struct.Struct("=IHHII")
_FAMILY_HEADER = 4
_RECEIVE_BUFFER_FORCE = 33
_BURST = 64


class Logged(NamedTuple):
    """A packet from its IPv6 header on, and the index of the interface where it came in.

    ``prefix`` is what the rule said that has copied it.
    """

    octets: bytes
    interface: int
    prefix: str = ""


class PacketLog:
    """Receives what rules log to ``group``; NetlinkError where the kernel cannot do that."""

    def __init__(self, group: int) -> None:
        self.lost = 0  # how often packets came faster than they were read
        self._waiting: deque[Logged] = deque()
        netlink = Netlink(_NETFILTER)
        try:
            netlink.require([_configure(group, *each) for each in _SETTINGS])
        except NetlinkError as error:
            netlink.close()
            raise NetlinkError(error.errno, f"nfnetlink_log: {error.strerror}") from error
        self._socket = netlink.give_away()
        self._socket.setblocking(False)
        enlarge(self._socket, _RECEIVE_BUFFER_FORCE, socket.SO_RCVBUF)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def receive(self) -> Logged | None:
        """Return the next packet, None where none is waiting."""
        while not self._waiting:
            try:
                octets = self._socket.recv(1 << 17)
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.lost += 1
                continue
            self._waiting.extend(_packets(octets))
        return self._waiting.popleft()

    def burst(self) -> Iterator[Logged]:
        """Yield packets that wait, so many that others have their turn."""
        for _ in range(_BURST):
            packet = self.receive()
            if packet is None:
                return
            yield packet


_SETTINGS = (
    (_COMMAND, bytes([_BIND])),
    (_MODE, struct.pack(">IBx", _LONGEST, _WHOLE_PACKETS)),
    (_THRESHOLD, struct.pack(">I", 1)),  # each at once: the kernel would gather a hundred
)


def _configure(group: int, kind: int, payload: bytes) -> Request:
    header = struct.pack(">BBH", socket.AF_INET6, 0, group)
    return Request(_CONFIGURE, 0, header + attribute(kind, payload))


def _packets(octets: bytes) -> list[Logged]:
    found = []
    offset = 0
    while offset + _MESSAGE.size <= len(octets):
        length, kind, *_ = _MESSAGE.unpack_from(octets, offset)
        if kind == _PACKET:
            start = offset + _MESSAGE.size + _FAMILY_HEADER
            values = attributes(octets[start : offset + length])
            (interface,) = struct.unpack(">I", values.get(_INPUT_INTERFACE, bytes(4)))
            prefix = values.get(_PREFIX, b"").rstrip(b"\0").decode()
            found.append(Logged(values.get(_PAYLOAD, b""), interface, prefix))
        offset += max(_MESSAGE.size, (length + 3) & ~3)
    return found
