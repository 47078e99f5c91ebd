"""Static shortest-path routes: by delay, then by hops; aggregated by domain.

Every node sends what it has no closer route for towards one router of the destination's domain,
its hub; the hub knows all of its domain. So what nobody owns ends there, and never circles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

import networkx as nx

from testbed.topology.network import Route

# Delays become whole nanoseconds, above 16 bits in which hops are counted.
_HOP = 1
_NANOSECOND = 1 << 16


@dataclass(frozen=True, slots=True)
class Hop:
    """The way from a router to its neighbour."""

    interface: str
    next_hop: str


@dataclass(frozen=True, slots=True)
class Region:
    """A domain to route to: its prefix, and what each of its routers owns of it."""

    prefix: IPv6Network
    owned: Mapping[str, Sequence[IPv6Network]]


Hops = Mapping[tuple[str, str], Hop]
Trees = Mapping[str, Mapping[str, str]]  # towards -> node -> its neighbour on the way
Span = tuple[int, int]  # first address, length


def weight(delay: float) -> int:
    """Return the cost of a link of ``delay`` seconds."""
    return round(delay * 1e9) * _NANOSECOND + _HOP


def routes(graph: nx.Graph[str], hops: Hops, regions: Iterable[Region]) -> dict[str, list[Route]]:
    """Return the routes of every node of the connected ``graph`` to all ``regions``."""
    found: dict[str, list[Route]] = {node: [] for node in graph}
    for region in regions:
        trees, hub = _trees(graph, region)
        for node in graph:
            found[node] += _towards(node, region, trees, hub, hops)
    return found


def _trees(graph: nx.Graph[str], region: Region) -> tuple[Trees, str]:
    """Return the shortest-path trees to the region's routers, and the most central of these."""
    trees: dict[str, dict[str, str]] = {}
    distances: dict[str, int] = {}
    for owner in region.owned:
        before, distance = nx.dijkstra_predecessor_and_distance(graph, owner)
        trees[owner] = {node: via[0] for node, via in before.items() if via}
        distances[owner] = sum(int(distance[other]) for other in region.owned)
    hub = min(distances, key=lambda owner: distances[owner])
    return trees, hub


def _towards(node: str, region: Region, trees: Trees, hub: str, hops: Hops) -> list[Route]:
    """Return a node's routes to a region: one for all of it, and the exceptions."""
    default = trees[hub].get(node)
    apart: dict[str, list[Span]] = {}
    for owner, prefixes in region.owned.items():
        via = trees[owner].get(node)
        if via is not None and via != default:
            spans = apart.setdefault(via, [])
            spans += [(int(prefix.network_address), prefix.prefixlen) for prefix in prefixes]
    found = [
        _route(IPv6Network(span), hops[node, via])
        for via, spans in apart.items()
        for span in collapse(spans)
    ]
    return [_route(region.prefix, hops[node, default]), *found] if default else found


def _route(prefix: IPv6Network, hop: Hop) -> Route:
    return Route(str(prefix), hop.interface, hop.next_hop)


def collapse(spans: Iterable[Span]) -> list[Span]:
    """Return the fewest prefixes that cover exactly the disjoint ``spans``."""
    found: list[Span] = []
    for span in sorted(spans):
        found.append(span)
        while len(found) > 1 and (merged := _merge(found[-2], found[-1])):
            found[-2:] = [merged]
    return found


def _merge(low: Span, high: Span) -> Span | None:
    """Return the prefix whose two halves are ``low`` and ``high``, if there is one."""
    size = 1 << (128 - low[1])
    if low[1] == high[1] and high[0] - low[0] == size and low[0] % (2 * size) == 0:
        return low[0], low[1] - 1
    return None


def host_route(address: IPv6Address) -> IPv6Network:
    """Return the /128 of ``address``."""
    return IPv6Network((int(address), 128))
