"""How many links the shortest path between two places of the network crosses."""

from __future__ import annotations

from functools import cache

import networkx as nx

from testbed.evidence.moves import Whereabouts
from testbed.topology.network import Flow, Network


def graph(network: Network) -> nx.Graph[str]:
    """Return the nodes and fixed links of ``network``; access links are not in it."""
    result: nx.Graph[str] = nx.Graph()
    result.add_nodes_from(network.nodes)
    owner = {i.name: node.name for node in network.nodes.values() for i in node.interfaces}
    for link in network.links.values():
        result.add_edge(*(owner[end] for end in link.ends), name=link.name)
    return result


class Distances:
    """Shortest paths in links, with each mobile where it was at the time in question."""

    def __init__(self, network: Network, whereabouts: Whereabouts) -> None:
        self._network, self._whereabouts = network, whereabouts
        self._graph = graph(network)
        self._from = cache(lambda node: nx.single_source_shortest_path_length(self._graph, node))

    def of_flow(self, flow: Flow, when: float) -> int | None:
        """Return the links between the ends of ``flow`` at ``when``; None where there is no path.

        Two mobiles on one access link are two links apart, by way of its router.
        """
        source = self._place(flow.source, flow.source_address, when)
        destination = self._place(flow.destination, flow.destination_address, when)
        if source is None or destination is None:
            return None
        between: int | None = self._from(source[0]).get(destination[0])
        return None if between is None else between + source[1] + destination[1]

    def _place(self, node: str, address: str, when: float) -> tuple[str, int] | None:
        """Return the fixed node nearest to ``node`` and the number of access links up to it."""
        mobile = self._network.nodes[node].mobile
        if mobile is None:
            return node, 0
        for interface, addresses in mobile.home_addresses.items():
            if address in addresses or len(mobile.home_addresses) == 1:
                access = self._whereabouts.at(node, interface, when)
                return (self._network.accesses[access].router, 1) if access else None
        return None
