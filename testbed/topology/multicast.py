"""Multicast routes along the shortest-path tree of each sender."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import networkx as nx

from testbed.topology.network import MulticastRoute, Network, Node
from testbed.topology.paths import link_graph


def multicast_routes(
    network: Network, group: str, members: Iterable[Node]
) -> dict[str, tuple[MulticastRoute, ...]]:
    """Return each router's routes for what every member of ``group`` sends to all the others.

    Each sender's tree is that of the shortest paths to them (by delay, then by hops, as unicast
    packets go), and has no other branches.
    """
    graph = link_graph(network)
    joined = [node for node in members if node.name in graph]
    found: dict[str, list[MulticastRoute]] = {}
    for source in joined:
        parents = _tree(graph, source.name, [node.name for node in joined])
        for router, outbound in _branches(graph, parents).items():
            parent = parents.get(router)
            inbound = _interface(graph, router, parent) if parent else ""
            route = MulticastRoute(source.address, group, inbound, tuple(outbound))
            found.setdefault(router, []).append(route)
    return {router: tuple(routes) for router, routes in found.items()}


def _tree(graph: nx.Graph[str], root: str, leaves: Iterable[str]) -> dict[str, str]:
    """Return the parent of each node on the shortest paths from ``root`` to ``leaves``."""
    paths = nx.single_source_dijkstra_path(graph, root)
    return {child: parent for leaf in leaves for parent, child in pairwise(paths[leaf])}


def _branches(graph: nx.Graph[str], parents: dict[str, str]) -> dict[str, list[str]]:
    """Return the interfaces by which each parent reaches its children."""
    branches: dict[str, list[str]] = {}
    for child, parent in parents.items():
        branches.setdefault(parent, []).append(_interface(graph, parent, child))
    return branches


def _interface(graph: nx.Graph[str], node: str, neighbour: str) -> str:
    """Return the interface of ``node`` to its neighbour."""
    return str(graph.edges[node, neighbour]["interfaces"][node])
