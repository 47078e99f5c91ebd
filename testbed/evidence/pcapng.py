"""A fast reader of capture files: pcapng and classic pcap, of either byte order.

Formats: draft-ietf-opsawg-pcapng and draft-ietf-opsawg-pcap (the libpcap file format).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from testbed.evidence import blocks
from testbed.evidence.blocks import (
    PACKET_HEADS,
    CaptureError,
    InterfaceBlock,
    Window,
    byte_order,
    damage,
)

__all__ = ["CaptureError", "Frame", "read", "read_octets"]

Frame = tuple[float, str, int, bytes]
"""Seconds since 1970, the interface's name ("" if unknown), its link type, the octets captured."""

_LEAST = 24  # octets of a file
_CLASSIC = {0xA1B2C3D4: 1_000_000, 0xA1B23C4D: 1_000_000_000}
_SECTION, _ENHANCED = blocks.SECTION, blocks.ENHANCED
_LINK_TYPE_BITS = 0x0FFFFFFF  # above lie the length of a frame check sequence and its flag


def read(path: Path) -> Iterator[Frame]:
    """Yield the packets of the capture file ``path`` in its order, without holding all of it.

    CaptureError where the file is no capture or is cut off; the packets before that are yielded.
    OSError where it cannot be read.
    """
    with path.open("rb") as file:
        yield from _read(file, str(path))


def read_octets(data: bytes, name: str = "capture") -> Iterator[Frame]:
    """Yield the packets of the capture file with the octets ``data``, called ``name`` in errors."""
    return _read(BytesIO(data), name)


def _read(file: BinaryIO, name: str) -> Iterator[Frame]:
    window = Window(file)
    if not window.move(0, _LEAST):
        raise CaptureError(f"{name}: {window.end} octets are no capture file")
    head = window.data[:_LEAST]
    if int.from_bytes(head[:4], "big") == blocks.SECTION:
        return _read_pcapng(window, name)
    for order in "<>":
        (magic,) = struct.unpack_from(f"{order}I", head)
        if magic in _CLASSIC:
            return _read_classic(window, name, order, _CLASSIC[magic])
    raise CaptureError(f"{name}: neither pcap nor pcapng, it starts with {head[:4].hex()}")


def _read_classic(window: Window, name: str, order: str, ticks: int) -> Iterator[Frame]:
    link_type = struct.unpack_from(f"{order}I", window.data, 20)[0] & _LINK_TYPE_BITS
    unpack = struct.Struct(f"{order}IIII").unpack_from
    offset = _LEAST
    while True:
        if offset + 16 > window.end:
            whole, offset = window.move(offset, 16), 0
            if not window.end:
                return
            if not whole:
                raise CaptureError(f"{name}: cut off in a packet header at octet {window.before}")
        seconds, fraction, size, _ = unpack(window.data, offset)
        if offset + 16 + size > window.end:
            whole, offset = window.move(offset, 16 + size), 0
            if not whole:
                place = window.before + 16
                raise CaptureError(f"{name}: cut off in a packet of {size} octets at octet {place}")
        begin, offset = offset + 16, offset + 16 + size
        yield seconds + fraction / ticks, "", link_type, window.data[begin:offset]


def _read_pcapng(window: Window, name: str) -> Iterator[Frame]:
    """Yield the packets; where most blocks are packets, they shall cost little."""
    data, end, offset = window.data, window.end, 0
    order, unpack = "<", PACKET_HEADS["<"]
    interfaces: list[InterfaceBlock] = []
    while True:
        if offset + blocks.HEAD > end:
            window.move(offset)
            data, end, offset = window.data, window.end, 0
            if not end:
                return
        kind, size, index, high, low, captured, _ = unpack(data, offset)
        if kind == _SECTION:
            order, interfaces = byte_order(window, offset, name), []
            unpack = PACKET_HEADS[order]
            size = unpack(data, offset)[1]
        if offset + size > end:
            if not window.move(offset, size):
                raise damage(window, 0, size, name)
            data, end, offset = window.data, window.end, 0
        if kind == _ENHANCED:
            if index >= len(interfaces) or captured > size - 32 or size & 3:
                raise CaptureError(f"{name}: bad packet block at octet {window.before + offset}")
            interface, link_type, ticks, start, _ = interfaces[index]
            begin = offset + 28
            at = start + (high << 32 | low) / ticks
            yield at, interface, link_type, data[begin : begin + captured]
        else:
            if size < blocks.LEAST.get(kind, blocks.LEAST_OF_ANY) or size & 3:
                raise damage(window, offset, size, name)
            body = data[offset + 8 : offset + size - 4]
            if kind == blocks.INTERFACE:
                interfaces.append(blocks.interface(body, order))
            elif kind == blocks.SIMPLE:
                yield _simple(body, order, interfaces, name)
        offset += size


def _simple(body: bytes, order: str, interfaces: list[InterfaceBlock], name: str) -> Frame:
    if not interfaces:
        raise CaptureError(f"{name}: a packet before the first interface")
    (size,) = struct.unpack_from(f"{order}I", body)
    first = interfaces[0]
    captured = min(size, first.snap_length or size)
    return 0.0, first.name, first.link_type, body[4 : 4 + captured]
