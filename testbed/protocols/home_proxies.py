"""The configuration of home proxies, of their servers, and of mobiles that look for them.

draft-liu-dmm-flows-distribution-and-handoff-01 §4.3, §4.4, §5.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from testbed.protocols.distributed_options import (
    BUSINESS,
    ChoiceOptions,
    Dmipv6Options,
    ProbeOptions,
    ProxyOptions,
    ProxyStatus,
)
from testbed.protocols.gateways import addresses
from testbed.protocols.options import security
from testbed.protocols.protocol import Refused
from testbed.protocols.zones import Zone
from testbed.topology.errors import suggest
from testbed.topology.network import Network, Node
from testbed.topology.paths import distance

_FARTHEST = 255  # the largest distance that a status can tell, and that of what is unknown

_BEARING = set(ProxyOptions.model_fields) - {"proxies", "distance_unit"}
_SEEKING = {*ChoiceOptions.model_fields, *ProbeOptions.model_fields} - {"rules"}


def check(network: Network, found: Iterable[Zone], options: Dmipv6Options) -> None:
    """Raise Refused for options that name what is not there, or ask those who are not there."""
    proxies = [node.name for zone in found for node in zone.proxies]
    for name in options.proxies:
        if proxies and name not in proxies:
            said = f"unknown home proxy {name!r}: {suggest(name, proxies)}"
            raise Refused(("protocols", "dmipv6", "proxies", name), said)
    if options.discovery.startswith("server") and any(not zone.servers for zone in found):
        said = f"{options.discovery} asks a node with `place: management-server`, and there is none"
        raise Refused(("protocols", "dmipv6", "discovery"), said)
    acted = [each for zone in found for each in acting(zone, network, options)]
    if proxies and options.discovery == "correspondent" and not acted:
        said = "correspondent asks those near home proxies, and none of them has the role cn"
        raise Refused(("protocols", "dmipv6", "discovery"), said)
    for flow in network.flows.values():
        if flow.service is not None and flow.service not in options.known:
            said = f"unknown service {flow.service!r}: {suggest(flow.service, options.known)}"
            raise Refused(("flows", flow.name, "service"), said)


def proxy(node: Node, zone: Zone, network: Network, options: Dmipv6Options) -> Mapping[str, Any]:
    """Return what a home proxy is told."""
    status = options.proxies.get(node.name, ProxyStatus())
    away = _distance(node, network, options) if status.distance is None else status.distance
    servers = [*zone.servers, *acting(zone, network, options)]
    return {
        "address": node.address,
        "pool": node.pool,
        "group": str(zone.group),
        "anycast": str(zone.anycast),
        "zone": zone.name,
        "peers": [address for address in addresses(zone.proxies) if address != node.address],
        "servers": addresses(servers),
        **status.model_dump(exclude={"distance"}),
        "distance": away,
        "max_lifetime": options.max_lifetime,
        "refresh_advice": options.refresh_advice,
        "authentication": security(options.authentication),
        **options.model_dump(include=_BEARING),
    }


def server(node: Node, served: Iterable[Zone], options: Dmipv6Options) -> Mapping[str, Any]:
    """Return what a management server is told, or a correspondent that acts as one."""
    served = list(served)
    return {
        "address": node.address,
        "zone": served[0].name if served else "",
        "proxies": [address for zone in served for address in addresses(zone.proxies)],
        "stale_after": options.stale_after,
        "rules": {str(BUSINESS[name]): policy for name, policy in options.rules.items()},
    }


def seeking(found: Iterable[Zone], options: Dmipv6Options) -> Mapping[str, Any]:
    """Return what a mobile is told of home proxies, and of the services of its flows."""
    return {
        "domains": [
            {
                "prefix": str(zone.prefix),
                "zone": zone.name,
                "name_server": zone.name_server.address,
            }
            for zone in found
        ],
        "services": {
            name: {**service.model_dump(), "business": BUSINESS[service.business]}
            for name, service in options.known.items()
        },
        "default_service": options.default_service,
        **options.model_dump(include=_SEEKING),
    }


def acting(zone: Zone, network: Network, options: Dmipv6Options) -> list[Node]:
    """Return the correspondents of a zone that act as its management servers (§4.3.3.2.2)."""
    if options.discovery != "correspondent":
        return []
    return [n for n in network.nodes.values() if n.role == "cn" and n.domain == zone.domain]


def _distance(node: Node, network: Network, options: Dmipv6Options) -> int:
    """Return how far the farthest correspondent of its domain is from a home proxy."""
    near = [
        distance(network, node.name, each.name)
        for each in network.nodes.values()
        if each.place == "correspondent" and each.domain == node.domain
    ]
    found = [
        hops if options.distance_unit == "hops" else round(seconds * 1000)
        for hops, seconds in filter(None, near)
    ]
    return min(max(found), _FARTHEST) if found else _FARTHEST
