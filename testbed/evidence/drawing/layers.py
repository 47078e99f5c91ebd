"""Where the nodes of a network lie in its picture: mobiles below, then layer upon layer.

A node's layer is its distance from the access routers. Within a layer, nodes are ordered by
where their neighbours are (the barycentre method), which leaves few lines crossing. Nothing
is random: equal networks give equal pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

import networkx as nx

from testbed.evidence.distances import graph
from testbed.topology.network import Network

_SWEEPS = 6
_WIDEST = 10  # nodes beside each other, before a layer takes a second row

Rows = list[list[str]]


def rows(network: Network, visited: Mapping[str, Sequence[str]]) -> Rows:
    """Return the names of all nodes row by row from top to bottom.

    ``visited`` maps each mobile to the access links that it came to.
    """
    neighbours = _neighbours(network, visited)
    layers = _layers(network)
    for sweep in range(_SWEEPS):
        order = layers if sweep % 2 else layers[::-1]
        places = _places(layers)
        for layer in order:
            layer.sort(key=lambda name: (_centre(name, neighbours, places), places[name]))
            places.update(_places([layer]))
    return [row for layer in layers for row in _wrapped(layer)]


def _layers(network: Network) -> Rows:
    routers = {access.router for access in network.accesses.values()}
    mobiles = [node.name for node in network.nodes.values() if node.mobile]
    depth = nx.multi_source_dijkstra_path_length(graph(network), routers) if routers else {}
    farthest = int(max(depth.values(), default=0))
    layers: Rows = [[] for _ in range(farthest + 1)]
    for name in network.nodes:
        if name not in mobiles:
            layers[farthest - int(depth.get(name, farthest))].append(name)
    return [layer for layer in (*layers, mobiles) if layer]


def _neighbours(
    network: Network, visited: Mapping[str, Sequence[str]]
) -> Mapping[str, Sequence[str]]:
    fixed = graph(network)
    for mobile, accesses in visited.items():
        fixed.add_edges_from((mobile, network.accesses[access].router) for access in accesses)
    return {name: sorted(fixed[name]) for name in fixed}


def _places(layers: Rows) -> dict[str, float]:
    """Return each node's place in its layer, from 0 at the left to 1 at the right."""
    return {
        name: (index + 0.5) / len(layer) for layer in layers for index, name in enumerate(layer)
    }


def _centre(
    name: str, neighbours: Mapping[str, Sequence[str]], places: Mapping[str, float]
) -> float:
    around = [places[other] for other in neighbours[name]]
    return round(fmean(around), 9) if around else places[name]


def _wrapped(layer: list[str]) -> Rows:
    """Split a layer that is too wide into rows of about equal length."""
    count = -(-len(layer) // _WIDEST)
    length = -(-len(layer) // count)
    return [layer[index : index + length] for index in range(0, len(layer), length)]
