"""What tables of nftables are made of (linux/netfilter/nf_tables.h)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from agents.live.netlink import CREATE, EXCLUSIVE, Netlink, Request, attribute, attributes

NETFILTER = 12
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_NEW_TABLE, _DELETE_TABLE, _NEW_CHAIN, _NEW_RULE, _GET_RULE = 0xA00, 0xA02, 0xA03, 0xA06, 0xA07
_DELETE_RULE, _NEW_SET, _NEW_ELEMENTS, _DELETE_ELEMENTS = 0xA08, 0xA09, 0xA0C, 0xA0E
_APPEND = 0x800
RAW = -300
CHAIN = "packets"
FIRST_REGISTER, _VERDICT_REGISTER = 8, 0  # the first of 16 words
_INPUT_INTERFACE, PROTOCOL = 4, 16  # what meta can load
_DROP, _ACCEPT = 0, 1
_ELEMENTS = 500  # to a message

Rule = Sequence[bytes]
"""A rule: expressions that are evaluated in turn, until one does not match."""


class Hook(IntEnum):
    """Where packets meet a table."""

    ENTRY = 0  # all that come in, before they are routed
    DELIVERY = 1  # those to this node itself, and what a tunnel that ends here has held
    ORIGIN = 3  # all that this node itself sends
    EXIT = 4  # all that go out


class Header(IntEnum):
    """Extension headers that can be looked for (their protocol numbers)."""

    ROUTING = 43
    DESTINATION_OPTIONS = 60


class Base(IntEnum):
    """What parts of a packet are counted from: the IPv6 header, or what follows all of its kind."""

    NETWORK = 1
    TRANSPORT = 2


class Octets(NamedTuple):
    """A part of the packet, counted from the start of its IPv6 header or of its payload."""

    offset: int
    length: int
    base: Base = Base.NETWORK


def new_table(name: str, hook: Hook, priority: int = RAW) -> list[Request]:
    """Return what makes a table with one chain; EEXIST where there is one of that name."""
    table = named(name)
    where = attribute(1, _word(hook)) + attribute(2, struct.pack(">i", priority))
    chain = table + attribute(3, text(CHAIN)) + attribute(4, where) + attribute(7, b"filter\0")
    return [request(_NEW_TABLE, CREATE | EXCLUSIVE, table), request(_NEW_CHAIN, CREATE, chain)]


def delete_table(name: str) -> Request:
    """Return what deletes a table with all that is in it."""
    return request(_DELETE_TABLE, 0, named(name))


def new_rule(table: str, rule: Rule, *, first: bool = False, chain: str = CHAIN) -> Request:
    """Return what evaluates ``rule`` after those that are there, or before all of them."""
    body = named(table) + attribute(2, text(chain)) + attribute(4, b"".join(rule))
    return request(_NEW_RULE, CREATE if first else CREATE | _APPEND, body)


def delete_rules(table: str) -> Request:
    """Return what deletes all rules of a table's chain, which stays."""
    return request(_DELETE_RULE, 0, named(table) + attribute(2, text(CHAIN)))


def new_set(table: str, name: str, length: int, number: int) -> Request:
    """Return what makes a set of keys of ``length`` octets; ``number`` is unique in a batch."""
    body = named(table) + attribute(2, text(name)) + word(3, 0) + word(4, 0)
    return request(_NEW_SET, CREATE, body + word(5, length) + word(10, number))


def add_keys(table: str, name: str, keys: Sequence[bytes]) -> list[Request]:
    """Return what puts ``keys`` into a set."""
    return [request(_NEW_ELEMENTS, CREATE, body) for body in _elements(table, name, keys)]


def remove_keys(table: str, name: str, keys: Sequence[bytes]) -> list[Request]:
    """Return what takes ``keys`` out of a set, in which they must be."""
    return [request(_DELETE_ELEMENTS, 0, body) for body in _elements(table, name, keys)]


def transact(netlink: Netlink, messages: Sequence[Request]) -> None:
    """Carry out all of ``messages`` or none; NetlinkError if the kernel refuses one."""
    netlink.transact([_batch(_BATCH_BEGIN), *messages, _batch(_BATCH_END)])


def counted(netlink: Netlink, table: str) -> int:
    """Return how many packets the rules of a table have counted, 0 where it is not there."""
    total = 0
    for body in netlink.dump(request(_GET_RULE, 0, named(table))):
        values = attributes(body[4:])
        if values.get(1) != table.encode() + b"\0":
            continue
        for expression in listed(values.get(4, b"")):
            parts = attributes(expression)
            if parts.get(1) == b"counter\0":
                total += int.from_bytes(attributes(parts[2]).get(2, b""), "big")
    return total


def load(part: Octets, word_: int = 0) -> bytes:
    """Load a part of the packet, to the register's word number ``word_``; or do not match."""
    register = word(1, FIRST_REGISTER + word_)
    where = word(2, part.base), word(3, part.offset), word(4, part.length)
    return expression(b"payload", register, *where)


def store(part: Octets, word_: int = 0) -> bytes:
    """Write to a part of the packet what the register holds."""
    register = word(5, FIRST_REGISTER + word_)
    where = word(2, part.base), word(3, part.offset), word(4, part.length)
    return expression(b"payload", *where, register)


def mask(length: int, word_: int) -> bytes:
    """Keep of the address in a register the first ``length`` bits."""
    bits = ((1 << length) - 1 << 128 - length).to_bytes(16, "big")
    register = word(1, FIRST_REGISTER + word_) + word(2, FIRST_REGISTER + word_)
    values = attribute(4, attribute(1, bits)) + attribute(5, attribute(1, bytes(16)))
    return expression(b"bitwise", register, word(3, 16), values)


