"""What pcapng files are made of: blocks, options, and the interfaces that they describe.

Format: draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

SECTION, INTERFACE, SIMPLE, ENHANCED = 0x0A0D0D0A, 1, 3, 6
LEAST = {SECTION: 28, INTERFACE: 20, SIMPLE: 16, ENHANCED: 32}  # octets of a block
LEAST_OF_ANY = 12
HEAD = 28  # octets of an enhanced packet block before the packet
END, COMMENT = 0, 1  # options of every block
_IF_NAME, _IF_TSRESOL, _IF_TSOFFSET = 2, 9, 14
_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_SECTION_TYPE = SECTION.to_bytes(4, "big")  # the same from either end
PACKET_HEADS = {order: struct.Struct(f"{order}7I").unpack_from for order in "<>"}
"""By byte order: of a packet its type, size, interface, time (high, low), octets here and sent."""
_WINDOW = 1 << 20  # octets that are read at a time


class CaptureError(ValueError):
    """A file that is no capture, or a capture that is damaged: which file, where, and how."""


class InterfaceBlock(NamedTuple):
    """An interface that packets were captured at, and how their times are to be read."""

    name: str
    link_type: int
    ticks: int  # per second
    start: int  # seconds since 1970 that times count from
    snap_length: int


class Window:
    """The octets of a file from one of its blocks on, some at a time.

    ``data`` hold ``end`` octets, and padding where the file has too few to take a block's head
    from; the first of them is the file's octet number ``before``.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.data, self.end, self.before = b"", 0, 0

    def move(self, offset: int, least: int = HEAD) -> bool:
        """Begin at ``offset`` of the data, and say whether ``least`` octets can be had there."""
        pieces, size = [self.data[offset : self.end]], self.end - offset
        while more := self._file.read(_WINDOW):
            pieces.append(more)
            size += len(more)
            if size >= least:
                break
        self.data = b"".join(pieces).ljust(HEAD, b"\0")
        self.end, self.before = size, self.before + offset
        return size >= least


def byte_order(window: Window, offset: int, name: str) -> str:
    """Return the byte order of the section that begins at ``offset``, as struct writes it."""
    magic = window.data[offset + 8 : offset + 12]
    for order in "<>":
        if magic == struct.pack(f"{order}I", _BYTE_ORDER_MAGIC):
            return order
    place = window.before + offset
    raise CaptureError(f"{name}: no byte-order magic in the section at octet {place}")


def damage(window: Window, offset: int, size: int, name: str) -> CaptureError:
    """Return what is wrong with a block of ``size`` octets at ``offset`` of the file ``name``."""
    place, end = window.before + offset, window.before + window.end
    if window.end - offset < LEAST_OF_ANY:
        return CaptureError(f"{name}: cut off in a block header at octet {place}")
    said = f"block of {size} octets at octet {place} of {end}"
    cut = LEAST_OF_ANY <= size > window.end - offset
    return CaptureError(f"{name}: {said}: the file is {'cut off' if cut else 'damaged'}")


def read_blocks(file: BinaryIO, name: str) -> Iterator[tuple[str, int, bytes]]:
    """Yield the byte order, the type and the octets of each block; CaptureError at damage."""
    window, offset, order = Window(file), 0, ""
    while True:
        if offset + HEAD > window.end:
            window.move(offset)
            offset = 0
            if not window.end:
                return
        if window.data.startswith(_SECTION_TYPE, offset):
            order = byte_order(window, offset, name)
        if not order:
            raise CaptureError(f"{name}: no pcapng file, it starts with {window.data[:4].hex()}")
        kind, size, *_ = PACKET_HEADS[order](window.data, offset)
        if size < LEAST.get(kind, LEAST_OF_ANY) or size & 3:
            raise damage(window, offset, size, name)
        if offset + size > window.end:
            if not window.move(offset, size):
                raise damage(window, 0, size, name)
            offset = 0
        yield order, kind, window.data[offset : offset + size]
        offset += size


def interface(body: bytes, order: str) -> InterfaceBlock:
    """Return what the interface description block with this body says."""
    link_type, _, snap_length = struct.unpack_from(f"{order}HHI", body)
    found = dict(options(body[8:], order))
    name = found.get(_IF_NAME, b"").rstrip(b"\0").decode(errors="replace")
    resolution = found.get(_IF_TSRESOL, b"\x06")[0]
    ticks = 1 << (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    start = int.from_bytes(
        found.get(_IF_TSOFFSET, b""), "little" if order == "<" else "big", signed=True
    )
    return InterfaceBlock(name, link_type, ticks, start, snap_length)


def options(octets: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield the code and the value of each option that has one."""
    offset = 0
    while offset + 4 <= len(octets):
        code, size = struct.unpack_from(f"{order}HH", octets, offset)
        if size:
            yield code, octets[offset + 4 : offset + 4 + size]
        offset += 4 + size + -size % 4
