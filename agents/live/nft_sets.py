"""Sets and maps of nftables that count, that hold values, that packets themselves add to.

Layout: linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agents.live.netlink import CREATE, Netlink, Request, attribute, attributes
from agents.live.nft import FIRST_REGISTER, expression, listed, named, request, text, word

_NEW_SET, _DELETE_SET = 0xA09, 0xA0B
_NEW_ELEMENTS, _GET_ELEMENTS, _DELETE_ELEMENTS = 0xA0C, 0xA0D, 0xA0E
_MAP, _TIMEOUT, _BY_PACKETS = 0x08, 0x10, 0x20
_SIZE = 1  # of the description of a set
_UPDATE = 1  # a member is added, or lives on
_COUNTER = attribute(1, b"counter\0") + attribute(2, b"")
_KEY, _DATA, _EXPRESSION = 1, 2, 7  # of an element
_MARK_TYPE = 19  # what the command nft takes values for, which could list none of no type
_LIST = 400  # elements to a message


class Kind(NamedTuple):
    """What is in a set: octets of a key and of a value, whether it counts, how many at most.

    ``by_packets``: rules add to it, and what no packet renews for some time leaves it.
    """

    length: int
    value: int = 0
    counts: bool = False
    by_packets: bool = False
    most: int = 0


def new_set(table: str, name: str, kind: Kind, number: int) -> Request:
    """Return what makes a set; ``number`` is unique in a batch."""
    flags = (_MAP if kind.value else 0) | (_TIMEOUT | _BY_PACKETS if kind.by_packets else 0)
    body = named(table) + attribute(2, text(name)) + word(3, flags) + word(4, 0)
    body += word(5, kind.length) + word(10, number)
    if kind.value:
        body += word(6, _MARK_TYPE) + word(7, kind.value)
    if kind.most:
        body += attribute(9, word(_SIZE, kind.most))
    if kind.counts:
        body += attribute(17, _COUNTER)
    return request(_NEW_SET, CREATE, body)


def delete_set(table: str, name: str) -> Request:
    """Return what deletes a set that no rule looks into."""
    return request(_DELETE_SET, 0, named(table) + attribute(2, text(name)))


def put(table: str, name: str, elements: Sequence[tuple[bytes, bytes]]) -> list[Request]:
    """Return what puts keys with their values, b"" for none, into a set."""
    return _each(_NEW_ELEMENTS, CREATE, table, name, elements)


def take(table: str, name: str, keys: Sequence[bytes]) -> list[Request]:
    """Return what takes keys out of a set, in which they must be."""
    return _each(_DELETE_ELEMENTS, 0, table, name, [(key, b"") for key in keys])


def counters(netlink: Netlink, table: str, name: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield the keys in a set, and the octets and packets that each has counted."""
    body = named(table) + attribute(2, text(name))
    for answer in netlink.dump(request(_GET_ELEMENTS, 0, body)):
        for element in listed(attributes(answer[4:]).get(3, b"")):
            parts = attributes(element)
            if _EXPRESSION in parts:
                counted = attributes(attributes(parts[_EXPRESSION])[2])
                octets, packets = (int.from_bytes(counted.get(n, b""), "big") for n in (1, 2))
                yield attributes(parts[_KEY])[1], octets, packets


def look_up(name: str, into: int = 0) -> bytes:
    """Load the value of the key that is loaded, to a word of the register; or do not match."""
    found = attribute(1, text(name)) + word(2, FIRST_REGISTER)
    return expression(b"lookup", found, word(3, FIRST_REGISTER + into))


def remember(name: str, seconds: float, *, counts: bool = False) -> bytes:
    """Put the key that is loaded into a set for some time; do not match where it is full."""
    milliseconds = struct.pack(">Q", max(1, round(seconds * 1000)))
    parts = attribute(1, text(name)), word(3, _UPDATE), word(4, FIRST_REGISTER)
    counter = attribute(7, _COUNTER) if counts else b""
    return expression(b"dynset", *parts, attribute(6, milliseconds), counter)


def keep(bits: bytes, at: int) -> bytes:
    """Keep those ``bits`` of what a register holds, from its word number ``at`` on."""
    register = word(1, FIRST_REGISTER + at) + word(2, FIRST_REGISTER + at)
    values = attribute(4, attribute(1, bits)) + attribute(5, attribute(1, bytes(len(bits))))
    return expression(b"bitwise", register, word(3, len(bits)), values)


def _each(
    kind: int, flags: int, table: str, name: str, elements: Sequence[tuple[bytes, bytes]]
) -> list[Request]:
    start = named(table) + attribute(2, text(name))
    return [
        request(kind, flags, start + attribute(3, b"".join(map(_element, elements[n : n + _LIST]))))
        for n in range(0, len(elements), _LIST)
    ]


def _element(element: tuple[bytes, bytes]) -> bytes:
    key, value = element
    body = attribute(_KEY, attribute(1, key))
    return attribute(1, body + attribute(_DATA, attribute(1, value)) if value else body)
