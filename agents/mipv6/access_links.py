"""The links on which a router advertises itself, read once from plain values (RFC 6275 §7.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from agents.core.configuration import ConfigurationError, Reader
from agents.wire.address import Address, Prefix

MIN_INTERVAL = 0.03
"""Least value of MinRtrAdvInterval, in seconds (RFC 6275 §7.5)."""

MIN_LONGEST_INTERVAL = 0.07
"""Least value of MaxRtrAdvInterval, in seconds (RFC 6275 §7.5)."""

DEFAULT_INTERVALS = 1.0, 3.0
"""MinRtrAdvInterval and MaxRtrAdvInterval of a router that is told nothing, in seconds."""

MIN_MTU = 1280

_LONGEST_SHARE = 0.75  # MinRtrAdvInterval of MaxRtrAdvInterval at most (RFC 4861 §6.2.1)
_MAX_ROUTER_LIFETIME = 9000  # RFC 4861 §6.2.1
_LINK_LOCAL = bytes.fromhex("fe80000000000000")


class Link(NamedTuple):
    """One link: its prefix, and how its router is known there."""

    interface: str
    prefix: Prefix
    address: Address
    link_layer: bytes
    link_local: Address


class Intervals(NamedTuple):
    """Bounds of the time between two unsolicited advertisements, in seconds."""

    shortest: float
    longest: float


@dataclass(frozen=True, slots=True)
class AdvertisingConfig:
    """What an advertising router is told; times in seconds, ``mtu`` in octets, None for none."""

    links: Mapping[str, Link]
    intervals: Intervals
    on_link_up: bool
    router_lifetime: int
    valid_lifetime: int
    preferred_lifetime: int
    mtu: int | None

    @classmethod
    def read(cls, role: str, config: Mapping[str, Any]) -> AdvertisingConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader(role, config)
        links = [_link(role, each) for each in config.get("links", ())]
        return cls(
            links={link.interface: link for link in links},
            intervals=_intervals(role, config.get("interval", DEFAULT_INTERVALS)),
            on_link_up=reader.flag("advertise_on_link_up", True),
            router_lifetime=_router_lifetime(role, reader.seconds("router_lifetime", 1800)),
            valid_lifetime=int(reader.seconds("valid_lifetime", 2592000)),
            preferred_lifetime=int(reader.seconds("preferred_lifetime", 604800)),
            mtu=_mtu(role, config.get("mtu")),
        )


def interface_address(prefix: bytes, link_layer: bytes) -> Address:
    """Return the address in the /64 that begins ``prefix``, of an EUI-48 (RFC 4291, appendix A)."""
    identifier = bytes((link_layer[0] ^ 2,)) + link_layer[1:3] + b"\xff\xfe" + link_layer[3:]
    return Address(bytes(prefix[:8]) + identifier)


def _link(role: str, value: Mapping[str, Any]) -> Link:
    where = f"{role}: links"
    reader = Reader(where, value)
    prefix = reader.prefix("prefix")
    if prefix is None:
        raise ConfigurationError(f"{where}: the key 'prefix' is missing")
    link_layer = reader.link_layer("link_layer")
    local = value.get("link_local")
    return Link(
        interface=str(reader.value("interface")),
        prefix=prefix,
        address=reader.address("address"),
        link_layer=link_layer,
        link_local=interface_address(_LINK_LOCAL, link_layer)
        if local is None
        else reader.address("link_local"),
    )


def _intervals(role: str, value: Any) -> Intervals:
    try:
        shortest, longest = (float(each) for each in value)
    except (TypeError, ValueError):
        raise ConfigurationError(
            f"{role}: 'interval' is {value!r}: give the shortest and the longest, in seconds"
        ) from None
    if longest < MIN_LONGEST_INTERVAL or not MIN_INTERVAL <= shortest <= _LONGEST_SHARE * longest:
        raise ConfigurationError(
            f"{role}: 'interval' is {shortest:g} to {longest:g}: give at least {MIN_INTERVAL} and "
            f"{MIN_LONGEST_INTERVAL} s, the first at most {_LONGEST_SHARE} of the second"
        )
    return Intervals(shortest, longest)


def _router_lifetime(role: str, lifetime: float) -> int:
    if lifetime > _MAX_ROUTER_LIFETIME:
        raise ConfigurationError(
            f"{role}: 'router_lifetime' is {lifetime:g}: give at most {_MAX_ROUTER_LIFETIME} s"
        )
    return int(lifetime)


def _mtu(role: str, mtu: Any) -> int | None:
    if mtu is None:
        return None
    if not isinstance(mtu, int) or isinstance(mtu, bool) or mtu < MIN_MTU:
        raise ConfigurationError(f"{role}: 'mtu' is {mtu!r}: give {MIN_MTU} octets or more")
    return mtu
