"""Neighbor Discovery: its messages and options, as one name for those who speak it."""

from agents.wire.icmpv6_messages import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from agents.wire.nd_options import (
    AdvertisementInterval,
    HomeAgentInformation,
    Mtu,
    PrefixInformation,
    RomipAddress,
    RomipIdentifier,
    RomipSessions,
    RouteInformation,
    SourceLinkLayerAddress,
    TargetLinkLayerAddress,
    UnknownNdOption,
)

__all__ = [
    "AdvertisementInterval",
    "HomeAgentInformation",
    "Mtu",
    "NeighborAdvertisement",
    "NeighborSolicitation",
    "PrefixInformation",
    "RomipAddress",
    "RomipIdentifier",
    "RomipSessions",
    "RouteInformation",
    "RouterAdvertisement",
    "RouterSolicitation",
    "SourceLinkLayerAddress",
    "TargetLinkLayerAddress",
    "UnknownNdOption",
]
