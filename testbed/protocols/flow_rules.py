"""What MAGs and LMAs are told of services and of where their flows go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from testbed.protocols.flow_checks import HERE, check
from testbed.protocols.flow_options import (
    EVERYTHING,
    FAMILIES,
    PROTOCOLS,
    FlowBindingOptions,
    FlowRule,
    FlowService,
    Ports,
)
from testbed.protocols.gateways import TECHNOLOGIES
from testbed.protocols.protocol import Refused
from testbed.topology.errors import suggest
from testbed.topology.network import Flow, Network

_PLAIN = (
    "carrier",
    "layout",
    "inquire",
    "shared_address",
    "congestion",
    "out_of_service_lifetime",
    "max_flows",
    "max_requests",
)


def flow_config(network: Network, options: FlowBindingOptions) -> Mapping[str, Any]:
    """Return what MAGs and LMAs are told of flows; Refused for a service or mobile not known."""
    services = _services(network, options)
    check(network, options, services)
    return {
        **options.model_dump(include=set(_PLAIN)),
        "services": services,
        "policy": _rules(options.policy),
        "profiles": {
            _identifier(name, network): _rules(rules) for name, rules in options.profiles.items()
        },
    }


def _services(network: Network, options: FlowBindingOptions) -> dict[str, Any]:
    """Return all services: those of the options, those that flows name, and that of everything."""
    known = dict(options.services)
    known.setdefault(EVERYTHING, FlowService())
    for flow in network.flows.values():
        if flow.service:
            known.setdefault(flow.service, FlowService())
    return {
        name: {"selectors": list(_selectors(name, each, network)), "rate": each.rate}
        for name, each in known.items()
    }


def _selectors(name: str, service: FlowService, network: Network) -> Iterator[Mapping[str, Any]]:
    """Yield which packets towards mobiles a service is."""
    if name == EVERYTHING or not service.says_nothing:
        yield from _declared(service)
    for flow in network.flows.values():
        if flow.service == name and flow.kind != "command":
            ends = [end for end in (flow.source, flow.destination) if network.nodes[end].mobile]
            yield from (_of_flow(flow, end) for end in ends)


def _declared(service: FlowService) -> Iterator[Mapping[str, Any]]:
    found: dict[str, Any] = {}
    if service.protocol is not None:
        found["protocol"] = PROTOCOLS[service.protocol]
    if service.traffic_class is not None:
        found["traffic_class"] = service.traffic_class
    every: list[Ports | None] = [None]
    for near, far in product(service.ports or every, service.mobile_ports or every):
        yield {**found, **_ports(near, far)}


def _ports(source: Ports | None, destination: Ports | None) -> Mapping[str, Any]:
    given = {"source_ports": source, "destination_ports": destination}
    return {key: list(ports) for key, ports in given.items() if ports}


def _of_flow(flow: Flow, mobile: str) -> Mapping[str, Any]:
    """Return which packets towards ``mobile`` are those of ``flow``."""
    peer = flow.peer_of(mobile)
    found: dict[str, Any] = {
        "protocol": PROTOCOLS["icmpv6" if flow.kind == "ping" else flow.kind],
        "source": f"{flow.address_of(peer)}/128",
    }
    own: Ports = (flow.identifier, flow.identifier)
    if flow.kind == "udp":
        return {**found, **_ports(own, own)}
    if flow.kind == "tcp":  # the port of the end that begins it is any
        return {**found, **(_ports(own, None) if flow.responder == peer else _ports(None, own))}
    return found


def _rules(rules: Iterable[FlowRule]) -> list[Mapping[str, Any]]:
    return [{**rule.model_dump(), "prefer": _numbers(rule.prefer)} for rule in rules]


def _numbers(technologies: Sequence[str]) -> list[int]:
    """Return the access technology types of ``technologies``, each once, families spelled out."""
    members = [each for name in technologies for each in FAMILIES.get(name, (name,))]
    return list(dict.fromkeys(TECHNOLOGIES[each] for each in members))


def _identifier(name: str, network: Network) -> str:
    node = network.nodes.get(name)
    if node is None or node.mobile is None:
        mobiles = [each.name for each in network.nodes.values() if each.mobile]
        said = f"{name!r} is no mobile of this network: {suggest(name, mobiles)}"
        raise Refused((*HERE, "profiles", name), said)
    return node.mobile.identifier
