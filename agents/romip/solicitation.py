"""Steps 1 and 4: what a Router Solicitation lists, and the advertisement that answers it.

More sessions than one solicitation holds come in several. Their reserved fields then have, from
the high bits on, the generation of the list in 16 bits, which part of it this is in 8, and how
many follow after the first in 8. A list that is sent again keeps its generation, so that parts
that were lost are made good one by one. One solicitation alone has 0 there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from agents.core.actions import SendMessage
from agents.romip.config import MaarConfig
from agents.romip.lists import Pair, Place
from agents.wire.address import Address, Prefix
from agents.wire.nd_options import HomeAddressPair
from agents.wire.ndisc import (
    Mtu,
    PrefixInformation,
    RomipAddress,
    RomipIdentifier,
    RomipSessions,
    RouterAdvertisement,
    RouterSolicitation,
    SourceLinkLayerAddress,
)
from agents.wire.numbers import PrefixFlag

ALL_NODES = Address.parse("ff02::1")
ALL_ROUTERS = Address.parse("ff02::2")

PAIRS_PER_SOLICITATION = 30
"""So many fit into 1280 octets beside an identifier of 200."""

PARTS = 256
"""Solicitations that one list may take."""

HOP_LIMIT = 64
"""Hop limit for the node's packets (IANA's default of IP)."""

_ON_LINK = int(PrefixFlag.ON_LINK)
_UNIT = 8


class Solicitation(NamedTuple):
    """What a solicitation says of a node and its sessions."""

    identifier: str | None
    generation: int
    part: int
    parts: int
    pairs: tuple[Pair, ...]


def read_solicitation(message: RouterSolicitation) -> Solicitation | str:
    """Return what a solicitation says, or why it cannot be understood."""
    identifier: str | None = None
    numbering = 0
    pairs: list[Pair] = []
    for option in message.options:
        match option:
            case RomipIdentifier(length, octets):
                if length > len(octets):
                    return "solicitation with an identifier that is cut off"
                identifier = octets[:length].decode(errors="replace")
            case RomipSessions(count, listed, reserved):
                if count != len(listed):
                    return "solicitation with a wrong number of sessions"
                numbering = reserved
                pairs += [Pair(pair.mobile_node, pair.correspondent) for pair in listed]
    generation, index, more = numbering >> 16, numbering >> 8 & 0xFF, numbering & 0xFF
    if index > more:
        return "solicitation that is no part of its list"
    return Solicitation(identifier, generation, index, more + 1, tuple(pairs))


def solicitations(
    identifier: str, link_layer: bytes, pairs: Sequence[Pair], generation: int
) -> list[RouterSolicitation]:
    """Return step 1: as many solicitations as the list of sessions takes, at least one."""
    size = PAIRS_PER_SOLICITATION
    chunks = [pairs[at : at + size] for at in range(0, len(pairs), size)][:PARTS] or [()]
    more = len(chunks) - 1
    messages = []
    for index, chunk in enumerate(chunks):
        numbering = (generation & 0xFFFF) << 16 | index << 8 | more if more else 0
        listed = tuple(HomeAddressPair(*pair) for pair in chunk)
        options: list[Any] = [SourceLinkLayerAddress(link_layer)]
        options.append(RomipSessions(len(listed), listed, numbering))
        options.append(_named(identifier))
        messages.append(RouterSolicitation(tuple(options)))
    return messages


def _named(identifier: str) -> RomipIdentifier:
    octets = identifier.encode()
    padding = -(len(octets) + 4) % _UNIT
    return RomipIdentifier(len(octets), octets + bytes(padding))


def advertisement(
    config: MaarConfig, prefix: Prefix, place: Place, assigned: Address
) -> SendMessage:
    """Return step 4: the assigned address, on a link without autoconfiguration."""
    lifetime = config.valid_lifetime
    options = (
        SourceLinkLayerAddress(config.link_layer),
        Mtu(config.mtu),
        PrefixInformation(prefix, _ON_LINK, lifetime, lifetime),
        RomipAddress(lifetime, assigned),
    )
    message = RouterAdvertisement(HOP_LIMIT, 0, config.router_lifetime, 0, 0, options)
    neighbour = place.neighbour or ALL_NODES
    return SendMessage(message, config.link_local, neighbour, place.interface, place.link_layer)


def invitation(config: MaarConfig, interface: str) -> SendMessage:
    """Return the advertisement of a router that assigns nothing: who hears it may solicit."""
    options = (SourceLinkLayerAddress(config.link_layer), Mtu(config.mtu))
    message = RouterAdvertisement(HOP_LIMIT, 0, config.router_lifetime, 0, 0, options)
    return SendMessage(message, config.link_local, ALL_NODES, interface)
