"""How long the shortest path between two places of the network is, in links and in seconds."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import networkx as nx

from testbed.evidence.moves import Whereabouts
from testbed.topology.network import Flow, Network


def graph(network: Network) -> nx.Graph[str]:
    """Return the nodes and fixed links of ``network``; access links are not in it."""
    result: nx.Graph[str] = nx.Graph()
    result.add_nodes_from(network.nodes)
    owner = {i.name: node.name for node in network.nodes.values() for i in node.interfaces}
    for link in network.links.values():
        ends = (owner[end] for end in link.ends)
        result.add_edge(*ends, name=link.name, delay=link.settings.delay)
    return result


class Distance(NamedTuple):
    """The least links and the least sum of link delays (in seconds) that lead to a place.

    They may be those of two paths.
    """

    hops: int
    delay: float


_Place = tuple[str, str]  # a node that stays where it is, or "" and an access link


class Distances:
    """Shortest paths, with each mobile where it was at the time in question.

    Delays are those that the links had when the run began.
    """

    def __init__(self, network: Network, whereabouts: Whereabouts) -> None:
        self._network, self._whereabouts = network, whereabouts
        self._graph = graph(network)
        self._between = cache(self._fixed)

    def of_flow(self, flow: Flow, when: float) -> Distance | None:
        """Return how far apart the ends of ``flow`` were at ``when``; None where no path is.

        Two mobiles on one access link are two links apart, by way of its router.
        """
        source = self._place(flow.source, flow.source_address, when)
        destination = self._place(flow.destination, flow.destination_address, when)
        if source is None or destination is None:
            return None
        return self._between(source, destination)

    def _fixed(self, *places: _Place) -> Distance | None:
        (one, first), (other, last) = map(self._reached, places)
        if not nx.has_path(self._graph, one, other):
            return None
        hops = int(nx.shortest_path_length(self._graph, one, other))
        delay = nx.dijkstra_path_length(self._graph, one, other, weight="delay")
        return Distance(hops + first.hops + last.hops, delay + first.delay + last.delay)

    def _place(self, node: str, address: str, when: float) -> _Place | None:
        mobile = self._network.nodes[node].mobile
        if mobile is None:
            return node, ""
        for interface, addresses in mobile.home_addresses.items():
            if address in addresses or len(mobile.home_addresses) == 1:
                access = self._whereabouts.at(node, interface, when)
                return ("", access) if access else None
        return None

    def _reached(self, place: _Place) -> tuple[str, Distance]:
        """Return the fixed node nearest to ``place`` and how far that is by an access link."""
        node, access = place
        if not access:
            return node, Distance(0, 0.0)
        found = self._network.accesses[access]
        return found.router, Distance(1, found.settings.delay)
