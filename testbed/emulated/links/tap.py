"""TAP devices: an interface whose cable is a file descriptor."""

from __future__ import annotations

import fcntl
import os
import struct

_TUNSETIFF = 0x4004_54CA
_TUNSETIFINDEX = 0x4004_54DA
_TUNSETOFFLOAD = 0x4004_54D0
_TUNSETVNETHDRSZ = 0x4004_54D8
_TAP, _NO_INFORMATION, _OFFLOAD_HEADER = 0x0002, 0x1000, 0x4000
_CHECKSUM, _TSO6 = 0x01, 0x04

OFFLOAD_HEADER = 10  # octets of struct virtio_net_hdr before each frame


def open_tap(name: str, index: int, bundled: bool) -> int:
    """Make the TAP device ``name`` in the current namespace and return its descriptor.

    ``bundled``: let the kernel hand over TCP in bundles of segments without checksums, as it
    does between veth devices; each frame has the offload header before it either way.
    """
    try:
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise FileNotFoundError("there is no /dev/net/tun: run `modprobe tun`") from None
    fcntl.ioctl(descriptor, _TUNSETIFINDEX, struct.pack("i", index))
    flags = _TAP | _NO_INFORMATION | _OFFLOAD_HEADER
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    fcntl.ioctl(descriptor, _TUNSETVNETHDRSZ, struct.pack("i", OFFLOAD_HEADER))
    fcntl.ioctl(descriptor, _TUNSETOFFLOAD, _CHECKSUM | _TSO6 if bundled else _CHECKSUM)
    return descriptor
