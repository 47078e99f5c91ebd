"""A host with a new address tells its first-hop router who it is (RFC 9131).

Else the first packet that comes back waits until the router has solicited, and from an optimistic
address, which names no link-layer address of its own before, that is always so (RFC 4429 §2.2).
"""

from __future__ import annotations

from agents.core.actions import SendMessage
from agents.mipv6.places import ALL_ROUTERS, Place
from agents.wire.ndisc import NeighborAdvertisement, TargetLinkLayerAddress

_GIVES_WAY = 0
"""Without the Override flag: an entry that the router has stays as it is (RFC 9131 §6.1.2)."""


def first_hop_notice(place: Place, link_layer: bytes) -> SendMessage:
    """Return the Neighbor Advertisement that lets routers know ``link_layer`` for a new address."""
    option = TargetLinkLayerAddress(link_layer)
    message = NeighborAdvertisement(place.address, _GIVES_WAY, (option,))
    return SendMessage(message, place.address, ALL_ROUTERS, place.interface)
