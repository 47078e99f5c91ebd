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

NAME, EXIT_NAME = "dmm-in", "dmm-out"
QUEUE = 10_000  # packets that wait to be read: a tenth of a second of a full gigabit link

_NODE = Path("/dev/net/tun")
_SET_INTERFACE = 0x400454CA  # TUNSETIFF
_SET_OFFLOAD = 0x400454D0  # TUNSETOFFLOAD
_TUN, _NO_PACKET_INFORMATION, _OFFLOAD_HEADER = 0x1, 0x1000, 0x4000
_CHECKSUM, _SEGMENTS = 0x1, 0x4  # TUN_F_CSUM, TUN_F_TSO6
_LARGEST = 65535
_MOST_SEGMENTS = 41  # IFLA_GSO_MAX_SIZE
ROOM = 128  # octets that a packet of many segments may still grow by
_TX_DROPPED = 11  # column of /proc/net/dev, after the name


class Tun:
    """The device ``name`` in this network namespace; it goes when its descriptor is closed.

    With ``offload`` each packet has a struct virtio_net_hdr before it, and may be many segments
    of TCP in one, whose checksum is still to be done. OSError says what to do where the machine
    has no such devices or does not permit one.
    """

    def __init__(self, netlink: Netlink, name: str = NAME, offload: bool = False) -> None:
        self._name = name
        self._descriptor = _open(name, _OFFLOAD_HEADER if offload else 0)
        self.index = index_of(name)
        if offload:
            fcntl.ioctl(self._descriptor, _SET_OFFLOAD, _CHECKSUM | _SEGMENTS)
        netlink.require([_set_up(self.index, name, offload)])

    def segment(self) -> None:
        """Take no more than one segment of TCP in a packet from now on."""
        fcntl.ioctl(self._descriptor, _SET_OFFLOAD, _CHECKSUM)

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
            if name.strip() == self._name:
                return int(columns.split()[_TX_DROPPED])
        return 0


def _open(name: str, flags: int) -> int:
    try:
        descriptor = os.open(_NODE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        what = f"{_NODE}, through which packets come to this agent: {error.strerror}"
        raise OSError(error.errno, f"{what} (modprobe tun?)") from error
    wanted = struct.pack("16sH22x", name.encode(), _TUN | _NO_PACKET_INFORMATION | flags)
    try:
        fcntl.ioctl(descriptor, _SET_INTERFACE, wanted)
    except OSError as error:
        os.close(descriptor)
        number = error.errno or errno.EPERM
        raise OSError(number, f"TUN device {name}: {os.strerror(number)}") from error
    return descriptor


def _set_up(index: int, name: str, offload: bool) -> Request:
    """Return the request that sets the device up, without an address of its own on it."""
    up, mtu, ifname, queue, families, generation, none = 0x1, 4, 3, 13, 26, 8, 1
    family = attribute(int(socket.AF_INET6), attribute(generation, bytes([none])))
    body = struct.pack("=BxHiII", 0, 0, index, up, up)
    body += attribute(ifname, name.encode() + b"\0") + attribute(mtu, _word(_LARGEST))
    body += attribute(queue, _word(QUEUE)) + attribute(families, family)
    if offload:
        body += attribute(_MOST_SEGMENTS, _word(_LARGEST - ROOM))
    return Request(NEW_LINK, 0, body)


def _word(value: int) -> bytes:
    return struct.pack("=I", value)
