"""How far packets should travel over a whole run, by where everybody is when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from testbed.comparison.model.places import Map
from testbed.comparison.model.plan import stays
from testbed.comparison.model.protocols import model_of
from testbed.comparison.model.routes import links, tunnelled
from testbed.comparison.model.scene import place_of
from testbed.comparison.model.ways import Model, Trip
from testbed.evidence.flows import mobile_direction
from testbed.topology.network import Flow, Network


class Journey(NamedTuple):
    """What is expected of one direction of a flow.

    ``stretch`` are the links crossed over those of the shortest path, ``tunnels`` the octets of
    tunnels of a packet, once for each link.
    """

    stretch: float
    tunnels: float


def journeys(network: Network) -> Mapping[tuple[str, str], Journey]:
    """Return what is expected of each flow with a pace of its own, by name and direction."""
    model = model_of(network)
    if model is None:
        return {}
    map_ = Map(network)
    return {
        (flow.name, mobile_direction(network, flow, downward)): found
        for flow in network.flows.values()
        if flow.kind in ("udp", "ping")
        for downward in (True, False)
        if (found := _journey(network, map_, model, flow, downward)) is not None
    }


def _journey(
    network: Network, map_: Map, model: Model, flow: Flow, downward: bool
) -> Journey | None:
    """Weigh the places of both ends by how long they were there while the flow ran."""
    crossed = shortest = tunnels = whole = 0.0
    for took, trip in _trips(network, map_, flow, downward):
        route = model.route(trip)
        crossed += took * links(map_, route)
        shortest += took * map_.links(trip.source, trip.destination)
        tunnels += took * tunnelled(map_, route)
        whole += took
    return Journey(crossed / shortest, tunnels / whole) if shortest else None


def _trips(network: Network, map_: Map, flow: Flow, downward: bool) -> Iterator[tuple[float, Trip]]:
    ends = (flow.source, flow.destination) if downward else (flow.destination, flow.source)
    for took, where in stays(network, flow):
        places = [place_of(network, map_, end, where) for end in ends]
        source, destination = places
        if source is not None and destination is not None:
            yield took, Trip(network, map_, flow, *ends, source, destination)
