"""The configuration of mobiles, home agents, access routers and correspondents (RFC 6275)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network
from typing import Any

from testbed.protocols.fitness import FIXED_HOST, MOBILE, POOL_OWNER, ROUTER, Fitness
from testbed.protocols.host_options import HostOptions
from testbed.protocols.options import security
from testbed.topology.network import Access, Interface, Network, Node

# The interface identifier of the Mobile IPv6 Home-Agents anycast address (RFC 2526 §2).
_HOME_AGENTS = 0xFDFF_FFFF_FFFF_FFFE

NEEDED: Mapping[str, Fitness] = {
    "mn": MOBILE,
    "ha": POOL_OWNER,
    "dhp": POOL_OWNER,
    "ar": ROUTER,
    "cn": FIXED_HOST,
    "server": FIXED_HOST,
}


def mobile(node: Node, network: Network, options: HostOptions) -> Mapping[str, Any]:
    """Return what a mobile is told."""
    assert node.mobile is not None and node.mobile.anchor is not None
    anchor = network.nodes[node.mobile.anchor]
    return {
        "identifier": node.mobile.identifier,
        "interfaces": [
            {"interface": each.name, "link_layer": each.mac} for each in node.interfaces
        ],
        "home_address": node.address,
        "home_prefix": _home_prefix(anchor),
        "home_agent": None if options.discover_home_agent else anchor.address,
        "detection": network.settings["dad"],
        "lifetime": options.lifetime,
        "refresh_fraction": options.refresh_fraction,
        "initial_timeout": options.initial_timeout,
        "first_timeout": options.first_timeout,
        "max_timeout": options.max_timeout,
        "route_optimization": options.route_optimization,
        "rr_lifetime": options.rr_lifetime,
        "optimize_again": options.optimize_again,
        "authentication": security(options.authentication),
        "prefix_discovery": options.prefix_discovery,
    }


def home_agent(node: Node, network: Network, options: HostOptions) -> Mapping[str, Any]:
    """Return what a home agent is told."""
    home = _home_link(node, network)
    return {
        "address": node.address,
        "home_prefix": _home_prefix(node),
        "home_link": {"interface": home.name, "address": _plain(home)} if home else None,
        "mobiles": {
            each.address: each.mobile.identifier
            for each in network.nodes.values()
            if each.mobile and each.role and each.mobile.anchor == node.name
        },
        "max_lifetime": options.max_lifetime,
        "refresh_advice": options.refresh_advice,
        "authentication": security(options.authentication),
        "preference": options.preference,
        "home_agents": [{"address": node.address, "preference": options.preference}],
        "detection": "standard" if options.home_detection else "off",
        **access_router(node, network, options),
    }


def access_router(node: Node, network: Network, options: HostOptions) -> Mapping[str, Any]:
    """Return what a router is told of the links on which it advertises itself."""
    accesses = _accesses(node, network)
    mtu = min((access.settings.mtu for access in accesses), default=1500)
    return {
        "links": [_link(node, access) for access in accesses],
        "interval": list(options.advertisement_interval),
        "advertise_on_link_up": options.advertise_on_link_up,
        "router_lifetime": options.router_lifetime,
        "mtu": mtu,
    }


def correspondent(node: Node, options: HostOptions) -> Mapping[str, Any]:
    """Return what a correspondent that supports route optimization is told."""
    return {
        "address": node.address,
        "route_optimization": True,
        "nonce_interval": options.nonce_interval,
        "binding_limit": options.binding_limit,
    }


def with_home_agents(network: Network) -> Network:
    """Return ``network`` with the Home-Agents anycast address at each home agent (RFC 6275 §8.3).

    No route is needed: it lies in the home agent's own pool.
    """
    nodes = {
        name: replace(node, loopback=(*node.loopback, f"{_home_agents(node)}/128"))
        if node.role == "ha" and node.pool
        else node
        for name, node in network.nodes.items()
    }
    return replace(network, nodes=nodes)


def _home_agents(node: Node) -> IPv6Address:
    return IPv6Network(_home_prefix(node))[_HOME_AGENTS]


def _home_prefix(anchor: Node) -> str:
    """Return the prefix that the mobiles of an anchor share: the first /64 of its pool."""
    assert anchor.pool is not None
    return str(next(IPv6Network(anchor.pool).subnets(new_prefix=64)))


def _home_link(node: Node, network: Network) -> Interface | None:
    """Return the interface of a home agent on the home link; None where that link is virtual."""
    interfaces = (_interface(node, access) for access in _accesses(node, network))
    return next(interfaces, None)


def _accesses(node: Node, network: Network) -> list[Access]:
    return [access for access in network.accesses.values() if access.router == node.name]


def _interface(node: Node, access: Access) -> Interface:
    return next(each for each in node.interfaces if each.name == access.interface)


def _link(node: Node, access: Access) -> Mapping[str, Any]:
    interface = _interface(node, access)
    return {
        "interface": interface.name,
        "prefix": str(IPv6Network(interface.addresses[0], strict=False)),
        "address": _plain(interface),
        "link_layer": interface.mac,
        "link_local": interface.link_local,
    }


def _plain(interface: Interface) -> str:
    """Return an interface's address without the length of its prefix."""
    return interface.addresses[0].partition("/")[0]
