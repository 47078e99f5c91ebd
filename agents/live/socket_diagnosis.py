"""Connections of this host's programs, ended by the kernel (linux/sock_diag.h, inet_diag.h).

The program gets an error at once, and the peer a reset, also where neither would send anything.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

from agents.live.netlink import Netlink, NetlinkError, Request

_DIAGNOSIS = 4  # NETLINK_SOCK_DIAG
_BY_FAMILY, _DESTROY = 20, 21
_REQUEST = struct.Struct("=BBBxI48s")  # family, protocol, extensions, states, whose
_WHOSE = struct.Struct("!HH16s16s12s")  # ports, addresses, interface and cookie
_MESSAGE = struct.Struct("=BBBB48s")  # family, state, timer, retransmissions, whose
_CONNECTED = {socket.IPPROTO_TCP, socket.IPPROTO_UDP}
_ALL_STATES = 0xFFFF_FFFF


def end(local: bytes, peer: bytes, protocol: int, port: int) -> None:
    """End the connections of a flow; ``protocol`` 0 stands for all, ``port`` 0 for any.

    A kernel that cannot leaves it to the next packet that is refused.
    """
    netlink = Netlink(_DIAGNOSIS)
    for each in _CONNECTED if protocol == 0 else _CONNECTED & {protocol}:
        with suppress(NetlinkError):
            found = list(_found(netlink, each, local, peer, port))
            netlink.execute([_request(_DESTROY, each, whose) for whose in found])
    netlink.close()


def _found(
    netlink: Netlink, protocol: int, local: bytes, peer: bytes, port: int
) -> Iterator[bytes]:
    for body in netlink.dump(_request(_BY_FAMILY, protocol, bytes(48))):
        *_, whose = _MESSAGE.unpack_from(body)
        from_port, _, source, destination, _ = _WHOSE.unpack(whose)
        if (source, destination) == (local, peer) and port in (0, from_port):
            yield whose


def _request(kind: int, protocol: int, whose: bytes) -> Request:
    body = _REQUEST.pack(socket.AF_INET6, protocol, 0, _ALL_STATES, whose)
    return Request(kind, 0, body)
