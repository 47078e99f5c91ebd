"""The Router Advertisement that makes any access link look like home (RFC 5213 §6.7, §6.9.2)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from agents.core.actions import SendMessage
from agents.pmipv6.binding_update_list import Visit
from agents.pmipv6.config import GatewayConfig
from agents.wire.address import Address, Prefix
from agents.wire.ndisc import Mtu, PrefixInformation, RouterAdvertisement, SourceLinkLayerAddress
from agents.wire.numbers import PrefixFlag

HOP_LIMIT = 64
"""Hop limit for the node's packets (IANA's default of IP)."""

ALL_NODES = Address.parse("ff02::1")

Prefixes = tuple[Prefix, ...]

_FLAGS = int(PrefixFlag.ON_LINK | PrefixFlag.AUTONOMOUS)
_ADVERTISEMENTS_PER_LIFETIME = 3
_REMEMBERED = 1 << 16


class Contents(NamedTuple):
    """What is the same in all advertisements of a gateway, lifetimes first."""

    router_lifetime: int
    valid_lifetime: int
    preferred_lifetime: int
    mtu: int
    link_layer: bytes


class Advertiser:
    """Makes the advertisements of one gateway.

    They come from the addresses that all gateways share (RFC 6543 §4) and go to one link-layer
    address (RFC 6085 §3): in the IPv6 header to all nodes until the node's own address, which
    may still be tentative, has been seen.
    """

    def __init__(self, config: GatewayConfig) -> None:
        self._source = config.link_local
        self._contents = Contents(
            config.router_lifetime,
            config.valid_lifetime,
            config.preferred_lifetime,
            config.mtu,
            config.link_layer,
        )

    @property
    def interval(self) -> float:
        """Return the seconds between two: a third of the shortest lifetime that is in them."""
        lifetimes = filter(None, self._contents[:3])
        return min(lifetimes, default=float("inf")) / _ADVERTISEMENTS_PER_LIFETIME

    def advertise(self, visit: Visit) -> SendMessage:
        """Return the advertisement of the prefixes that are served, to this node alone.

        A prefix that the node was told of and has lost is deprecated.
        """
        return SendMessage(
            _message(self._contents, visit.served, visit.advertised),
            self._source,
            visit.neighbour or ALL_NODES,
            visit.interface,
            visit.profile.link_layer,
        )


@lru_cache(_REMEMBERED)
def _message(contents: Contents, served: Prefixes, advertised: Prefixes) -> RouterAdvertisement:
    lifetimes = contents.valid_lifetime, contents.preferred_lifetime
    lost = [prefix for prefix in advertised if prefix not in served]
    options = (
        SourceLinkLayerAddress(contents.link_layer),
        Mtu(contents.mtu),
        *[PrefixInformation(prefix, _FLAGS, *lifetimes) for prefix in served],
        *[PrefixInformation(prefix, _FLAGS, 0, 0) for prefix in lost],
    )
    return RouterAdvertisement(HOP_LIMIT, 0, contents.router_lifetime, 0, 0, options)
