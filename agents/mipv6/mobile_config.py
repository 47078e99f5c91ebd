"""Configuration of a mobile node, read once from plain values (RFC 6275 §12, §13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from agents.core.configuration import ConfigurationError, Reader
from agents.core.security import SecurityAssociation, read_association
from agents.wire.address import Address, Prefix

HOME_PREFIX_LENGTH = 64
"""Bits of a prefix in which addresses are configured (RFC 4862 §5.5.3)."""

MAX_RR_BINDING_LIFETIME = 420.0
"""Seconds that a binding made by return routability can last (RFC 6275 §12)."""

_ETHERNET = 6


class Interface(NamedTuple):
    """One of the interfaces of a mobile node."""

    name: str
    link_layer: bytes


@dataclass(frozen=True, slots=True)
class MobileConfig:
    """What a mobile node is told; times in seconds.

    ``home_agent`` is None where it is to be discovered. ``detection`` says how a care-of address
    is found to be unique: "off", "standard" (RFC 4862 §5.4) or "optimistic" (RFC 4429).
    ``refresh_fraction`` is the share of a lifetime after which a binding is renewed.
    ``optimize_again`` is for how long a correspondent counts as one without route optimization.
    With ``home_test_first`` it is sent nothing from the care-of address before it has answered a
    Home Test Init: one without route optimization never learns that address.
    """

    identifier: str
    interfaces: Mapping[str, Interface]
    home_address: Address
    home_prefix: Prefix
    home_agent: Address | None
    detection: str
    lifetime: float
    refresh_fraction: float
    initial_timeout: float
    first_timeout: float
    max_timeout: float
    route_optimization: bool
    rr_lifetime: float
    optimize_again: float
    home_test_first: bool
    authentication: SecurityAssociation | None
    prefix_discovery: bool

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> MobileConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader("mn", config)
        agent = config.get("home_agent")
        return cls(
            identifier=str(reader.value("identifier")),
            interfaces=_interfaces(reader.value("interfaces")),
            home_address=reader.address("home_address"),
            home_prefix=_home_prefix(reader),
            home_agent=None if agent is None else reader.address("home_agent"),
            detection=reader.choice("detection", "optimistic", ["off", "optimistic", "standard"]),
            lifetime=reader.lifetime("lifetime", 300.0),
            refresh_fraction=reader.fraction("refresh_fraction", 0.8),
            initial_timeout=reader.positive("initial_timeout", 1.0),
            first_timeout=reader.positive("first_timeout", 1.5),
            max_timeout=reader.positive("max_timeout", 32.0),
            route_optimization=reader.flag("route_optimization", True),
            rr_lifetime=reader.lifetime("rr_lifetime", 420.0, MAX_RR_BINDING_LIFETIME),
            optimize_again=reader.seconds("optimize_again", 60.0),
            home_test_first=reader.flag("home_test_first", False),
            authentication=read_association("mn", config.get("authentication")),
            prefix_discovery=reader.flag("prefix_discovery", False),
        )


def _interfaces(values: Any) -> dict[str, Interface]:
    if not isinstance(values, list | tuple) or not values:
        raise ConfigurationError("mn: 'interfaces' is empty: give at least one")
    interfaces = [_interface(Reader("mn: interfaces", each)) for each in values]
    return {interface.name: interface for interface in interfaces}


def _interface(reader: Reader) -> Interface:
    link_layer = reader.link_layer("link_layer")
    if len(link_layer) != _ETHERNET:
        raise ConfigurationError(
            f"mn: interfaces: 'link_layer' has {len(link_layer)} octets: give {_ETHERNET}"
        )
    return Interface(str(reader.value("interface")), link_layer)


def _home_prefix(reader: Reader) -> Prefix:
    prefix = reader.prefix("home_prefix")
    if prefix is None or prefix.length != HOME_PREFIX_LENGTH:
        raise ConfigurationError(
            f"mn: 'home_prefix' is {prefix}: give a prefix of {HOME_PREFIX_LENGTH} bits"
        )
    if not prefix.contains(reader.address("home_address")):
        raise ConfigurationError(f"mn: 'home_address' lies outside of 'home_prefix' {prefix}")
    return prefix
