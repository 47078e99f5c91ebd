"""From a checked model to the resolved network: everything a backend builds, spelled out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network

import networkx as nx

from testbed.topology.expectations import resolve_expectations
from testbed.topology.flows import resolve_flows
from testbed.topology.interfaces import autoconfigured
from testbed.topology.model import TopologyModel
from testbed.topology.network import Interface, Mobile, Network, Node, Route, Step
from testbed.topology.plan import Plan
from testbed.topology.routes import Hop, Region, host_route, routes, weight
from testbed.topology.siting import Site, lacks_link, site_nodes
from testbed.topology.sources import Sources
from testbed.topology.timeline import Stage, resolve_timeline
from testbed.topology.traits import Traits
from testbed.topology.wiring import Wiring, mobile_interfaces, wire

AFTERMATH = 1.0  # seconds that a run goes on after its last step, unless it has a duration
UNREACHABLE = ""  # the interface of a route to nowhere


def resolve(model: TopologyModel, sources: Sources, traits: Traits) -> Network:
    """Resolve ``model`` for the protocol of ``traits``; agents are still to be added.

    TopologyError names the first thing in the file that cannot be.
    """
    sites = site_nodes(model, sources, traits)
    plan = Plan(model, sources, sites)
    loopbacks = {s.name: plan.loopback(s) for s in sites.values() if s.place.forwarding}
    wiring = wire(model, sources, sites, plan, traits)
    graph = _graph(wiring, sites)
    _check_reachable(graph, wiring, sites, sources)
    static = routes(graph, _hops(wiring), _regions(sites, plan, loopbacks, wiring))
    mobiles = {s.name: _mobile(s, plan, wiring, traits) for s in sites.values() if s.place.moves}
    nodes = {
        name: _node(site, plan, loopbacks.get(name), wiring, static, mobiles.get(name))
        for name, site in sites.items()
    }
    seed = model.seed or 0
    flows = resolve_flows(model, sources, nodes, traits)
    foreign = model.protocol != traits.protocol
    commands = traits.commands
    stage = Stage(nodes, wiring.links, wiring.accesses, list(flows), seed, commands, foreign)
    timeline = resolve_timeline(model, sources, stage)
    return Network(
        name=model.name or "",
        protocol=traits.protocol,
        seed=seed,
        duration=_duration(model, timeline, sources),
        nodes=nodes,
        links=wiring.links,
        accesses=wiring.accesses,
        flows=flows,
        timeline=timeline,
        expectations=resolve_expectations(model, sources),
        agents={},
        settings=model.hosts.model_dump(),
        domains={name: str(network) for name, network in plan.networks.items()},
    )


def _graph(wiring: Wiring, sites: Mapping[str, Site]) -> nx.Graph[str]:
    """Return the routers and the links between them, the cheapest where there are several."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(name for name, site in sites.items() if site.place.forwarding)
    owner = {each.name: each.node for some in wiring.interfaces.values() for each in some}
    for link in wiring.links.values():
        one, other = (owner[end] for end in link.ends)
        cost = weight(link.settings.delay)
        known = graph.get_edge_data(one, other, {"weight": cost + 1})
        if one in graph and other in graph and cost < known["weight"]:
            graph.add_edge(one, other, weight=cost, link=link.name)
    return graph


def _check_reachable(
    graph: nx.Graph[str], wiring: Wiring, sites: Mapping[str, Site], sources: Sources
) -> None:
    first = next(iter(graph), None)
    reached = nx.node_connected_component(graph, first) if first else set()
    for site in sites.values():
        if site.place.moves:
            continue
        if not site.place.forwarding and site.name not in wiring.gateways:
            said = lacks_link(site.name, first or "ROUTER")
            raise sources.error(("nodes", site.name), said)
        if site.place.forwarding and site.name not in reached:
            said = f"unreachable node: no links lead to it from {first}, add some under `links`"
            raise sources.error(("nodes", site.name), said)


