"""Tables of nftables as netlink requests (linux/netfilter/nf_tables.h): one chain of rules each."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from agents.live.netlink import CREATE, EXCLUSIVE, Netlink, NetlinkError, Request, attribute

_NETFILTER = 12
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_NEW_TABLE, _DELETE_TABLE, _NEW_CHAIN, _NEW_RULE = 0xA00, 0xA02, 0xA03, 0xA06
_APPEND = 0x800
_RAW_PRIORITY = -300
_CHAIN = b"packets\0"
_REGISTER, _VERDICT_REGISTER, _INPUT_INTERFACE, _NETWORK_HEADER = 1, 0, 4, 1

Rule = Sequence[bytes]
"""A rule: expressions that are evaluated in turn, until one does not match."""


class Hook(IntEnum):
    """Where packets meet a table."""

    ENTRY = 0  # all that come in, before they are routed
    DELIVERY = 1  # those to this node itself, and what a tunnel that ends here has held
    ORIGIN = 3  # all that this node itself sends


class Header(IntEnum):
    """Extension headers that can be looked for (their protocol numbers)."""

    ROUTING = 43
    DESTINATION_OPTIONS = 60


class Octets(NamedTuple):
    """A part of the packet, counted from the start of its IPv6 header."""

    offset: int
    length: int


def replace_table(name: str, hook: Hook, rules: Sequence[Rule]) -> None:
    """Evaluate ``rules`` for every packet at ``hook``; NetlinkError where the kernel cannot.

    The table ``name`` takes the place of one that an agent that ran here before has made.
    """
    netlink = Netlink(_NETFILTER)
    table = attribute(1, name.encode() + b"\0")
    try:
        _create(netlink, table, hook, rules)
    except NetlinkError as error:
        if error.errno != errno.EEXIST:
            raise
        _transact(netlink, [_request(_DELETE_TABLE, 0, table)])
        _create(netlink, table, hook, rules)
    finally:
        netlink.close()


def from_interface(index: int) -> list[bytes]:
    """Match packets that came in at the interface with ``index``."""
    load = _expression(b"meta", _word_attribute(1, _REGISTER), _word_attribute(2, _INPUT_INTERFACE))
    return [load, _equal(struct.pack("=I", index))]


def having(part: Octets, value: bytes) -> list[bytes]:
    """Match packets with ``value`` at ``part``."""
    return [_payload(_word_attribute(1, _REGISTER), part), _equal(value)]


def with_header(header: Header, part: Octets, value: bytes) -> list[bytes]:
    """Match packets with ``value`` at ``part`` of an extension ``header``."""
    load = _expression(
        b"exthdr",
        *(_word_attribute(1, _REGISTER), attribute(2, bytes([header]))),
        *(_word_attribute(3, part.offset), _word_attribute(4, part.length)),
    )
    return [load, _equal(value)]


def log_to(group: int) -> list[bytes]:
    """Give a copy of packets to who listens to this ``group`` (``agents.live.packet_log``)."""
    return [_expression(b"log", attribute(1, struct.pack(">H", group)))]


def copy(part: Octets, to: Octets) -> list[bytes]:
    """Write what a packet has at ``part`` to another place in it as well."""
    source_register = 5
    return [
        _payload(_word_attribute(1, _REGISTER), part),
        _payload(_word_attribute(source_register, _REGISTER), to),
    ]


def drop() -> list[bytes]:
    """Count packets, and drop them."""
    verdict = attribute(2, attribute(2, _word_attribute(1, 0)))
    immediate = _word_attribute(1, _VERDICT_REGISTER) + verdict
    return [_expression(b"counter"), _expression(b"immediate", immediate)]


def _create(netlink: Netlink, table: bytes, hook: Hook, rules: Sequence[Rule]) -> None:
    where = attribute(1, _word(hook)) + attribute(2, struct.pack(">i", _RAW_PRIORITY))
    chain = table + attribute(3, _CHAIN) + attribute(4, where) + attribute(7, b"filter\0")
    _transact(
        netlink,
        [
            _request(_NEW_TABLE, CREATE | EXCLUSIVE, table),
            _request(_NEW_CHAIN, CREATE, chain),
            *(_rule(table, expressions) for expressions in rules),
        ],
    )


def _transact(netlink: Netlink, messages: Sequence[Request]) -> None:
    netlink.transact([_batch(_BATCH_BEGIN), *messages, _batch(_BATCH_END)])


def _rule(table: bytes, expressions: Rule) -> Request:
    body = table + attribute(2, _CHAIN) + attribute(4, b"".join(expressions))
    return _request(_NEW_RULE, CREATE | _APPEND, body)


def _payload(register: bytes, part: Octets) -> bytes:
    return _expression(
        b"payload",
        register,
        *(_word_attribute(2, _NETWORK_HEADER), _word_attribute(3, part.offset)),
        _word_attribute(4, part.length),
    )


def _equal(value: bytes) -> bytes:
    data = attribute(3, attribute(1, value))
    return _expression(b"cmp", _word_attribute(1, _REGISTER), _word_attribute(2, 0), data)


def _expression(name: bytes, *parts: bytes) -> bytes:
    return attribute(1, attribute(1, name + b"\0") + attribute(2, b"".join(parts)))


def _word(value: int) -> bytes:
    return struct.pack(">I", value)


def _word_attribute(kind: int, value: int) -> bytes:
    return attribute(kind, _word(value))


def _request(kind: int, flags: int, attributes: bytes) -> Request:
    return Request(kind, flags, struct.pack(">BBH", socket.AF_INET6, 0, 0) + attributes)


def _batch(kind: int) -> Request:
    nftables = 10
    return Request(kind, 0, struct.pack(">BBH", 0, 0, nftables))
