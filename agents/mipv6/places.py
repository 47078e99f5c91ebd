"""Where a mobile node is: the router that it follows, and its address behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agents.core.events import MessageReceived
from agents.mipv6.access_links import interface_address
from agents.wire.address import Address, Prefix
from agents.wire.ndisc import AdvertisementInterval, PrefixInformation
from agents.wire.numbers import PrefixFlag
from agents.wire.value import value

ALL_NODES = Address.parse("ff02::1")
ALL_ROUTERS = Address.parse("ff02::2")

_LINK_LOCAL = Prefix.parse("fe80::/10")
_LINK_LOCAL_START = bytes.fromhex("fe80000000000000")
_AUTONOMOUS = int(PrefixFlag.AUTONOMOUS)
_AUTONOMOUS_LENGTH = 64


@value
class Place:
    """A router, and the address that this node uses behind it.

    At ``home`` that is the home address, elsewhere a care-of address.
    """

    interface: str
    router: Address
    router_link_layer: bytes
    prefix: Prefix
    address: Address
    home: bool


@dataclass(slots=True)
class Router:
    """The router that an interface follows, and when it counts as gone or must be asked."""

    address: Address
    link_layer: bytes
    prefix: Prefix
    heard_at: float
    expires_at: float
    silent_at: float | None


def is_link_local(address: Address) -> bool:
    """Say whether ``address`` is a link-local unicast one."""
    return _LINK_LOCAL.contains(address)


def link_local(link_layer: bytes) -> Address:
    """Return the link-local address of an interface (RFC 4862 §5.3)."""
    return interface_address(_LINK_LOCAL_START, link_layer)


def offered(event: MessageReceived) -> list[PrefixInformation]:
    """Return the prefixes of an advertisement in which a node can make an address.

    RFC 4862 §5.5.3; those that are not preferred are for nobody who comes now.
    """
    return [
        option
        for option in event.message.options
        if isinstance(option, PrefixInformation)
        and option.flags & _AUTONOMOUS
        and option.prefix.length == _AUTONOMOUS_LENGTH
        and option.valid_lifetime >= option.preferred_lifetime > 0
        and not is_link_local(option.prefix.network)
    ]


def network_of(option: PrefixInformation) -> Prefix:
    """Return the prefix itself, where the option may hold the router's address in it (R)."""
    return Prefix.of(option.prefix.network, option.prefix.length)


def advertised_interval(options: tuple[Any, ...]) -> float | None:
    """Return how many seconds may lie between two advertisements, if the router says so."""
    for option in options:
        if isinstance(option, AdvertisementInterval) and option.interval:
            return option.interval / 1000
    return None
