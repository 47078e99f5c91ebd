"""Addresses of this node, and those that it answers for in the place of their owners.

Layouts: linux/if_addr.h, linux/neighbour.h.
"""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from agents.core.actions import Action, AddAddress, ProxyNeighbor, RemoveAddress, StopProxying
from agents.live.interfaces import index_of
from agents.live.netlink import CREATE, EXCLUSIVE, REPLACE, Request, attribute
from agents.live.requests import DELETE_NEIGHBOR, NEW_NEIGHBOR, OWNER
from agents.wire.address import Address

ADDRESS_ACTIONS = (AddAddress, RemoveAddress, ProxyNeighbor, StopProxying)
NEW_ADDRESS, DELETE_ADDRESS, GET_ADDRESS = 20, 21, 22
PROTOCOL_OF_ADDRESS = 11  # kind of the attribute that says who made an address
PROXY = 0x8  # flag of a neighbour that is answered for

_ADDRESS = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, interface
_NEIGHBOR = struct.Struct("=BxxxiHBB")  # family, interface, state, flags, type
_NO_DETECTION, _NO_PREFIX_ROUTE, _PERMANENT = 0x02, 0x200, 0x80
_SYSCTL = Path("/proc/sys/net/ipv6")


def requests(action: Action) -> list[Request]:
    """Return what carries ``action`` out; OSError where the interface is not there."""
    match action:
        case AddAddress(interface, address):
            return [_address(NEW_ADDRESS, CREATE | EXCLUSIVE, index_of(interface), address)]
        case RemoveAddress(interface, address):
            return [_address(DELETE_ADDRESS, 0, index_of(interface), address)]
        case ProxyNeighbor(interface, address):
            _let_answer(interface)
            return [_proxy(NEW_NEIGHBOR, CREATE | REPLACE, index_of(interface), address)]
        case StopProxying(interface, address):
            return [_proxy(DELETE_NEIGHBOR, 0, index_of(interface), address)]
    raise TypeError(f"nothing about addresses: {action!r}")


def _address(kind: int, flags: int, interface: int, address: Address) -> Request:
    body = _ADDRESS.pack(socket.AF_INET6, 128, 0, 0, interface)
    body += attribute(1, address) + attribute(2, address)
    if kind == NEW_ADDRESS:
        how = _NO_DETECTION | _NO_PREFIX_ROUTE | _PERMANENT
        body += attribute(8, struct.pack("=I", how))
        body += attribute(PROTOCOL_OF_ADDRESS, bytes([OWNER]))
    return Request(kind, flags, body)


def _proxy(kind: int, flags: int, interface: int, address: Address) -> Request:
    body = _NEIGHBOR.pack(socket.AF_INET6, interface, _PERMANENT, PROXY, 0) + attribute(1, address)
    if kind == NEW_NEIGHBOR:
        body += attribute(12, bytes([OWNER]))
    return Request(kind, flags, body)


def _let_answer(interface: str) -> None:
    """Have the kernel answer for proxied neighbours, and at once (RFC 4861 §7.2.8 would wait)."""
    (_SYSCTL / "conf" / interface / "proxy_ndp").write_text("1")
    (_SYSCTL / "neigh" / interface / "proxy_delay").write_text("0")