def _hops(wiring: Wiring) -> dict[tuple[str, str], Hop]:
    """Return the way from each router to each of its neighbours, over the cheapest link."""
    interfaces = {each.name: each for some in wiring.interfaces.values() for each in some}
    found: dict[tuple[str, str], Hop] = {}
    for link in sorted(wiring.links.values(), key=lambda each: -each.settings.delay):
        one, other = (interfaces[end] for end in link.ends)
        found[one.node, other.node] = Hop(one.name, other.link_local)
        found[other.node, one.node] = Hop(other.name, one.link_local)
    return found


def _regions(
    sites: Mapping[str, Site],
    plan: Plan,
    loopbacks: Mapping[str, IPv6Address],
    wiring: Wiring,
) -> Iterable[Region]:
    owned: dict[str, dict[str, list[IPv6Network]]] = {name: {} for name in plan.networks}
    for name, address in loopbacks.items():
        own = [host_route(address), *wiring.subnets.get(name, [])]
        own += [plan.pools[name]] if name in plan.pools else []
        for prefix in own:
            domain = next(n for n, network in plan.networks.items() if prefix.subnet_of(network))
            owned[domain].setdefault(name, []).append(prefix)
    return [Region(plan.networks[name], each) for name, each in owned.items() if each]


def _node(
    site: Site,
    plan: Plan,
    loopback: IPv6Address | None,
    wiring: Wiring,
    static: Mapping[str, list[Route]],
    mobile: Mobile | None,
) -> Node:
    interfaces = tuple(wiring.interfaces[site.name])
    pool = plan.pools.get(site.name)
    found = list(static.get(site.name, []))
    if pool:
        found.append(Route(str(pool), UNREACHABLE))
    gateway = wiring.gateways.get(site.name)
    if gateway:
        found.append(Route("::/0", interfaces[0].name, gateway.link_local))
    return Node(
        name=site.name,
        place=site.place.name,
        domain=site.domain,
        role=site.role,
        address=_address(loopback, mobile, wiring, site.name),
        interfaces=interfaces,
        routes=tuple(found),
        loopback=(f"{loopback}/128",) if loopback else (),
        pool=str(pool) if pool else None,
        forwarding=site.place.forwarding,
        mobile=mobile,
    )


def _mobile(site: Site, plan: Plan, wiring: Wiring, traits: Traits) -> Mobile:
    prefixes: dict[str, tuple[str, ...]] = {}
    addresses: dict[str, tuple[str, ...]] = {}
    kernel = wiring.interfaces[site.name]
    if traits.home_link and site.anchor:
        return _at_home(site, site.anchor, plan, kernel)
    for name, interface in zip(mobile_interfaces(site), kernel, strict=True):
        home = plan.home_prefixes(site, name)
        prefixes[interface.name] = tuple(map(str, home))
        addresses[interface.name] = tuple(str(autoconfigured(p, interface.mac)) for p in home)
    return Mobile(site.identifier, site.anchor, prefixes, addresses)


def _at_home(site: Site, anchor: str, plan: Plan, kernel: Sequence[Interface]) -> Mobile:
    """Return a mobile with one home address, which all its interfaces serve (RFC 6275 §4.1)."""
    home = plan.home_link(anchor)
    address = str(autoconfigured(home, kernel[0].mac))
    names = [interface.name for interface in kernel]
    prefixes, addresses = dict.fromkeys(names, (str(home),)), dict.fromkeys(names, (address,))
    return Mobile(site.identifier, anchor, prefixes, addresses)


def _address(loopback: IPv6Address | None, mobile: Mobile | None, wiring: Wiring, name: str) -> str:
    if loopback:
        return str(loopback)
    if mobile:
        return next(iter(mobile.home_addresses.values()))[0]
    return wiring.interfaces[name][0].addresses[0].partition("/")[0]


def _duration(model: TopologyModel, timeline: tuple[Step, ...], sources: Sources) -> float:
    last = max((step.at + step.gap for step in timeline), default=0.0)
    if model.duration is None:
        return last + AFTERMATH
    if model.duration < last:
        said = f"{model.duration:g}s ends before the timeline does, at {last:g}s"
        raise sources.error(("duration",), said)
    return model.duration


def with_name(network: Network, name: str) -> Network:
    """Return ``network`` under ``name`` where its file gives it none."""
    return network if network.name else replace(network, name=name)
