"""What the end of a tunnel lets in and out, beside what the routing policy says."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from agents.live.interfaces import index_of
from agents.live.netlink import NetlinkError
from agents.live.nft import Hook, Octets, copy, drop, from_interface, having
from agents.live.nftables import replace_table
from agents.wire.address import Address

_GUARD, _HUSH = "dmm", "dmm-hush"
_REDIRECT = 137
_PROTOCOL, _HOP_LIMIT = Octets(6, 1), Octets(7, 1)
_SOURCE, _DESTINATION = Octets(8, 16), Octets(24, 16)
_INNER_HOP_LIMIT = Octets(40 + 7, 1)
_MESSAGE = Octets(40, 1)


def guard(access: Sequence[str], local: Address) -> None:
    """Guard the tunnel's end ``local`` of a gateway with ``access`` interfaces.

    No attached node may speak with that address. The routing policy cannot say it: a packet that
    was just put into a tunnel is routed once more as if it came from the access link, now rightly
    with this address as its source.

    A packet in a tunnel to here goes on with the hop limit that has been left to the tunnel. The
    kernel takes no hop off a packet that it passes from tunnel to tunnel by segment routing, so
    that one which two gateways believe to be with the other would never end its way.

    OSError where an interface is not there; NetlinkError where the kernel has no nftables.
    """
    spoofed = [
        [*from_interface(index_of(name)), *having(_SOURCE, local), *drop()] for name in access
    ]
    tunnelled = having(_PROTOCOL, bytes([socket.IPPROTO_IPV6])) + having(_DESTINATION, local)
    try:
        replace_table(
            _GUARD, Hook.ENTRY, [*spoofed, [*tunnelled, *copy(_HOP_LIMIT, _INNER_HOP_LIMIT)]]
        )
    except NetlinkError as error:
        what = f"nftables, which must drop what attached nodes send as {local}"
        raise NetlinkError(error.errno, f"{what}: {error.strerror}") from error


def hush_redirects() -> None:
    """Send no Redirects from here; NetlinkError where the kernel has no nftables.

    What comes out of a tunnel by the interface by which it goes on looks to the kernel like the
    packet of a neighbour that has a better first hop (RFC 4861 §8.2), and is none.
    """
    redirect = having(_PROTOCOL, bytes([socket.IPPROTO_ICMPV6])) + having(
        _MESSAGE, bytes([_REDIRECT])
    )
    try:
        replace_table(_HUSH, Hook.ORIGIN, [[*redirect, *drop()]])
    except NetlinkError as error:
        what = "nftables, which must drop Redirects to the sources of tunnelled packets"
        raise NetlinkError(error.errno, f"{what}: {error.strerror}") from error
