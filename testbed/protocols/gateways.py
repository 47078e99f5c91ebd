"""The configuration of MAGs and LMAs, as far as several protocols share it (RFC 5213 §6, §9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv6Network
from typing import Any

from testbed.protocols.fitness import POOL_OWNER, ROUTER, Fitness, check_roles
from testbed.protocols.options import GatewayOptions, RegistrationOptions, security
from testbed.protocols.protocol import Options
from testbed.topology.commands import Commands
from testbed.topology.domains import leased
from testbed.topology.network import Agent, Network, Node
from testbed.topology.paths import path_mtu
from testbed.topology.traits import EVERY_GATEWAY

# The IPv6 header that a tunnel adds (RFC 2473 §7.1).
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
    "3gpp": 8,
    "nb-iot": 13,
}
RESERVED_TECHNOLOGY = 0

# What a MAG may be told: to serve a node again that it was told to bar (RFC 5213 §6.9.1.2).
COMMANDS: Mapping[str, Commands] = {"mag": {"permit": ("node",)}}


NEEDED: Mapping[str, Fitness] = {"mag": ROUTER, "lma": POOL_OWNER}


def checked(network: Network, options: Options) -> Network:
    """Return ``network`` as it is; Refused for a role out of place."""
    check_roles(network, NEEDED)
    return network


def agents(protocol: str, **roles: Mapping[str, Mapping[str, Any]]) -> dict[str, Agent]:
    """Return the agents of ``protocol``: of each role the nodes and their configurations."""
    return {
        name: Agent(name, protocol, role, config)
        for role, configs in roles.items()
        for name, config in configs.items()
    }


def with_role(network: Network, role: str) -> list[Node]:
    """Return the nodes that play ``role``."""
    return [node for node in network.nodes.values() if node.role == role]


def addresses(nodes: Iterable[Node]) -> list[str]:
    """Return the address of each node."""
    return [node.address for node in nodes]


def tunnel_mtu(network: Network, ends: Iterable[tuple[Node, list[Node]]]) -> int:
    """Return the MTU that every MAG advertises: one for all, as a mobile is to notice no move.

    ``ends`` are the tunnels there may be: from a node to others.
    """
    found = (path_mtu(network, one.name, [other.name for other in others]) for one, others in ends)
    return max(1280, min(found, default=1500) - TUNNEL_OVERHEAD)


def access_side(
    node: Node, network: Network, options: GatewayOptions, mtu: int
) -> Mapping[str, Any]:
    """Return what a MAG is told of its access links, and what it does on them."""
    return {
        "address": node.address,
        "access": [
            {
                "interface": access.interface,
                "technology": technology(access.technology),
            }
            for access in network.accesses.values()
            if access.router == node.name
        ],
        "link_local": EVERY_GATEWAY.link_local,
        "link_layer": EVERY_GATEWAY.mac,
        "ordering": options.ordering,
        "lifetime": options.lifetime,
        "detect": list(options.detect),
        "router_lifetime": options.router_lifetime,
        "mtu": mtu,
        "authentication": security(options.authentication),
    }


def technology(name: str) -> int:
    """Return the value of the Access Technology Type option for what a link is called."""
    return TECHNOLOGIES.get(name, RESERVED_TECHNOLOGY)


def registering(network: Network, options: RegistrationOptions) -> Mapping[str, Any]:
    """Return what a MAG is told of whom it registers where, and how."""
    return {
        "mobiles": [_profile(each, network) for each in network.nodes.values() if each.mobile],
        "refresh_fraction": options.refresh_fraction,
        "initial_timeout": options.initial_timeout,
        "max_timeout": options.max_timeout,
    }


def anchor(node: Node, network: Network, options: RegistrationOptions) -> Mapping[str, Any]:
    """Return what an LMA is told."""
    pool = leased(IPv6Network(node.pool)) if node.pool else None
    return {
        "address": node.address,
        "mags": addresses(with_role(network, "mag")),
        "pool": str(pool) if pool else None,
        "mobiles": {
            each.mobile.identifier: {"prefixes": prefixes_by_mac(each)}
            for each in network.nodes.values()
            if each.mobile and each.mobile.anchor == node.name
        },
        "prefixes_per_mobile": 1,
        "max_lifetime": options.max_lifetime,
        "min_delay_before_bce_delete": options.min_delay_before_bce_delete,
        "max_delay_before_new_bce_assign": options.max_delay_before_new_bce_assign,
        "timestamp_validity_window": options.timestamp_validity_window,
        "authentication": security(options.authentication),
    }


def link_layer_addresses(node: Node) -> list[str]:
    """Return by what a MAG knows the interfaces of a mobile."""
    return [interface.mac for interface in node.interfaces]


def prefixes_by_mac(node: Node) -> dict[str, list[str]]:
    """Return the home prefixes of each interface of a mobile, by its link-layer address."""
    assert node.mobile is not None
    return {
        interface.mac: list(node.mobile.home_prefixes[interface.name])
        for interface in node.interfaces
    }


def _profile(node: Node, network: Network) -> Mapping[str, Any]:
    """Return what a policy store tells a MAG of a mobile (RFC 5213 §6.2)."""
    assert node.mobile is not None and node.mobile.anchor is not None
    return {
        "identifier": node.mobile.identifier,
        "lma": network.nodes[node.mobile.anchor].address,
        "link_layer_addresses": link_layer_addresses(node),
    }
