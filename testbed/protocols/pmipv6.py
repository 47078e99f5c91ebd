"""Proxy Mobile IPv6 (RFC 5213): anchors are LMAs, access routers are MAGs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from testbed.protocols import gateways
from testbed.protocols.options import RegistrationOptions
from testbed.protocols.protocol import Options, Protocol
from testbed.topology.network import Agent, Network, Node
from testbed.topology.traits import EVERY_GATEWAY, Traits


class Pmipv6Options(RegistrationOptions):
    """The options of PMIPv6."""

    local_routing: bool = False


def agents(network: Network, options: Options) -> dict[str, Agent]:
    """Return the agents of all MAGs and LMAs of ``network``."""
    chosen = cast(Pmipv6Options, options)
    anchors, mags = (gateways.with_role(network, role) for role in ("lma", "mag"))
    mtu = gateways.tunnel_mtu(network, ((anchor, mags) for anchor in anchors))
    lma = {node.name: gateways.anchor(node, network, chosen) for node in anchors}
    mag = {node.name: _mag(node, network, chosen, mtu) for node in mags}
    return gateways.agents("pmipv6", lma=lma, mag=mag)


def _mag(node: Node, network: Network, options: Pmipv6Options, mtu: int) -> Mapping[str, Any]:
    return {
        **gateways.access_side(node, network, options, mtu),
        **gateways.registering(network, options),
        "local_routing": options.local_routing,
    }


PMIPV6 = Protocol(
    title="Proxy Mobile IPv6 (RFC 5213)",
    traits=Traits(
        protocol="pmipv6",
        roles={"anchor": "lma", "access-router": "mag"},
        serving=("mag",),
        anchoring="lma",
        access_identity=EVERY_GATEWAY,
        commands=gateways.COMMANDS,
    ),
    options=Pmipv6Options,
    agents=agents,
    adjust=gateways.checked,
)
