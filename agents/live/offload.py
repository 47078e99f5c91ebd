"""What the kernel tells beside a packet that it has not finished (linux/virtio_net.h).

A packet with this header may hold many segments of TCP, to be cut apart by who sends it on, and a
checksum to be completed there. So one turn of the agent moves up to 64 KiB.
"""

from __future__ import annotations

import struct

SIZE = 10
WHOLE = bytes(SIZE)  # the header of a packet with nothing left to do

_HEADER = struct.Struct("=BBHHHH")  # flags, kind, header's length, segment, checksum: from, at
_TO_COMPLETE = 1


def move(header: bytearray | memoryview, by: int) -> None:
    """Correct ``header`` for a packet whose front has become ``by`` octets longer."""
    flags, kind, length, segment, start, at = _HEADER.unpack_from(header)
    if kind:
        length += by
    if flags & _TO_COMPLETE:
        start += by
    _HEADER.pack_into(header, 0, flags, kind, length, segment, start, at)


def begun(start: int, at: int) -> bytes:
    """Return the header of a packet whose checksum, of what is behind ``start``, is to be done."""
    return _HEADER.pack(_TO_COMPLETE, 0, 0, 0, start, at)


def of_segments(header: bytes | bytearray | memoryview) -> bool:
    """Say whether the packet holds more than one segment."""
    return bool(header[1])


def complete(header: bytes | bytearray | memoryview, packet: bytearray) -> None:
    """Complete the checksum of ``packet``, which holds the sum over its pseudo-header."""
    flags, _, _, _, start, at = _HEADER.unpack_from(header)
    if flags & _TO_COMPLETE:
        put = start + at
        packet[put : put + 2] = checksum(packet[start:]).to_bytes(2, "big")


def checksum(octets: bytes | bytearray) -> int:
    """Return the Internet checksum of ``octets`` (RFC 1071), never zero as UDP wants it."""
    if len(octets) % 2:
        octets = octets + b"\0"
    return 0xFFFF - int.from_bytes(octets, "big") % 0xFFFF
