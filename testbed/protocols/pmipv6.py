"""Proxy Mobile IPv6 (RFC 5213): anchors are LMAs, access routers are MAGs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Network
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field

from testbed.protocols.protocol import Options, Protocol
from testbed.topology.domains import leased
from testbed.topology.network import Agent, Network, Node
from testbed.topology.paths import path_mtu
from testbed.topology.traits import EVERY_GATEWAY, Traits
from testbed.topology.units import Duration, Interval

# The IPv6 header that the tunnel between MAG and LMA adds (RFC 2473 §7.1).
TUNNEL_OVERHEAD = 40

# Values of the Access Technology Type option (RFC 5213 §8.5 and IANA's registry).
TECHNOLOGIES = {
    "virtual": 1,
    "ppp": 2,
    "ethernet": 3,
    "wlan": 4,
    "wimax": 5,
    "geran": 6,
    "utran": 7,
    "lte": 8,
    "nr": 13,
}
RESERVED_TECHNOLOGY = 0

# Lifetimes travel as 16 bits that count units of four seconds (RFC 6275 §6.1.7).
LONGEST_LIFETIME = 0xFFFF * 4


def _lifetime(seconds: float) -> float:
    if not 4 <= seconds <= LONGEST_LIFETIME:
        raise ValueError(f"impossible lifetime {seconds:g}s: 4s to {LONGEST_LIFETIME}s can be sent")
    return seconds


def _octets(text: str) -> str:
    if not re.fullmatch(r"([0-9a-fA-F]{2}){8,64}", text):
        raise ValueError("is no key: write 8 to 64 octets in hexadecimal, in quotes")
    return text


Lifetime = Annotated[Interval, AfterValidator(_lifetime)]


class Authentication(Options):
    """The mobility security association of RFC 4285 that all MAGs and LMAs share."""

    spi: Annotated[int, Field(ge=256, le=0xFFFFFFFF)]
    key: Annotated[str, AfterValidator(_octets)]


class Pmipv6Options(Options):
    """The options of PMIPv6; times are those that RFC 5213 §9 names, with its defaults."""

    ordering: Literal["timestamp", "sequence"] = "timestamp"
    local_routing: bool = False
    authentication: Authentication | None = None
    lifetime: Lifetime = 60.0
    refresh_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.8
    max_lifetime: Lifetime = 3600.0
    detect: Annotated[list[Literal["link", "solicitation"]], Field(min_length=1)] = [  # noqa: RUF012
        "link",
        "solicitation",
    ]
    min_delay_before_bce_delete: Duration = 10.0
    max_delay_before_new_bce_assign: Duration = 1.5
    timestamp_validity_window: Interval = 0.3
    initial_timeout: Interval = 1.0
    max_timeout: Interval = 32.0
    router_lifetime: Annotated[int, Field(ge=0, le=9000)] = 1800


def agents(network: Network, options: Options) -> dict[str, Agent]:
    """Return the agents of all MAGs and LMAs of ``network``."""
    chosen = cast(Pmipv6Options, options)
    mtu = _tunnel_mtu(network)
    anchors = {n.name: _lma(n, network, chosen) for n in _with_role(network, "lma")}
    gateways = {n.name: _mag(n, network, chosen, mtu) for n in _with_role(network, "mag")}
    return {
        name: Agent(name, "pmipv6", role, config)
        for role, configs in (("lma", anchors), ("mag", gateways))
        for name, config in configs.items()
    }


def _lma(node: Node, network: Network, options: Pmipv6Options) -> Mapping[str, Any]:
    pool = leased(IPv6Network(node.pool)) if node.pool else None
    return {
        "address": node.address,
        "mags": [each.address for each in _with_role(network, "mag")],
        "pool": str(pool) if pool else None,
        "mobiles": {
            each.mobile.identifier: {"prefixes": _prefixes_by_mac(each)}
            for each in network.nodes.values()
            if each.mobile and each.mobile.anchor == node.name
        },
        "prefixes_per_mobile": 1,
        "max_lifetime": options.max_lifetime,
        "min_delay_before_bce_delete": options.min_delay_before_bce_delete,
        "max_delay_before_new_bce_assign": options.max_delay_before_new_bce_assign,
        "timestamp_validity_window": options.timestamp_validity_window,
        "authentication": _authentication(options),
    }


def _tunnel_mtu(network: Network) -> int:
    """Return the MTU that every MAG advertises: one for all, as a mobile is to notice no move."""
    gateways = [node.name for node in _with_role(network, "mag")]
    anchors = [node.name for node in _with_role(network, "lma")]
    smallest = min((path_mtu(network, anchor, gateways) for anchor in anchors), default=1500)
    return max(1280, smallest - TUNNEL_OVERHEAD)


def _mag(node: Node, network: Network, options: Pmipv6Options, mtu: int) -> Mapping[str, Any]:
    return {
        "address": node.address,
        "access": [
            {
                "interface": access.interface,
                "technology": TECHNOLOGIES.get(access.technology, RESERVED_TECHNOLOGY),
            }
            for access in network.accesses.values()
            if access.router == node.name
        ],
        "link_local": EVERY_GATEWAY.link_local,
        "link_layer": EVERY_GATEWAY.mac,
        "mobiles": [_profile(each, network) for each in network.nodes.values() if each.mobile],
        "lifetime": options.lifetime,
        "refresh_fraction": options.refresh_fraction,
        "ordering": options.ordering,
        "local_routing": options.local_routing,
        "detect": list(options.detect),
        "router_lifetime": options.router_lifetime,
        "mtu": mtu,
        "initial_timeout": options.initial_timeout,
        "max_timeout": options.max_timeout,
        "authentication": _authentication(options),
    }


def _profile(node: Node, network: Network) -> Mapping[str, Any]:
    """Return what a policy store tells a MAG of a mobile (RFC 5213 §6.2)."""
    assert node.mobile is not None and node.mobile.anchor is not None
    return {
        "identifier": node.mobile.identifier,
        "lma": network.nodes[node.mobile.anchor].address,
        "link_layer_addresses": [interface.mac for interface in node.interfaces],
    }


def _prefixes_by_mac(node: Node) -> dict[str, list[str]]:
    assert node.mobile is not None
    return {
        interface.mac: list(node.mobile.home_prefixes[interface.name])
        for interface in node.interfaces
    }


def _with_role(network: Network, role: str) -> list[Node]:
    return [node for node in network.nodes.values() if node.role == role]


def _authentication(options: Pmipv6Options) -> Mapping[str, Any] | None:
    return options.authentication.model_dump() if options.authentication else None


PMIPV6 = Protocol(
    title="Proxy Mobile IPv6 (RFC 5213)",
    traits=Traits(
        protocol="pmipv6",
        roles={"anchor": "lma", "access-router": "mag"},
        serving="mag",
        anchoring="lma",
        access_identity=EVERY_GATEWAY,
    ),
    options=Pmipv6Options,
    agents=agents,
)
