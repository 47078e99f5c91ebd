"""Configuration of the two roles, read once from plain values (RFC 5213 §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.core.configuration import (
    ConfigurationError,
    Reader,
    parse_link_layer,
    parse_prefix,
)
from agents.core.security import SecurityAssociation, read_association
from agents.pmipv6.profile import HomeProfile, VisitorProfile
from agents.wire.address import Address, Prefix

HOME_PREFIX_LENGTH = 64
"""Bits of a prefix taken from the pool: what stateless autoconfiguration needs (RFC 4862)."""


@dataclass(frozen=True, slots=True)
class AnchorConfig:
    """What a local mobility anchor is told; times in seconds (RFC 5213 §9.1)."""

    address: Address
    mags: frozenset[Address]
    pool: Prefix | None
    mobiles: Mapping[bytes, HomeProfile]
    prefixes_per_mobile: int
    max_lifetime: float
    min_delay_before_bce_delete: float
    max_delay_before_new_bce_assign: float
    timestamp_validity_window: float
    authentication: SecurityAssociation | None

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> AnchorConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader("lma", config)
        return cls(
            address=reader.address("address"),
            mags=frozenset(reader.addresses("mags")),
            pool=_pool(reader),
            mobiles=_home_profiles(reader.value("mobiles")),
            prefixes_per_mobile=reader.count("prefixes_per_mobile", 1),
            max_lifetime=reader.lifetime("max_lifetime", 3600.0),
            min_delay_before_bce_delete=reader.seconds("min_delay_before_bce_delete", 10.0),
            max_delay_before_new_bce_assign=reader.seconds("max_delay_before_new_bce_assign", 1.5),
            timestamp_validity_window=reader.seconds("timestamp_validity_window", 0.3),
            authentication=read_association("lma", config.get("authentication")),
        )


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """What a mobile access gateway is told; times in seconds (RFC 5213 §9.2, §9.3).

    ``technologies`` maps each access interface to its access technology type. ``refresh_after``
    is the share of a binding's lifetime after which it is renewed.
    """

    address: Address
    technologies: Mapping[str, int]
    link_local: Address
    link_layer: bytes
    visitors: Mapping[bytes, VisitorProfile]
    lifetime: float
    refresh_after: float
    timestamps: bool
    detect: frozenset[str]
    router_lifetime: int
    valid_lifetime: int
    preferred_lifetime: int
    mtu: int
    initial_timeout: float
    max_timeout: float
    authentication: SecurityAssociation | None

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> GatewayConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader("mag", config)
        ordering = reader.choice("ordering", "timestamp", ["timestamp", "sequence"])
        return cls(
            address=reader.address("address"),
            technologies=_technologies(reader.value("access")),
            link_local=reader.address("link_local"),
            link_layer=reader.link_layer("link_layer"),
            visitors=_visitor_profiles(reader.value("mobiles")),
            lifetime=reader.lifetime("lifetime", 300.0),
            refresh_after=reader.fraction("refresh_fraction", 0.8),
            timestamps=ordering == "timestamp",
            detect=reader.choices("detect", ["link"], ["link", "solicitation"]),
            router_lifetime=int(reader.seconds("router_lifetime", 1800)),
            valid_lifetime=int(reader.seconds("valid_lifetime", 2592000)),
            preferred_lifetime=int(reader.seconds("preferred_lifetime", 604800)),
            mtu=reader.count("mtu", 1460),
            initial_timeout=reader.positive("initial_timeout", 1.0),
            max_timeout=reader.positive("max_timeout", 32.0),
            authentication=read_association("mag", config.get("authentication")),
        )


def _pool(reader: Reader) -> Prefix | None:
    pool = reader.prefix("pool")
    if pool is not None and pool.length > HOME_PREFIX_LENGTH:
        raise ConfigurationError(
            f"lma: 'pool' is {pool}: give a prefix of at most {HOME_PREFIX_LENGTH} bits"
        )
    return pool


def _home_profiles(mobiles: Mapping[str, Mapping[str, Any]]) -> dict[bytes, HomeProfile]:
    return {
        identifier.encode(): HomeProfile(
            prefixes={
                parse_link_layer(key, f"lma: interface of {identifier!r}"): tuple(
                    parse_prefix(text, f"lma: prefix of {identifier!r}") for text in prefixes
                )
                for key, prefixes in mobile.get("prefixes", {}).items()
            },
            enabled=mobile.get("enabled", True),
        )
        for identifier, mobile in mobiles.items()
    }


def _visitor_profiles(mobiles: list[Mapping[str, Any]]) -> dict[bytes, VisitorProfile]:
    visitors: dict[bytes, VisitorProfile] = {}
    for mobile in mobiles:
        reader = Reader("mag: mobiles", mobile)
        identifier = reader.value("identifier")
        for text in reader.value("link_layer_addresses"):
            octets = parse_link_layer(text, f"mag: interface of {identifier!r}")
            if octets in visitors:
                raise ConfigurationError(f"mag: two mobile nodes have the interface {text}")
            visitors[octets] = VisitorProfile(identifier, reader.address("lma"), octets)
    return visitors


def _technologies(access: list[Mapping[str, Any]]) -> dict[str, int]:
    readers = [Reader("mag: access", link) for link in access]
    return {reader.value("interface"): reader.octet("technology") for reader in readers}
