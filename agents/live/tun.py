"""A TUN device of the agent: what the kernel routes into it can be read, and written back."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
from pathlib import Path

from agents.live.interfaces import index_of
from agents.live.netlink import Netlink, Request, attribute
from agents.live.requests import NEW_LINK

NAME = "dmm-in"
QUEUE = 10_000  # packets that wait to be read: a tenth of a second of a full gigabit link

_NODE = Path("/dev/net/tun")
_SET_INTERFACE = 0x400454CA  # TUNSETIFF
_TUN, _NO_PACKET_INFORMATION = 0x1, 0x1000
_LARGEST = 65535
_TX_DROPPED = 11  # column of /proc/net/dev, after the name


class Tun:
    """The device ``NAME`` in this network namespace; it goes when its descriptor is closed.

    OSError says what to do where the machine has no such devices or does not permit one.
    """

    def __init__(self, netlink: Netlink) -> None:
        self._descriptor = _open()
        self.index = index_of(NAME)
        netlink.require([_set_up(self.index)])

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._descriptor

    def read(self) -> bytes | None:
        """Return the next packet, None where none is waiting."""
        try:
            return os.read(self._descriptor, _LARGEST)
        except BlockingIOError:
            return None

    def write(self, packet: bytes) -> None:
        """Let ``packet`` come in by this device; the kernel has routed it on return."""
        os.write(self._descriptor, packet)

    def overflow(self) -> int:
        """Return how many packets found the queue full."""
        for line in Path("/proc/self/net/dev").read_text().splitlines():
            name, _, columns = line.partition(":")
            if name.strip() == NAME:
                return int(columns.split()[_TX_DROPPED])
        return 0


def _open() -> int:
    try:
        descriptor = os.open(_NODE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        what = f"{_NODE}, through which packets come to this agent: {error.strerror}"
        raise OSError(error.errno, f"{what} (modprobe tun?)") from error
    wanted = struct.pack("16sH22x", NAME.encode(), _TUN | _NO_PACKET_INFORMATION)
    try:
        fcntl.ioctl(descriptor, _SET_INTERFACE, wanted)
    except OSError as error:
        os.close(descriptor)
        number = error.errno or errno.EPERM
        raise OSError(number, f"TUN device {NAME}: {os.strerror(number)}") from error
    return descriptor


def _set_up(index: int) -> Request:
    """Return the request that sets the device up, without an address of its own on it."""
    up, mtu, name, queue, families, generation, none = 0x1, 4, 3, 13, 26, 8, 1
    family = attribute(int(socket.AF_INET6), attribute(generation, bytes([none])))
    body = struct.pack("=BxHiII", 0, 0, index, up, up)
    body += attribute(name, NAME.encode() + b"\0") + attribute(mtu, _word(_LARGEST))
    body += attribute(queue, _word(QUEUE)) + attribute(families, family)
    return Request(NEW_LINK, 0, body)


def _word(value: int) -> bytes:
    return struct.pack("=I", value)
