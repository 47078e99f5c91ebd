"""Multicast routes along the shortest-path tree of each sender."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx

from testbed.topology.network import MulticastRoute, Network, Node
from testbed.topology.paths import link_graph


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends to a group: its address, and the router that first forwards what it sends.

    ``inbound`` is the router's interface where that comes in, empty where the router is the sender.
    """

    address: str
    router: str
    inbound: str = ""


def multicast_routes(
    network: Network, group: str, members: Iterable[Node]
) -> dict[str, tuple[MulticastRoute, ...]]:
    """Return each router's routes for what every member of ``group`` sends to all the others."""
    members = list(members)
    senders = [Sender(node.address, node.name) for node in members]
    return routes_from(network, group, members, senders)


def routes_from(
    network: Network, group: str, members: Iterable[Node], senders: Iterable[Sender]
) -> dict[str, tuple[MulticastRoute, ...]]:
    """Return each router's routes for what ``senders`` send to the members of ``group``.

    Each sender's tree is that of the shortest paths to them (by delay, then by hops, as unicast
    packets go), and has no other branches.
    """
    graph = link_graph(network)
    joined = [node.name for node in members if node.name in graph]
    trees: dict[str, dict[str, str]] = {}
    found: dict[str, list[MulticastRoute]] = {}
    for sender in senders:
        if sender.router not in graph:
            continue
        if sender.router not in trees:
            trees[sender.router] = _tree(graph, sender.router, joined)
        parents = trees[sender.router]
        for router, outbound in _branches(graph, parents).items():
            parent = parents.get(router)
            inbound = _interface(graph, router, parent) if parent else sender.inbound
            route = MulticastRoute(sender.address, group, inbound, tuple(outbound))
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
