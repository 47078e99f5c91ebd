"""What a member of a group sends reaches each other member once, by the shortest path."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import networkx as nx
import pytest
from random_networks import random_topology

from testbed.topology.multicast import multicast_routes
from testbed.topology.network import MulticastRoute, Network, Node
from testbed.topology.paths import link_graph

Load = Callable[[str], Network]
Routes = dict[tuple[str, str], MulticastRoute]  # by router and source

GROUP = "ff05::1"


def members(network: Network) -> list[Node]:
    return [node for node in network.nodes.values() if node.role == "mag"]


def by_source(network: Network) -> Routes:
    found = multicast_routes(network, GROUP, members(network))
    assert all(route.group == GROUP for routes in found.values() for route in routes)
    rows = [(router, route) for router, routes in found.items() for route in routes]
    assert len({(router, route.source) for router, route in rows}) == len(rows)
    return {(router, route.source): route for router, route in rows}


def spread(network: Network, routes: Routes, source: Node) -> dict[str, list[str]]:
    """Return the path by which each node gets a packet of ``source``; it must get but one."""
    far = {
        end: link.ends[1 - i] for link in network.links.values() for i, end in enumerate(link.ends)
    }
    owner = {i.name: node.name for node in network.nodes.values() for i in node.interfaces}
    paths = {source.name: [source.name]}
    waiting = [(source.name, "")]
    while waiting:
        node, interface = waiting.pop()
        route = routes.get((node, source.address))
        if route is None:
            continue
        assert route.inbound == interface
        assert route.outbound
        for end in route.outbound:
            child = owner[far[end]]
            assert child not in paths, f"{child} gets a packet of {source.name} twice"
            paths[child] = [*paths[node], child]
            waiting.append((child, far[end]))
    return paths


@pytest.mark.parametrize("seed", range(12))
def test_every_member_gets_one_copy_by_the_shortest_path(seed: int, loads: Load) -> None:
    network = loads(random_topology(seed, routers=16, domains=2))
    routes, graph = by_source(network), link_graph(network)
    for source in members(network):
        paths = spread(network, routes, source)
        best = nx.single_source_dijkstra_path_length(graph, source.name)
        for member in members(network):
            hops = pairwise(paths[member.name])
            assert sum(graph.edges[hop]["weight"] for hop in hops) == best[member.name]


@pytest.mark.parametrize("seed", range(12))
def test_every_branch_ends_at_a_member(seed: int, loads: Load) -> None:
    network = loads(random_topology(seed, routers=16, domains=2))
    routes, names = by_source(network), {node.name for node in members(network)}
    for source in members(network):
        paths = spread(network, routes, source)
        leaves = {node for node in paths if (node, source.address) not in routes}
        assert leaves <= names
    assert len(names) > 1
    assert {source for _, source in routes} == {node.address for node in members(network)}


FORK = """\
protocol: pmipv6
domains: {d: {prefix: "2001:db8:1::/48"}}
nodes:
  r1: {place: router}
  r2: {place: router}
  mag1: {place: access-router}
  mag2: {place: access-router}
  mag3: {place: access-router}
links:
  - {ends: [mag1, r1], delay: 9ms}
  - {name: fast, ends: [mag1, r1], delay: 1ms}
  - {ends: [r1, r2], delay: 1ms}
  - {ends: [r2, mag2], delay: 1ms}
  - {ends: [mag2, mag3], delay: 1ms}
"""


def test_a_member_on_the_way_forwards_too(loads: Load) -> None:
    network = loads(FORK)
    source = network.nodes["mag1"].address
    found = multicast_routes(network, GROUP, members(network))
    of_mag1 = {
        name: next(r for r in routes if r.source == source)
        for name, routes in found.items()
        if any(r.source == source for r in routes)
    }
    assert of_mag1 == {
        "mag1": MulticastRoute(source, GROUP, "", ("mag1-eth1",)),
        "r1": MulticastRoute(source, GROUP, "r1-eth1", ("r1-eth2",)),
        "r2": MulticastRoute(source, GROUP, "r2-eth0", ("r2-eth1",)),
        "mag2": MulticastRoute(source, GROUP, "mag2-eth0", ("mag2-eth1",)),
    }


def test_a_lone_member_needs_no_routes(loads: Load) -> None:
    network = loads(FORK)
    assert multicast_routes(network, GROUP, [network.nodes["mag1"]]) == {}
