"""No attached node may speak with an address of this router: an nftables rule drops it on entry.

The routing policy cannot say it: a packet that was just put into a tunnel is routed once more
as if it came from the access link, now rightly with this router's address as its source.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Sequence

from agents.live.netlink import CREATE, EXCLUSIVE, Netlink, NetlinkError, Request, attribute
from agents.wire.address import Address

_NETFILTER = 12
_TABLE, _CHAIN = b"dmm\0", b"access\0"
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_NEW_TABLE, _DELETE_TABLE, _NEW_CHAIN, _NEW_RULE = 0xA00, 0xA02, 0xA03, 0xA06
_APPEND = 0x800
_PREROUTING, _RAW_PRIORITY = 0, -300
_REGISTER, _VERDICT_REGISTER, _INPUT_INTERFACE, _NETWORK_HEADER = 1, 0, 4, 1
_SOURCE_OFFSET, _SOURCE_LENGTH = 8, 16


def drop_spoofed(interfaces: Sequence[int], local: Address) -> None:
    """Drop what enters at ``interfaces`` (indices) with source ``local``; NetlinkError if refused.

    Replaces what an agent that ran here before has set up.
    """
    netlink = Netlink(_NETFILTER)
    try:
        _create(netlink, interfaces, local)
    except NetlinkError as error:
        if error.errno != errno.EEXIST:
            raise
        _transact(netlink, [_request(_DELETE_TABLE, 0, attribute(1, _TABLE))])
        _create(netlink, interfaces, local)
    finally:
        netlink.close()


def _create(netlink: Netlink, interfaces: Sequence[int], local: Address) -> None:
    table = attribute(1, _TABLE)
    hook = attribute(1, _word(_PREROUTING)) + attribute(2, struct.pack(">i", _RAW_PRIORITY))
    chain = table + attribute(3, _CHAIN) + attribute(4, hook) + attribute(7, b"filter\0")
    messages = [
        _request(_NEW_TABLE, CREATE | EXCLUSIVE, table),
        _request(_NEW_CHAIN, CREATE, chain),
        *(_rule(interface, local) for interface in interfaces),
    ]
    _transact(netlink, messages)


def _transact(netlink: Netlink, messages: Sequence[Request]) -> None:
    netlink.transact([_batch(_BATCH_BEGIN), *messages, _batch(_BATCH_END)])


def _rule(interface: int, local: Address) -> Request:
    expressions = (
        _expression(b"meta", _word_attribute(1, _REGISTER), _word_attribute(2, _INPUT_INTERFACE)),
        _equal(struct.pack("=I", interface)),
        _expression(
            b"payload",
            *(_word_attribute(1, _REGISTER), _word_attribute(2, _NETWORK_HEADER)),
            *(_word_attribute(3, _SOURCE_OFFSET), _word_attribute(4, _SOURCE_LENGTH)),
        ),
        _equal(local),
        _expression(b"counter"),
        _drop(),
    )
    body = attribute(1, _TABLE) + attribute(2, _CHAIN) + attribute(4, b"".join(expressions))
    return _request(_NEW_RULE, CREATE | _APPEND, body)


def _equal(value: bytes) -> bytes:
    data = attribute(3, attribute(1, value))
    return _expression(b"cmp", _word_attribute(1, _REGISTER), _word_attribute(2, 0), data)


def _drop() -> bytes:
    verdict = attribute(2, attribute(2, _word_attribute(1, 0)))
    return _expression(b"immediate", _word_attribute(1, _VERDICT_REGISTER), verdict)


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
