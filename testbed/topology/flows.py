"""Resolved flows: who sends what to whom, from which address to which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from testbed.topology.errors import suggest
from testbed.topology.model import PlayModel
from testbed.topology.network import Flow, Node
from testbed.topology.placeholders import UnknownPlaceholder, fill
from testbed.topology.sources import Sources
from testbed.topology.traffic import AnyFlow, CommandFlow, PingFlow, TcpFlow, UdpFlow
from testbed.topology.traits import Asking, Traits
from testbed.topology.units import SHORTEST_SPACING

FIRST_IDENTIFIER = 5001  # ports and echo identifiers; 5001 is where iperf has always listened
DEFAULT_INTERVAL = 0.02


def resolve_flows(
    model: PlayModel, sources: Sources, nodes: Mapping[str, Node], traits: Traits
) -> dict[str, Flow]:
    """Resolve all flows; TopologyError for one whose ends are not nodes that can talk."""
    found = {
        name: _resolve(name, flow, FIRST_IDENTIFIER + index, sources, nodes)
        for index, (name, flow) in enumerate(model.flows.items())
    }
    return {name: replace(flow, asks=_asks(flow, nodes, traits)) for name, flow in found.items()}


def _asks(flow: Flow, nodes: Mapping[str, Node], traits: Traits) -> tuple[str, ...]:
    """Return whom a flow asks; one that goes nowhere in particular needs no address."""
    if not flow.destination or traits.asking is Asking.NOBODY:
        return ()
    ends = [flow.responder, flow.initiator]
    if traits.asking is Asking.INITIATOR:
        ends.remove(flow.responder)
    return tuple(end for end in ends if nodes[end].mobile and nodes[end].role)


def _resolve(
    name: str, flow: AnyFlow, identifier: int, sources: Sources, nodes: Mapping[str, Node]
) -> Flow:
    source, destination = _ends(name, flow, sources, nodes)
    if isinstance(flow, UdpFlow | TcpFlow) and _is_mobile(source, nodes, destination):
        # A direction is seen from the mobile, so the mobile is the destination.
        direction: str = flow.direction or "up"
        source, destination = destination, source
    else:
        direction = _direction(flow)
    chosen = _interfaces(name, flow, (source, destination), sources, nodes)
    addresses = {end: _address(end, chosen.get(end), nodes) for end in (source, destination)}
    return Flow(
        name=name,
        kind=flow.kind,
        source=source,
        destination=destination,
        source_address=addresses[source],
        destination_address=addresses[destination],
        direction=direction,
        identifier=identifier,
        interval=_interval(name, flow, sources),
        size=flow.size if isinstance(flow, PingFlow | UdpFlow) else None,
        rate=flow.rate if isinstance(flow, TcpFlow) else None,
        command=_command(name, flow, addresses, sources),
        success=flow.success if isinstance(flow, CommandFlow) else None,
        service=flow.service,
        initiator=flow.source,
        traffic_class=0 if isinstance(flow, CommandFlow) else flow.traffic_class,
    )


def _ends(name: str, flow: AnyFlow, sources: Sources, nodes: Mapping[str, Node]) -> tuple[str, str]:
    for key, node in (("from", flow.source), ("to", flow.destination)):
        if node is not None and node not in nodes:
            raise sources.unknown(("flows", name, key), "node", node, nodes)
    if flow.source == flow.destination:
        raise sources.error(("flows", name, "to"), f"both ends are {flow.source}")
    return flow.source, flow.destination or ""


def _is_mobile(source: str, nodes: Mapping[str, Node], destination: str) -> bool:
    return nodes[source].mobile is not None and nodes[destination].mobile is None


def _direction(flow: AnyFlow) -> str:
    if isinstance(flow, PingFlow):
        return "both"
    if isinstance(flow, UdpFlow | TcpFlow):
        return flow.direction or "down"
    return "both"


def _interval(name: str, flow: AnyFlow, sources: Sources) -> float | None:
    match flow:
        case PingFlow():
            return flow.interval
        case UdpFlow():
            if flow.rate and flow.interval:
                said = "a udp flow has a `rate` or an `interval`, not both"
                raise sources.error(("flows", name, "rate"), said)
            return _spacing(name, flow, sources)
        case TcpFlow() | CommandFlow():
            return None
        case _:
            assert_never(flow)


def _spacing(name: str, flow: UdpFlow, sources: Sources) -> float:
    if not flow.rate:
        return flow.interval or DEFAULT_INTERVAL
    seconds = flow.size * 8 / flow.rate
    if seconds < SHORTEST_SPACING:
        most = flow.size * 8 / SHORTEST_SPACING / 1e6
        said = f"too high a rate for datagrams of {flow.size} octets: {most:g}Mbit/s at most"
        raise sources.error(("flows", name, "rate"), said)
    return seconds


def _interfaces(
    name: str,
    flow: AnyFlow,
    ends: tuple[str, str],
    sources: Sources,
    nodes: Mapping[str, Node],
) -> dict[str, str]:
    """Return, of each mobile that has it, the kernel's name of the interface that is asked for."""
    if flow.interface is None:
        return {}
    mobiles = [nodes[end] for end in ends if end and nodes[end].mobile]
    short = {
        (node.name, each.name.removeprefix(f"{node.name}-")): each.name
        for node in mobiles
        for each in node.interfaces
    }
    found = {end: kernel for (end, known), kernel in short.items() if known == flow.interface}
    if not found:
        where, known = ("flows", name, "interface"), dict.fromkeys(each for _, each in short)
        raise sources.unknown(where, "interface of a mobile", flow.interface, known)
    return found


def _command(
    name: str, flow: AnyFlow, addresses: Mapping[str, str], sources: Sources
) -> str | None:
    """Return the command with the addresses of the flow's ends in the place of their names."""
    if not isinstance(flow, CommandFlow):
        return None
    known = {"from": addresses[flow.source]}
    if flow.destination:
        known["to"] = addresses[flow.destination]
    try:
        return fill(flow.command, known)
    except UnknownPlaceholder as error:
        location = ("flows", name, "command")
        if error.name == "to":
            raise sources.error(location, "{to} is unknown: the flow has no `to`") from error
        own = "(or double the braces if they are the command's own)"
        said = f"{suggest(error.name, known)} {own}"
        raise sources.error(location, f"unknown placeholder {{{error.name}}}: {said}") from error


def _address(name: str, interface: str | None, nodes: Mapping[str, Node]) -> str:
    if not name:
        return ""
    node = nodes[name]
    if node.mobile and interface and interface in node.mobile.home_addresses:
        return node.mobile.home_addresses[interface][0]
    return node.address
