"""Mobile IPv6 (RFC 6275): anchors are home agents, mobiles and correspondents have agents too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from testbed.protocols import gateways, hosts
from testbed.protocols.fitness import check_roles
from testbed.protocols.gateways import with_role
from testbed.protocols.host_options import HostOptions
from testbed.protocols.protocol import Options, Protocol
from testbed.topology.network import Agent, Network
from testbed.topology.traits import Traits

ROLES: Mapping[str, str] = {
    "anchor": "ha",
    "access-router": "ar",
    "mobile": "mn",
    "correspondent": "cn",
}


class Mipv6Options(HostOptions):
    """The options of MIPv6."""


def configurations(
    network: Network, options: HostOptions
) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Return the configuration of every node with a role of MIPv6: by role, then by node."""
    return {
        "ha": {n.name: hosts.home_agent(n, network, options) for n in with_role(network, "ha")},
        "ar": {n.name: hosts.access_router(n, network, options) for n in with_role(network, "ar")},
        "mn": {n.name: hosts.mobile(n, network, options) for n in with_role(network, "mn")},
        "cn": {n.name: hosts.correspondent(n, options) for n in with_role(network, "cn")},
    }


def agents(network: Network, options: Options) -> dict[str, Agent]:
    """Return the agents of all nodes with a role."""
    return gateways.agents("mipv6", **configurations(network, cast(Mipv6Options, options)))


def complete(network: Network, options: Options) -> Network:
    """Return ``network`` with what home agents add to it; Refused for a role out of place."""
    check_roles(network, hosts.NEEDED)
    return hosts.with_home_agents(network)


MIPV6 = Protocol(
    title="Mobile IPv6 (RFC 6275)",
    traits=Traits(
        protocol="mipv6",
        roles=ROLES,
        serving=("ar", "ha"),
        anchoring="ha",
        access_prefixes=True,
        home_link=True,
        home_prefixes=False,
        commands={"mn": {"open_flow": (), "close_flow": ()}},
    ),
    options=Mipv6Options,
    agents=agents,
    adjust=complete,
)
