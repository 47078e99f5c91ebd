"""Paths through a resolved network."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import networkx as nx

from testbed.topology.network import Network
from testbed.topology.routes import weight


def link_graph(network: Network) -> nx.Graph[str]:
    """Return the nodes and point-to-point links, of several between two nodes the fastest.

    Each edge has its link's `delay` and `mtu`, and in `interfaces` each end's interface.
    """
    graph: nx.Graph[str] = nx.Graph()
    owner = {i.name: node.name for node in network.nodes.values() for i in node.interfaces}
    for link in sorted(network.links.values(), key=lambda each: -each.settings.delay):
        interfaces = {owner[end]: end for end in link.ends}
        settings = link.settings
        graph.add_edge(
            *interfaces,
            weight=weight(settings.delay),
            delay=settings.delay,
            mtu=settings.mtu,
            interfaces=interfaces,
        )
    return graph


def path_mtu(network: Network, one: str, others: Iterable[str]) -> int:
    """Return the largest packet, in octets, that all shortest paths from a node to others take."""
    graph = link_graph(network)
    paths = nx.single_source_dijkstra_path(graph, one) if one in graph else {}
    hops = {pair for other in others for pair in pairwise(paths.get(other, []))}
    return min((graph.edges[hop]["mtu"] for hop in hops), default=65535)


def distance(network: Network, one: str, other: str) -> tuple[int, float] | None:
    """Return how far two nodes are apart: links, and seconds one way; None where nothing leads.

    Packets take the path of the least delay, and among those the one with the fewest links.
    """
    graph = link_graph(network)
    if one not in graph or other not in graph or not nx.has_path(graph, one, other):
        return None
    hops = list(pairwise(nx.dijkstra_path(graph, one, other)))
    return len(hops), sum(graph.edges[hop]["delay"] for hop in hops)
