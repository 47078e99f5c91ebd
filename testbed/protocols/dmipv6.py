"""Distributed Mobile IPv6: MIPv6, and home proxies near correspondents.

draft-liu-dmm-flows-distribution-and-handoff-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from testbed.protocols import gateways, home_proxies, mipv6, zones
from testbed.protocols.distributed_options import Dmipv6Options
from testbed.protocols.protocol import Options, Protocol
from testbed.protocols.zones import Zone
from testbed.topology.commands import Commands, Numbers
from testbed.topology.network import Agent, MulticastRoute, Network
from testbed.topology.places import PLACES, Place
from testbed.topology.traits import Asking, Traits

_PLACES = (
    Place(
        "home-proxy",
        "gives mobiles addresses near the correspondents of its domain",
        forwarding=True,
        leases=True,
    ),
    Place("management-server", "knows the home proxies of its domain"),
    Place("name-server", "answers for the names of the home proxies of its domain"),
)


_FLOW = ("flow", "service", "destination", "protocol", "port", "user", "incoming")
_COMMANDS: Mapping[str, Commands] = {
    "dhp": {
        "set_status": {
            "load": Numbers(255, or_null=True),  # null: measured again
            "capability": Numbers(255),
            "security": Numbers(255),
            "distance": Numbers(255),
        }
    },
    "mn": {"open_flow": _FLOW, "close_flow": ("flow",)},
}


def agents(network: Network, options: Options) -> dict[str, Agent]:
    """Return the agents of all nodes with a role."""
    chosen = cast(Dmipv6Options, options)
    found = zones.zones(network)
    home_proxies.check(network, found, chosen)
    return gateways.agents("dmipv6", **_configurations(network, found, chosen))


def _configurations(
    network: Network, found: list[Zone], options: Dmipv6Options
) -> dict[str, dict[str, Mapping[str, Any]]]:
    configs = mipv6.configurations(network, options)
    seeking = home_proxies.seeking(found, options)
    for zone in found:
        for node in home_proxies.acting(zone, network, options):
            server = home_proxies.server(node, [zone], options)
            configs["cn"][node.name] = {**configs["cn"][node.name], "server": server}
    return {
        **configs,
        "mn": {name: {**config, **seeking} for name, config in configs["mn"].items()},
        "dhp": {
            node.name: home_proxies.proxy(node, zone, network, options)
            for zone in found
            for node in zone.proxies
        },
        "server": {
            node.name: home_proxies.server(node, [z for z in found if node in z.servers], options)
            for node in gateways.with_role(network, "server")
        },
    }


def _complete(network: Network, options: Options) -> Network:
    network = mipv6.complete(network, options)
    found = zones.zones(network)
    return zones.with_names(zones.with_anycast(network, found), found)


def _multicast(network: Network, options: Options) -> Mapping[str, tuple[MulticastRoute, ...]]:
    return zones.multicast(network, zones.zones(network))


DMIPV6 = Protocol(
    title="Distributed Mobile IPv6 (draft-liu-dmm-flows-distribution-and-handoff-01)",
    traits=Traits(
        protocol="dmipv6",
        roles={**mipv6.ROLES, "home-proxy": "dhp", "management-server": "server"},
        serving=("ar", "ha"),
        anchoring="ha",
        access_prefixes=True,
        home_link=True,
        home_prefixes=False,
        asking=Asking.INITIATOR,
        commands=_COMMANDS,
        places={**PLACES, **{place.name: place for place in _PLACES}},
    ),
    options=Dmipv6Options,
    agents=agents,
    multicast=_multicast,
    adjust=_complete,
)
