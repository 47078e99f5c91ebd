"""How soon a flow can move: what the links between its request and its first packet take."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx

from testbed.topology.network import Access, LinkSettings, Network
from testbed.topology.paths import link_graph

_FRAMING = 14  # octets of an Ethernet header, which take their time on a limited link too
_HEADER = 40  # octets of the tunnel between an anchor and an access router


class Bounds:
    """Least times over the links of a network, as they were at first."""

    def __init__(self, network: Network) -> None:
        self._graph = link_graph(network)
        self._links = {frozenset(link.ends): link.settings for link in network.links.values()}

    def bound(
        self, asker: str, anchor: str, access: Access, octets: int, *, inquired: bool
    ) -> float | None:
        """Return the seconds from a request of ``asker`` to the first packet on the new way.

        The request goes to ``anchor``, which may inquire of the router of ``access``; then a packet
        of ``octets`` on that link goes there in a tunnel. None where no links lead there.
        """
        router = access.router
        asking, going = self._seconds(asker, anchor, 0), self._seconds(anchor, router, 0)
        carrying = self._seconds(anchor, router, octets + _HEADER if octets else 0)
        if asking is None or going is None or carrying is None:
            return None
        inquiry = 2 * going if inquired else 0.0
        return asking + inquiry + carrying + _crossing(access.settings, octets)

    def _seconds(self, one: str, other: str, octets: int) -> float | None:
        graph = self._graph
        if one not in graph or other not in graph or not nx.has_path(graph, one, other):
            return None
        hops = (graph.edges[hop] for hop in pairwise(nx.dijkstra_path(graph, one, other)))
        ends = (frozenset(hop["interfaces"].values()) for hop in hops)
        return sum(_crossing(self._links[each], octets) for each in ends)


def _crossing(settings: LinkSettings, octets: int) -> float:
    """Return how long a packet takes over a link; of no octets the delay alone."""
    if not octets or settings.rate is None:
        return settings.delay
    return settings.delay + (octets + _FRAMING) * 8 / settings.rate
