"""Where things are in a network, and how far apart: the only facts that the models start from."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import networkx as nx

from testbed.topology.network import LinkSettings, Network
from testbed.topology.paths import link_graph

FRAMING = 14  # octets of an Ethernet header, which take their time on a link too


class Place(NamedTuple):
    """A fixed node, or a mobile on the access link ``access`` of the router ``node``."""

    node: str
    access: str = ""


class Map:
    """Delays and links between places, along the paths that packets take in this network."""

    def __init__(self, network: Network) -> None:
        self._accesses = network.accesses
        self._graph = link_graph(network)
        self._forwarding = {name: node.forwarding for name, node in network.nodes.items()}
        self._settings = {frozenset(link.ends): link.settings for link in network.links.values()}
        self._path = cache(self._find)

    def place(self, access: str) -> Place:
        """Return the place of a mobile on ``access``."""
        return Place(self._accesses[access].router, access)

    def delay(self, one: Place, other: Place, octets: int) -> float:
        """Return how long a packet of ``octets`` takes, in seconds: delays and serialization."""
        return sum(
            each.delay + (8 * (octets + FRAMING) / each.rate if each.rate else 0.0)
            for each in self._path(one, other)
        )

    def links(self, one: Place, other: Place) -> int:
        """Return how many links a packet crosses."""
        return len(self._path(one, other))

    def tree(self, root: Place, leaves: frozenset[Place]) -> int:
        """Return how many links a packet to a group crosses: those of all paths, each once."""
        nodes = [nx.dijkstra_path(self._graph, root.node, leaf.node) for leaf in leaves]
        return len({frozenset(hop) for path in nodes for hop in pairwise(path)})

    def first_router(self, host: Place) -> Place:
        """Return the neighbour that a host's packets go to; a router's own are its own."""
        neighbours = list(self._graph[host.node])
        if self._forwarding[host.node] or not neighbours:
            return host
        return Place(neighbours[0])

    def _find(self, one: Place, other: Place) -> tuple[LinkSettings, ...]:
        if one == other and not one.access:
            return ()
        airs = [self._accesses[each.access].settings for each in (one, other) if each.access]
        path = [one.node]
        if one.node != other.node:
            path = nx.dijkstra_path(self._graph, one.node, other.node)
        edges = (self._graph.edges[hop]["interfaces"] for hop in pairwise(path))
        return (*airs, *(self._settings[frozenset(ends.values())] for ends in edges))
