"""ROMIP, route optimization without an anchor: access routers are mobility anchors too.

draft-ma-dmm-romip-00. A MAAR (mobility anchor and access router) assigns the addresses of its
access links; an AAA server knows at which one each mobile was last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv6Network
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from testbed.protocols import gateways
from testbed.protocols.fitness import FIXED_HOST, MOBILE, ROUTER, check_roles
from testbed.protocols.frames import longest
from testbed.protocols.options import Authentication, Lifetime, security
from testbed.protocols.protocol import Options, Protocol, Refused
from testbed.topology.model import Name
from testbed.topology.network import Agent, Interface, Network, Node
from testbed.topology.places import PLACES, Place
from testbed.topology.traits import Asking, Traits
from testbed.topology.units import Interval

_PLACES = (Place("aaa-server", "knows who may attach, and to which access router they last did"),)
_NEEDED = {"mn": MOBILE, "maar": ROUTER, "aaa": FIXED_HOST}


class RomipOptions(Options):
    """How MAARs bind and what ends a session; times in seconds.

    ``flag_profile`` says which bits D and E are: those of the draft's figures, or unassigned ones.
    ``transport`` is what Diameter goes over, SCTP only where the kernel has it.
    Mobiles named as ``strangers`` are not known to the AAA server. A session ends when nothing
    was heard of its peer for ``session_timeout``.
    """

    lifetime: Lifetime = 60.0
    refresh_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.8
    initial_timeout: Interval = 1.0
    max_timeout: Interval = 32.0
    session_timeout: Interval = 60.0
    flag_profile: Literal["seed-bits", "iana-safe"] = "seed-bits"
    transport: Literal["tcp", "sctp"] = "tcp"
    authentication: Authentication | None = None
    router_lifetime: Annotated[int, Field(ge=0, le=9000)] = 1800
    strangers: list[Name] = Field(default=[])


def agents(network: Network, options: Options) -> dict[str, Agent]:
    """Return the agents of all nodes with a role; Refused where there is not one AAA server."""
    chosen = cast(RomipOptions, options)
    maars, server = gateways.with_role(network, "maar"), _server(network)
    mtu = gateways.tunnel_mtu(network, ((node, maars) for node in maars))
    return gateways.agents(
        "romip",
        maar={node.name: _maar(node, server, network, chosen, mtu) for node in maars},
        aaa={server.name: _aaa(server, network, chosen)},
        mn={node.name: _mobile(node, chosen) for node in gateways.with_role(network, "mn")},
    )


def _server(network: Network) -> Node:
    servers = gateways.with_role(network, "aaa")
    if not servers:
        said = "romip needs one node with `place: aaa-server`, and there is none"
        raise Refused(("nodes",), said)
    if len(servers) > 1:
        said = f"romip needs one AAA server, and {servers[0].name} is one already"
        raise Refused(("nodes", servers[1].name), said)
    return servers[0]


def _adjust(network: Network, options: Options) -> Network:
    """Return ``network`` with whole messages in its captures; Refused for a role out of place."""
    check_roles(network, _NEEDED)
    return replace(network, capture_length=longest(network))  # Diameter, lists


def _strangers(network: Network, options: RomipOptions) -> frozenset[str]:
    for index, name in enumerate(options.strangers):
        if name not in network.nodes or not network.nodes[name].mobile:
            where = ("protocols", "romip", "strangers", index)
            raise Refused(where, f"{name!r} is no mobile of this network")
    return frozenset(options.strangers)


def _aaa(node: Node, network: Network, options: RomipOptions) -> Mapping[str, Any]:
    strangers = _strangers(network, options)
    return {
        "address": node.address,
        "origin_host": _host(node),
        "realm": _realm(node),
        "users": [
            each.mobile.identifier
            for each in network.nodes.values()
            if each.mobile and each.name not in strangers
        ],
        "maars": [
            {"address": each.address, "host": _host(each)}
            for each in gateways.with_role(network, "maar")
        ],
        "diameter": {"transport": options.transport},
    }


def _maar(
    node: Node, server: Node, network: Network, options: RomipOptions, mtu: int
) -> Mapping[str, Any]:
    links, hosts = _access(node, network), _hosts(node, network)
    interfaces = {each.name: each for each in node.interfaces}
    # All its access links know it by the same addresses; without any, nobody hears them.
    known = interfaces[links[0]["interface"]] if links else node.interfaces[0]
    return {
        "address": node.address,
        "access": links,
        "link_local": known.link_local,
        "link_layer": known.mac,
        "aaa": server.address,
        "aaa_host": _host(server),
        "aaa_realm": _realm(server),
        "origin_host": _host(node),
        "realm": _realm(node),
        "maars": [
            {"address": each.address, "prefixes": _prefixes(each)}
            for each in gateways.with_role(network, "maar")
        ],
        "hosts": list(hosts),
        "host_interfaces": hosts,
        "mobiles": [
            {
                "identifier": each.mobile.identifier,
                "link_layer_addresses": gateways.link_layer_addresses(each),
            }
            for each in network.nodes.values()
            if each.mobile
        ],
        "authentication": security(options.authentication),
        "mtu": mtu,
        "diameter": {"transport": options.transport},
        **options.model_dump(
            include={
                "lifetime",
                "refresh_fraction",
                "initial_timeout",
                "max_timeout",
                "flag_profile",
                "router_lifetime",
            }
        ),
    }


def _mobile(node: Node, options: RomipOptions) -> Mapping[str, Any]:
    assert node.mobile is not None
    return {
        "identifier": node.mobile.identifier,
        "interfaces": [
            {"interface": each.name, "link_layer": each.mac} for each in node.interfaces
        ],
        **options.model_dump(include={"session_timeout", "initial_timeout", "max_timeout"}),
    }


def _access(node: Node, network: Network) -> list[dict[str, Any]]:
    """Return the access links of a MAAR with the prefixes that it assigns addresses from."""
    interfaces = {each.name: each for each in node.interfaces}
    return [
        {
            "interface": access.interface,
            "prefix": _prefix(interfaces[access.interface]),
            "technology": gateways.technology(access.technology),
        }
        for access in network.accesses.values()
        if access.router == node.name
    ]


def _prefixes(node: Node) -> list[str]:
    """Return the prefixes of all links of a MAAR to mobiles and to hosts."""
    return [_prefix(each) for each in node.interfaces if each.addresses]


def _prefix(interface: Interface) -> str:
    return str(IPv6Network(interface.addresses[0], strict=False))


def _hosts(node: Node, network: Network) -> dict[str, str]:
    """Return the correspondents that this MAAR serves, and the interfaces that lead to them."""
    own = {each.name: each for each in node.interfaces}
    found = {}
    for other in network.nodes.values():
        if other.forwarding or other.mobile:
            continue
        for link in network.links.values():
            ends = set(link.ends)
            here = ends & own.keys()
            if here and any(each.name in ends for each in other.interfaces):
                found[other.address] = here.pop()
    return found


def _realm(node: Node) -> str:
    return f"{node.domain}.test"


def _host(node: Node) -> str:
    """Return the Diameter identity of a node (RFC 6733 §4.3.1)."""
    return f"{node.name}.{_realm(node)}"


ROMIP = Protocol(
    title="Route optimization for DMM (draft-ma-dmm-romip-00)",
    traits=Traits(
        protocol="romip",
        roles={"access-router": "maar", "mobile": "mn", "aaa-server": "aaa"},
        serving=("maar",),
        hosting="maar",
        one_identity=True,
        access_prefixes=True,
        home_prefixes=False,
        asking=Asking.MOBILES,
        commands={"mn": {"open_flow": ("flow", "destination"), "close_flow": ("flow",)}},
        places={**PLACES, **{place.name: place for place in _PLACES}},
    ),
    options=RomipOptions,
    agents=agents,
    adjust=_adjust,
)
