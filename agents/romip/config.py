"""Configuration of the three roles, read once from plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.core.configuration import ConfigurationError, Reader, parse_link_layer, parse_prefix
from agents.core.security import SecurityAssociation, read_association
from agents.core.text import spelled
from agents.wire.address import Address, Prefix
from agents.wire.draft_flags import IANA_SAFE, SEED_BITS, SessionFlags

ACCESS_PREFIX_LENGTH = 64
"""Bits of an access link's prefix: what is left is the interface identifier (RFC 4291 §2.5.1)."""

EUI48 = 6
"""Octets of a link-layer address that an interface identifier is made of."""

PROFILES = {"seed-bits": SEED_BITS, "iana-safe": IANA_SAFE}


@dataclass(frozen=True, slots=True)
class MaarConfig:
    """What a MAAR is told; times in seconds.

    ``access`` maps each access interface to the prefix whose addresses it assigns there, and
    ``maars`` each MAAR to all prefixes that it is the anchor of, this one included. ``hosts``
    maps correspondents behind this router that never move to the interfaces they are at,
    ``nodes`` link-layer addresses to identifiers, and ``owned`` identifiers to all their
    link-layer addresses.
    """

    address: Address
    access: Mapping[str, Prefix]
    link_local: Address
    link_layer: bytes
    aaa: Address
    realm: str
    origin_host: str
    aaa_realm: str
    maars: Mapping[Address, tuple[Prefix, ...]]
    hosts: Mapping[Address, str]
    nodes: Mapping[bytes, str]
    owned: Mapping[str, frozenset[bytes]]
    lifetime: float
    refresh_after: float
    initial_timeout: float
    max_timeout: float
    flags: SessionFlags
    authentication: SecurityAssociation | None
    router_lifetime: int
    valid_lifetime: int
    mtu: int

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> MaarConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader("maar", config)
        address = reader.address("address")
        access = _access(reader.value("access"))
        nodes = _nodes(reader.value("mobiles"))
        profile = reader.choice("flag_profile", "seed-bits", list(PROFILES))
        return cls(
            address=address,
            access=access,
            link_local=reader.address("link_local"),
            link_layer=reader.link_layer("link_layer"),
            aaa=reader.address("aaa"),
            realm=_name(reader, "realm"),
            origin_host=_name(reader, "origin_host"),
            aaa_realm=_name(reader, "aaa_realm"),
            maars=_maars(reader.value("maars"), address, tuple(access.values())),
            hosts=_hosts(config),
            nodes=nodes,
            owned=_owned(nodes),
            lifetime=reader.lifetime("lifetime", 300.0),
            refresh_after=reader.fraction("refresh_fraction", 0.8),
            initial_timeout=reader.positive("initial_timeout", 1.0),
            max_timeout=reader.positive("max_timeout", 32.0),
            flags=PROFILES[profile],
            authentication=read_association("maar", config.get("authentication")),
            router_lifetime=int(reader.seconds("router_lifetime", 1800)),
            valid_lifetime=int(reader.positive("valid_lifetime", 3600)),
            mtu=reader.count("mtu", 1460),
        )


@dataclass(frozen=True, slots=True)
class MobileConfig:
    """What a mobile node is told: who it is, its interfaces, and when a session is over (s)."""

    identifier: str
    interfaces: Mapping[str, bytes]
    session_timeout: float
    initial_timeout: float
    max_timeout: float

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> MobileConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader("mn", config)
        return cls(
            identifier=_name(reader, "identifier"),
            interfaces=_interfaces(reader.value("interfaces")),
            session_timeout=reader.positive("session_timeout", 60.0),
            initial_timeout=reader.positive("initial_timeout", 1.0),
            max_timeout=reader.positive("max_timeout", 32.0),
        )


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """What an AAA server is told: its realm, the users it knows, the MAARs that may ask."""

    address: Address
    origin_host: str
    realm: str
    users: frozenset[str]
    maars: Mapping[Address, str]

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> ServerConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader("aaa", config)
        rows = [Reader("aaa: maars", row) for row in reader.value("maars")]
        return cls(
            address=reader.address("address"),
            origin_host=_name(reader, "origin_host"),
            realm=_name(reader, "realm"),
            users=frozenset(reader.value("users")),
            maars={row.address("address"): _name(row, "host") for row in rows},
        )


def _name(reader: Reader, key: str) -> str:
    name = reader.value(key)
    if not isinstance(name, str) or not 0 < len(name.encode()) < 256:
        raise ConfigurationError(f"{key!r} is {name!r}: give a name of 1 to 255 octets")
    return name


def _access(links: list[Mapping[str, Any]]) -> dict[str, Prefix]:
    access: dict[str, Prefix] = {}
    for link in links:
        reader = Reader("maar: access", link)
        prefix = parse_prefix(reader.value("prefix"), "maar: access: 'prefix'")
        if prefix.length != ACCESS_PREFIX_LENGTH:
            raise ConfigurationError(
                f"maar: access: 'prefix' is {prefix}: give one of {ACCESS_PREFIX_LENGTH} bits"
            )
        access[reader.value("interface")] = prefix
    return access


def _hosts(config: Mapping[str, Any]) -> dict[Address, str]:
    interfaces = config.get("host_interfaces", {})
    addresses = Reader("maar", {"hosts": [], **config}).addresses("hosts")
    for address in addresses:
        if spelled(address) not in interfaces:
            raise ConfigurationError(f"maar: 'host_interfaces' does not have {spelled(address)}")
    return {address: interfaces[spelled(address)] for address in addresses}


def _maars(
    rows: list[Mapping[str, Any]], own: Address, links: tuple[Prefix, ...]
) -> dict[Address, tuple[Prefix, ...]]:
    maars: dict[Address, tuple[Prefix, ...]] = {own: links}
    for row in rows:
        reader = Reader("maar: maars", row)
        texts = reader.value("prefixes")
        prefixes = tuple(parse_prefix(text, "maar: maars: 'prefixes'") for text in texts)
        address = reader.address("address")
        maars[address] = tuple(dict.fromkeys((*maars.get(address, ()), *prefixes)))
    return maars


def _nodes(mobiles: list[Mapping[str, Any]]) -> dict[bytes, str]:
    nodes: dict[bytes, str] = {}
    for mobile in mobiles:
        reader = Reader("maar: mobiles", mobile)
        identifier = _name(reader, "identifier")
        for text in reader.value("link_layer_addresses"):
            octets = parse_link_layer(text, f"maar: interface of {identifier!r}")
            if len(octets) != EUI48:
                raise ConfigurationError(f"maar: interface {text} has not {EUI48} octets")
            if octets in nodes:
                raise ConfigurationError(f"maar: two mobile nodes have the interface {text}")
            nodes[octets] = identifier
    return nodes


def _owned(nodes: Mapping[bytes, str]) -> dict[str, frozenset[bytes]]:
    owned: dict[str, set[bytes]] = {}
    for octets, identifier in nodes.items():
        owned.setdefault(identifier, set()).add(octets)
    return {identifier: frozenset(octets) for identifier, octets in owned.items()}


def _interfaces(rows: list[Mapping[str, Any]]) -> dict[str, bytes]:
    readers = [Reader("mn: interfaces", row) for row in rows]
    return {reader.value("interface"): reader.link_layer("link_layer") for reader in readers}
