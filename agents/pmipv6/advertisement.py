"""The Router Advertisement that makes any access link look like home (RFC 5213 §6.7, §6.9.2)."""

from __future__ import annotations

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


class Advertiser:
    """Makes the advertisements of one gateway.

    They come from the addresses that all gateways share (RFC 6543 §4) and go to one link-layer
    address (RFC 6085 §3): in the IPv6 header to all nodes until the node's own address, which
    may still be tentative, has been seen.
    """

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self._messages: dict[tuple[Prefixes, Prefixes], RouterAdvertisement] = {}

    @property
    def interval(self) -> float:
        """Return the seconds between two: a third of the shortest lifetime that is in them."""
        config = self._config
        lifetimes = (config.router_lifetime, config.valid_lifetime, config.preferred_lifetime)
        shortest = min(filter(None, lifetimes), default=float("inf"))
        return shortest / _ADVERTISEMENTS_PER_LIFETIME

    def advertise(self, visit: Visit) -> SendMessage:
        """Return the advertisement of the prefixes that are served, to this node alone.

        A prefix that the node was told of and has lost is deprecated.
        """
        key = visit.served, visit.advertised
        message = self._messages.get(key)
        if message is None:
            message = self._messages[key] = self._message(*key)
        return SendMessage(
            message,
            self._config.link_local,
            visit.neighbour or ALL_NODES,
            visit.interface,
            visit.profile.link_layer,
        )

    def _message(self, served: Prefixes, advertised: Prefixes) -> RouterAdvertisement:
        config = self._config
        lifetimes = config.valid_lifetime, config.preferred_lifetime
        lost = [prefix for prefix in advertised if prefix not in served]
        options = (
            SourceLinkLayerAddress(config.link_layer),
            Mtu(config.mtu),
            *[PrefixInformation(prefix, _FLAGS, *lifetimes) for prefix in served],
            *[PrefixInformation(prefix, _FLAGS, 0, 0) for prefix in lost],
        )
        return RouterAdvertisement(HOP_LIMIT, 0, config.router_lifetime, 0, 0, options)
