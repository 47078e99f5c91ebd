"""Neighbours that were looked for on a link and will not answer: they stay behind after a move.

The kernel keeps packets for each of them for three seconds, and a TCP connection with packets in
such a queue sends nothing meanwhile, not even by its new route.
"""

from __future__ import annotations

import socket
import struct

from agents.live.netlink import Netlink, Request, attributes
from agents.live.requests import DELETE_NEIGHBOR, GET_NEIGHBOR
from agents.wire.address import Address

_NEIGHBOR = struct.Struct("=BxxxiHBB")  # family, interface, state, flags, type
_INCOMPLETE, _DESTINATION = 0x01, 1


def forget_unreachable(netlink: Netlink, interface: int, router: Address) -> int:
    """Forget all that ``interface`` looks for but for ``router``; return how many that were."""
    bodies = netlink.dump(Request(GET_NEIGHBOR, 0, _NEIGHBOR.pack(socket.AF_INET6, 0, 0, 0, 0)))
    found = [
        Request(DELETE_NEIGHBOR, 0, body) for body in bodies if _stays(body, interface, router)
    ]
    netlink.execute(found)
    return len(found)


def _stays(body: bytes, interface: int, router: Address) -> bool:
    _, index, state, _, _ = _NEIGHBOR.unpack_from(body)
    sought = attributes(body[_NEIGHBOR.size :]).get(_DESTINATION)
    return index == interface and state == _INCOMPLETE and sought != router