def in_set(name: str, *, absent: bool = False) -> bytes:
    """Match where what is loaded is in the set ``name``, or is ``absent`` from it."""
    found = attribute(1, text(name)) + word(2, FIRST_REGISTER)
    return expression(b"lookup", found, word(5, 1 if absent else 0))


def equal(value: bytes) -> bytes:
    """Match where what is loaded is ``value``."""
    return _compare(0, value)


def between(lowest: bytes, highest: bytes) -> list[bytes]:
    """Match where what is loaded is one of these or between them."""
    return [_compare(5, lowest), _compare(3, highest)]


def with_bit(bit: int) -> list[bytes]:
    """Match where ``bit`` is set in the octet that is loaded."""
    register = word(1, FIRST_REGISTER) + word(2, FIRST_REGISTER)
    values = attribute(4, attribute(1, bytes([bit]))) + attribute(5, attribute(1, b"\0"))
    return [expression(b"bitwise", register, word(3, 1), values), _compare(1, b"\0")]


def from_interface(index: int) -> list[bytes]:
    """Match packets that came in at the interface with ``index``."""
    return [meta(_INPUT_INTERFACE), equal(struct.pack("=I", index))]


def of_protocol(protocol: int, *, other: bool = False) -> list[bytes]:
    """Match packets that carry ``protocol`` behind their extension headers, or any ``other``."""
    return [meta(PROTOCOL), _compare(1 if other else 0, bytes([protocol]))]


def having(part: Octets, value: bytes) -> list[bytes]:
    """Match packets with ``value`` at ``part``."""
    return [load(part), equal(value)]


def with_header(header: Header, part: Octets, value: bytes) -> list[bytes]:
    """Match packets with ``value`` at ``part`` of an extension ``header``."""
    what = word(1, FIRST_REGISTER), attribute(2, bytes([header]))
    where = word(3, part.offset), word(4, part.length)
    return [expression(b"exthdr", *what, *where), equal(value)]


def log_to(group: int, prefix: str = "", most: int = 0) -> list[bytes]:
    """Give a copy of packets to who listens to this ``group`` (``agents.live.packet_log``).

    With it comes ``prefix``; ``most`` is how many octets are copied, 0 for all.
    """
    parts = [attribute(1, struct.pack(">H", group))]
    parts += [attribute(2, text(prefix))] if prefix else []
    parts += [word(3, most)] if most else []
    return [expression(b"log", *parts)]


def copy(part: Octets, to: Octets) -> list[bytes]:
    """Write what a packet has at ``part`` to another place in it as well."""
    return [load(part), store(to)]


def count() -> list[bytes]:
    """Count packets."""
    return [expression(b"counter")]


def drop() -> list[bytes]:
    """Count packets, and drop them."""
    return [*count(), _verdict(_DROP)]


def accept() -> list[bytes]:
    """Let packets pass this table."""
    return [_verdict(_ACCEPT)]


def reject(kind: int, code: int = 0) -> list[bytes]:
    """Count packets, and answer them: by an ICMPv6 error (0) with ``code``, or a TCP reset (1)."""
    answer = word(1, kind) + attribute(2, bytes([code]))
    return [*count(), expression(b"reject", answer)]


def expression(name: bytes, *parts: bytes) -> bytes:
    """Return an expression of a rule."""
    return attribute(1, attribute(1, name + b"\0") + attribute(2, b"".join(parts)))


def word(kind: int, value: int) -> bytes:
    """Return an attribute that holds a number of 32 bits."""
    return attribute(kind, _word(value))


def request(kind: int, flags: int, attributes_: bytes) -> Request:
    """Return a request about a table of the family IPv6."""
    return Request(kind, flags, struct.pack(">BBH", socket.AF_INET6, 0, 0) + attributes_)


def listed(octets: bytes) -> Iterator[bytes]:
    """Yield the attributes in ``octets`` in their order, whatever their kinds."""
    offset = 0
    while offset + 4 <= len(octets):
        (length,) = struct.unpack_from("=H", octets, offset)
        if length < 4:
            return
        yield octets[offset + 4 : offset + length]
        offset += (length + 3) & ~3


def named(table: str) -> bytes:
    """Return the attribute that names the table."""
    return attribute(1, text(table))


def text(name: str) -> bytes:
    """Return a name as the kernel reads it."""
    return name.encode() + b"\0"


def meta(what: int, word_: int = 0) -> bytes:
    """Load what the kernel knows of a packet beside its octets."""
    return expression(b"meta", word(1, FIRST_REGISTER + word_), word(2, what))


def _compare(how: int, value: bytes) -> bytes:
    data = attribute(3, attribute(1, value))
    return expression(b"cmp", word(1, FIRST_REGISTER), word(2, how), data)


def _verdict(code: int) -> bytes:
    verdict = attribute(2, attribute(2, word(1, code)))
    return expression(b"immediate", word(1, _VERDICT_REGISTER) + verdict)


def _elements(table: str, name: str, keys: Sequence[bytes]) -> Iterator[bytes]:
    for start in range(0, len(keys), _ELEMENTS):
        elements = (
            attribute(1, attribute(1, attribute(1, key))) for key in keys[start : start + _ELEMENTS]
        )
        yield named(table) + attribute(2, text(name)) + attribute(3, b"".join(elements))


def _word(value: int) -> bytes:
    return struct.pack(">I", value)


def _batch(kind: int) -> Request:
    nftables = 10
    return Request(kind, 0, struct.pack(">BBH", 0, 0, nftables))
