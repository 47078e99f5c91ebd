"""A fast reader of capture files: pcapng and classic pcap, of either byte order.

Formats: draft-ietf-opsawg-pcapng and draft-ietf-opsawg-pcap (the libpcap file format).
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import NamedTuple

Frame = tuple[float, str, int, bytes]
"""Seconds since 1970, the interface's name ("" if unknown), its link type, the octets captured."""

_SECTION, _INTERFACE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 3, 6
_LEAST = {_SECTION: 28, _INTERFACE: 20, _SIMPLE: 16, _ENHANCED: 32}  # octets of a block
_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_IF_NAME, _IF_TSRESOL, _IF_TSOFFSET = 2, 9, 14
_CLASSIC = {0xA1B2C3D4: 1_000_000, 0xA1B23C4D: 1_000_000_000}
_LINK_TYPE_BITS = 0x0FFFFFFF  # above lie the length of a frame check sequence and its flag


class CaptureError(ValueError):
    """A file that is no capture, or a capture that is damaged: which file, where, and how."""


class _Interface(NamedTuple):
    name: str
    link_type: int
    ticks: int  # per second
    start: int  # seconds since 1970 that times count from
    snap_length: int


def read(path: Path) -> Iterator[Frame]:
    """Yield the packets of the capture file ``path`` in its order.

    CaptureError where the file is no capture or is cut off; the packets before that are yielded.
    OSError where it cannot be read.
    """
    return read_octets(path.read_bytes(), str(path))


def read_octets(data: bytes, name: str = "capture") -> Iterator[Frame]:
    """Yield the packets of the capture file with the octets ``data``, called ``name`` in errors."""
    if len(data) < 24:
        raise CaptureError(f"{name}: {len(data)} octets are no capture file")
    if int.from_bytes(data[:4], "big") == _SECTION:
        return _read_pcapng(data, name)
    for order in "<>":
        (magic,) = struct.unpack_from(f"{order}I", data)
        if magic in _CLASSIC:
            return _read_classic(data, name, order, _CLASSIC[magic])
    raise CaptureError(f"{name}: neither pcap nor pcapng, it starts with {data[:4].hex()}")


def _read_classic(data: bytes, name: str, order: str, ticks: int) -> Iterator[Frame]:
    link_type = struct.unpack_from(f"{order}I", data, 20)[0] & _LINK_TYPE_BITS
    unpack = struct.Struct(f"{order}IIII").unpack_from
    offset, end = 24, len(data)
    while offset < end:
        if offset + 16 > end:
            raise CaptureError(f"{name}: cut off in a packet header at octet {offset}")
        seconds, fraction, size, _ = unpack(data, offset)
        offset += 16
        if offset + size > end:
            raise CaptureError(f"{name}: cut off in a packet of {size} octets at octet {offset}")
        yield seconds + fraction / ticks, "", link_type, data[offset : offset + size]
        offset += size


def _read_pcapng(data: bytes, name: str) -> Iterator[Frame]:
    offset = 0
    while offset < len(data):
        order = _byte_order(data, offset, name)
        offset = yield from _read_section(data, offset, order, name)


def _byte_order(data: bytes, offset: int, name: str) -> str:
    for order in "<>":
        magic = data[offset + 8 : offset + 12]
        if magic == struct.pack(f"{order}I", _BYTE_ORDER_MAGIC):
            return order
    raise CaptureError(f"{name}: no byte-order magic in the section at octet {offset}")


def _read_section(data: bytes, offset: int, order: str, name: str) -> Generator[Frame, None, int]:
    """Yield the packets of the section at ``offset``; return where the next one starts."""
    unpack_block = struct.Struct(f"{order}II").unpack_from
    unpack_packet = struct.Struct(f"{order}IIIII").unpack_from
    interfaces: list[_Interface] = []
    begin, end = offset, len(data)
    while offset < end:
        if offset + 12 > end:
            raise CaptureError(f"{name}: cut off in a block header at octet {offset}")
        kind, size = unpack_block(data, offset)
        if kind == _SECTION and offset != begin:
            return offset
        if size < _LEAST.get(kind, 12) or size % 4 or offset + size > end:
            raise CaptureError(f"{name}: block of {size} octets at octet {offset} of {end}")
        if kind == _ENHANCED:
            index, high, low, captured, _ = unpack_packet(data, offset + 8)
            if index >= len(interfaces) or captured > size - 32:
                raise CaptureError(f"{name}: bad packet block at octet {offset}")
            interface, link_type, ticks, start, _ = interfaces[index]
            at = start + (high << 32 | low) / ticks
            yield at, interface, link_type, data[offset + 28 : offset + 28 + captured]
        elif kind == _INTERFACE:
            interfaces.append(_interface(data[offset + 8 : offset + size - 4], order))
        elif kind == _SIMPLE:
            yield _simple(data[offset + 8 : offset + size - 4], order, interfaces, name)
        offset += size
    return offset


def _interface(body: bytes, order: str) -> _Interface:
    link_type, _, snap_length = struct.unpack_from(f"{order}HHI", body)
    options = dict(_options(body[8:], order))
    name = options.get(_IF_NAME, b"").rstrip(b"\0").decode(errors="replace")
    resolution = options.get(_IF_TSRESOL, b"\x06")[0]
    ticks = 1 << (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    start = int.from_bytes(
        options.get(_IF_TSOFFSET, b""), "little" if order == "<" else "big", signed=True
    )
    return _Interface(name, link_type, ticks, start, snap_length)


def _options(octets: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + 4 <= len(octets):
        code, size = struct.unpack_from(f"{order}HH", octets, offset)
        if size:
            yield code, octets[offset + 4 : offset + 4 + size]
        offset += 4 + size + -size % 4


def _simple(body: bytes, order: str, interfaces: list[_Interface], name: str) -> Frame:
    if not interfaces:
        raise CaptureError(f"{name}: a packet before the first interface")
    (size,) = struct.unpack_from(f"{order}I", body)
    first = interfaces[0]
    captured = min(size, first.snap_length or size)
    return 0.0, first.name, first.link_type, body[4 : 4 + captured]
