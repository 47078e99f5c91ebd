"""The Router Advertisement that makes any access link look like home (RFC 5213 §6.7, §6.9.2)."""

from __future__ import annotations

from agents.core.actions import SendMessage
from agents.pmipv6.binding_update_list import Visit
from agents.pmipv6.config import GatewayConfig
from agents.wire.address import Address
from agents.wire.ndisc import Mtu, PrefixInformation, RouterAdvertisement, SourceLinkLayerAddress
from agents.wire.numbers import PrefixFlag

HOP_LIMIT = 64
"""Hop limit for the node's packets (IANA's default of IP)."""

ALL_NODES = Address.parse("ff02::1")

_FLAGS = int(PrefixFlag.ON_LINK | PrefixFlag.AUTONOMOUS)
_ADVERTISEMENTS_PER_LIFETIME = 3


def advertisement(config: GatewayConfig, visit: Visit) -> SendMessage:
    """Return the advertisement of the prefixes that are served, to this node alone.

    It goes to one link-layer address (RFC 6085) from the addresses that all gateways share
    (RFC 6543); to all nodes in the IPv6 header until the node's own address is known, which may
    be tentative still. A prefix that the node was told of and has lost is deprecated.
    """
    options = (
        SourceLinkLayerAddress(config.link_layer),
        Mtu(config.mtu),
        *[
            PrefixInformation(prefix, _FLAGS, config.valid_lifetime, config.preferred_lifetime)
            for prefix in visit.served
        ],
        *[
            PrefixInformation(prefix, _FLAGS, 0, 0)
            for prefix in visit.advertised
            if prefix not in visit.served
        ],
    )
    return SendMessage(
        RouterAdvertisement(HOP_LIMIT, 0, config.router_lifetime, 0, 0, options),
        config.link_local,
        visit.neighbour or ALL_NODES,
        visit.interface,
        visit.profile.link_layer,
    )


def advertisement_interval(config: GatewayConfig) -> float:
    """Return the seconds between two advertisements: a third of the shortest lifetime in them."""
    lifetimes = (config.router_lifetime, config.valid_lifetime, config.preferred_lifetime)
    shortest = min((lifetime for lifetime in lifetimes if lifetime), default=0)
    return shortest / _ADVERTISEMENTS_PER_LIFETIME if shortest else float("inf")
