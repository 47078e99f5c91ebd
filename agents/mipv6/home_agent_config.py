"""Configuration of a home agent, read once from plain values (RFC 6275 §8.4, §13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.core.configuration import ConfigurationError, Reader
from agents.core.security import SecurityAssociation, read_association
from agents.mipv6.access_links import AdvertisingConfig, Link
from agents.wire.address import Address, Prefix

HOME_PREFIX_LENGTH = 64
"""Bits of a home prefix: what stateless autoconfiguration needs (RFC 4862)."""

_LARGEST_PREFERENCE = 0xFFFF


@dataclass(frozen=True, slots=True)
class HomeAgentConfig:
    """What a home agent is told; times in seconds.

    ``home_link`` is None where that link is virtual. ``mobiles`` maps home addresses to network
    access identifiers, ``home_agents`` those of the home link to their preference. ``detection``
    is how a home address is checked there: "off", "standard" or "optimistic".
    """

    address: Address
    home_prefix: Prefix
    home_link: Link | None
    mobiles: Mapping[Address, str]
    max_lifetime: float
    refresh_advice: float | None
    authentication: SecurityAssociation | None
    preference: int
    home_agents: Mapping[Address, int]
    detection: str
    advertising: AdvertisingConfig

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> HomeAgentConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader("ha", config)
        advertising = AdvertisingConfig.read("ha", config)
        return cls(
            address=reader.address("address"),
            home_prefix=_home_prefix(reader),
            home_link=_home_link(config.get("home_link"), advertising),
            mobiles=_mobiles(reader.value("mobiles")),
            max_lifetime=reader.lifetime("max_lifetime", 3600.0),
            refresh_advice=read_advice(reader, config),
            authentication=read_association("ha", config.get("authentication")),
            preference=_preference(config.get("preference", 0)),
            home_agents=_home_agents(config.get("home_agents", ())),
            detection=reader.choice("detection", "standard", ["off", "standard", "optimistic"]),
            advertising=advertising,
        )


def read_advice(reader: Reader, config: Mapping[str, Any]) -> float | None:
    """Return the seconds under "refresh_advice", None where there are none."""
    given = config.get("refresh_advice") is not None
    return reader.seconds("refresh_advice", 0) if given else None


def _home_prefix(reader: Reader) -> Prefix:
    prefix = reader.prefix("home_prefix")
    if prefix is None or prefix.length != HOME_PREFIX_LENGTH:
        raise ConfigurationError(
            f"ha: 'home_prefix' is {prefix}: give a prefix of {HOME_PREFIX_LENGTH} bits"
        )
    return prefix


def _home_link(value: Mapping[str, Any] | None, advertising: AdvertisingConfig) -> Link | None:
    if value is None:
        return None
    interface = Reader("ha: home_link", value).value("interface")
    if interface not in advertising.links:
        raise ConfigurationError(f"ha: 'home_link' is {interface!r}, which is none of the 'links'")
    return advertising.links[interface]


def _mobiles(mobiles: Mapping[str, str]) -> dict[Address, str]:
    return {
        Reader("ha: mobiles", {"home address": text}).address("home address"): identifier
        for text, identifier in mobiles.items()
    }


def _home_agents(values: Any) -> dict[Address, int]:
    return {
        Reader("ha: home_agents", each).address("address"): _preference(each.get("preference", 0))
        for each in values
    }


def _preference(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 0xFFFF:
        raise ConfigurationError(
            f"ha: 'preference' is {value!r}: give a whole number of 0 to {_LARGEST_PREFERENCE}"
        )
    return value
