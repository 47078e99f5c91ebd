"""Options put into blocks of pcapng files: comments, and the descriptions of interfaces."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from testbed.evidence import blocks

_DESCRIPTION = 3  # of an interface
_LONGEST = 0xFFFC  # octets of a value
_SECTION_LENGTH = 16  # where a section says how long it is
_UNKNOWN = b"\xff" * 8
_OPTIONS = {blocks.SECTION: 24, blocks.INTERFACE: 16}  # where they begin


def commented(order: str, block: bytes, comments: Iterable[str]) -> bytes:
    """Return the ``block`` of a section, an interface or a packet with ``comments`` put first."""
    octets = b"".join(_option(order, blocks.COMMENT, text) for text in comments)
    return _with_options(order, block, octets)


def described(order: str, block: bytes, description: str) -> bytes:
    """Return the ``block`` of an interface with ``description``, unless it has one or that is none.

    An interface is described but once.
    """
    known = dict(blocks.options(block[_OPTIONS[blocks.INTERFACE] : -4], order))
    if not description or _DESCRIPTION in known:
        return block
    return _with_options(order, block, _option(order, _DESCRIPTION, description))


def _option(order: str, code: int, text: str) -> bytes:
    value = text.encode()[:_LONGEST].decode(errors="ignore").encode()
    head = struct.pack(f"{order}HH", code, len(value))
    return head + value + bytes(-len(value) % 4)


def _with_options(order: str, block: bytes, options: bytes) -> bytes:
    kind, _, _, _, _, captured, _ = blocks.PACKET_HEADS[order](block.ljust(blocks.HEAD, b"\0"))
    begin = _OPTIONS.get(kind) or blocks.HEAD + captured + -captured % 4
    head, after = block[8:begin], block[begin:-4]
    if kind == blocks.SECTION:
        head = head[: _SECTION_LENGTH - 8] + _UNKNOWN
    end = after or bytes(4)  # options end with one of type and length 0
    body = head + options + end
    whole = struct.pack(f"{order}I", len(body) + 12)
    return block[:4] + whole + body + whole
