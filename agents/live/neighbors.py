"""What makes a message of Neighbour Discovery invalid (RFC 4861 §6.1, §7.1)."""

from __future__ import annotations

from typing import Any

from agents.live.sockets import Datagram
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.ndisc import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
    SourceLinkLayerAddress,
)

TYPES = range(133, 138)  # Router Solicitation to Redirect
ROUTER_SOLICITATION = 133
_MULTICAST = 0xFF
_SOLICITED_NODE = bytes.fromhex("ff0200000000000000000001ff")
_LOOPBACK = Address.parse("::1")
_SOLICITED = 0x4000_0000  # S flag of an advertisement
_LINK_LOCAL, _LINK_LOCAL_MASK = 0xFE80, 0xFFC0


def solicited_node(target: Address) -> Address:
    """Return the group of those that may have ``target`` (RFC 4291 §2.7.1)."""
    return Address(_SOLICITED_NODE + target[13:])


def routable(address: Address) -> bool:
    """Say whether ``address`` is of one node, and of more than one link."""
    if address[0] == _MULTICAST or _link_local(address):
        return False
    return address not in (UNSPECIFIED, _LOOPBACK)


def fault(message: Any, datagram: Datagram) -> str:
    """Return what is wrong with ``message`` beside its hop limit, "" where it is valid."""
    if datagram.home_address or datagram.routed_to:
        return "a home address"
    if message.code != 0:
        return f"code {message.code}"
    match message:
        case RouterSolicitation():
            return _without_address(message, datagram)
        case RouterAdvertisement():
            return "" if _link_local(datagram.source) else "its source is not link-local"
        case NeighborSolicitation(target):
            return _probe(message, datagram) or _no_target(target)
        case NeighborAdvertisement(target, flags):
            to_all = datagram.destination[0] == _MULTICAST
            return "solicited by all" if to_all and flags & _SOLICITED else _no_target(target)
    return ""


def _probe(message: NeighborSolicitation, datagram: Datagram) -> str:
    if datagram.source != UNSPECIFIED:
        return ""
    if datagram.destination[:13] != _SOLICITED_NODE:
        return "a probe that is not for a solicited-node group"
    return _without_address(message, datagram)


def _without_address(message: RouterSolicitation | NeighborSolicitation, datagram: Datagram) -> str:
    """Who has no address yet cannot ask to be known by one."""
    known = any(isinstance(option, SourceLinkLayerAddress) for option in message.options)
    return "a link-layer address of nobody" if known and datagram.source == UNSPECIFIED else ""


def _no_target(target: Address) -> str:
    return "its target is a group" if target[0] == _MULTICAST else ""


def _link_local(address: Address) -> bool:
    return int.from_bytes(address[:2], "big") & _LINK_LOCAL_MASK == _LINK_LOCAL
