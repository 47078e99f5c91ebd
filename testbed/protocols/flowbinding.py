"""Flow binding in PMIPv6 (draft-xia-netext-flow-binding-00): mobiles with several interfaces.

Anchors are LMAs and access routers are MAGs as in PMIPv6; mobiles have agents, which keep the
addresses of their interfaces and send single flows by other ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from testbed.protocols import gateways
from testbed.protocols.fitness import MOBILE, check_roles
from testbed.protocols.flow_options import FlowBindingOptions
from testbed.protocols.flow_rules import flow_config
from testbed.protocols.frames import longest
from testbed.protocols.protocol import Options, Protocol
from testbed.topology.network import Agent, Mobile, Network, Node
from testbed.topology.traits import EVERY_GATEWAY, Traits

_NEEDED = {**gateways.NEEDED, "mn": MOBILE}


def agents(network: Network, options: Options) -> dict[str, Agent]:
    """Return the agents of all MAGs, LMAs and mobiles of ``network``; Refused for a wrong rule."""
    chosen = cast(FlowBindingOptions, options)
    anchors, mags = (gateways.with_role(network, role) for role in ("lma", "mag"))
    mtu = gateways.tunnel_mtu(network, ((anchor, mags) for anchor in anchors))
    flows = flow_config(network, chosen)
    capacities = list(_capacities(network)) if chosen.known_capacity else []
    lma = {
        node.name: {
            **gateways.anchor(node, network, chosen),
            "capacities": capacities,
            "flows": flows,
        }
        for node in anchors
    }
    mag = {node.name: {**_mag(node, network, chosen, mtu), "flows": flows} for node in mags}
    mn = {node.name: _mobile(node, network, chosen) for node in gateways.with_role(network, "mn")}
    return gateways.agents("flowbinding", lma=lma, mag=mag, mn=mn)


def _mag(node: Node, network: Network, options: FlowBindingOptions, mtu: int) -> Mapping[str, Any]:
    rates = {each.interface: each.settings.rate for each in network.accesses.values()}
    side = gateways.access_side(node, network, options, mtu)
    access = [{**link, "rate": rates[link["interface"]]} for link in side["access"]]
    return {**side, "access": access, **gateways.registering(network, options)}


def _capacities(network: Network) -> Iterator[Mapping[str, Any]]:
    """Yield what LMAs know of access links; of a MAG's links of one technology the slowest."""
    slowest: dict[tuple[str, int], float] = {}
    for access in network.accesses.values():
        if access.settings.rate is not None:
            key = network.nodes[access.router].address, gateways.technology(access.technology)
            slowest[key] = min(access.settings.rate, slowest.get(key, access.settings.rate))
    for (gateway, technology), rate in slowest.items():
        yield {"gateway": gateway, "technology": technology, "rate": rate}


def _mobile(node: Node, network: Network, options: FlowBindingOptions) -> Mapping[str, Any]:
    assert node.mobile is not None and node.mobile.anchor is not None
    return {
        "identifier": node.mobile.identifier,
        "anchor": network.nodes[node.mobile.anchor].address,
        "interfaces": [
            {
                "interface": each.name,
                "link_layer": each.mac,
                "technology": gateways.technology(each.technology),
            }
            for each in node.interfaces
        ],
        "shared_address": options.shared_address,
    }


def complete(network: Network, options: Options) -> Network:
    """Return ``network`` with what mobiles share; Refused for a role out of place."""
    check_roles(network, _NEEDED)
    chosen = cast(FlowBindingOptions, options)
    network = replace(network, capture_length=longest(network))  # updates for many flows
    return _with_shared_addresses(network) if chosen.shared_address else network


def _with_shared_addresses(network: Network) -> Network:
    """Return ``network`` with the home of each mobile's first interface at all of them (§7)."""
    moved: dict[str, str] = {}
    nodes = dict(network.nodes)
    for node in network.nodes.values():
        if node.mobile:
            shared = _shared(node.mobile)
            nodes[node.name] = replace(node, mobile=shared)
            for name, addresses in node.mobile.home_addresses.items():
                moved.update(zip(addresses, shared.home_addresses[name], strict=True))
    flows = {
        name: replace(
            flow,
            source_address=moved.get(flow.source_address, flow.source_address),
            destination_address=moved.get(flow.destination_address, flow.destination_address),
        )
        for name, flow in network.flows.items()
    }
    return replace(network, nodes=nodes, flows=flows)


def _shared(mobile: Mobile) -> Mobile:
    names = list(mobile.home_prefixes)
    prefixes = mobile.home_prefixes[names[0]]
    addresses = mobile.home_addresses[names[0]]
    return replace(
        mobile,
        home_prefixes=dict.fromkeys(names, prefixes),
        home_addresses=dict.fromkeys(names, addresses),
    )


FLOWBINDING = Protocol(
    title="Flow binding in PMIPv6 (draft-xia-netext-flow-binding-00)",
    traits=Traits(
        protocol="flowbinding",
        roles={"anchor": "lma", "access-router": "mag", "mobile": "mn"},
        serving=("mag",),
        anchoring="lma",
        access_identity=EVERY_GATEWAY,
        commands=gateways.COMMANDS,
    ),
    options=FlowBindingOptions,
    agents=agents,
    adjust=complete,
)
