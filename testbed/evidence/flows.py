"""The figures of a flow: what was sent, what came, how long and how far it travelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import fmean, median_low
from typing import Any

from testbed.evidence.distances import Distance, Distances
from testbed.evidence.numbers import percentile
from testbed.evidence.observed import Sighting
from testbed.evidence.traffic import Delivery, Trace, deliver
from testbed.evidence.where import flow_filter, span
from testbed.topology.network import Flow, Network

_DISTANCE = ("hops", "shortest_hops", "stretch", "shortest_delay", "stretch_delay")
_Travelled = tuple[int, float, Distance]
"""Of a packet: links crossed, seconds it took, and the shortest path at that time."""


def mobile_direction(network: Network, flow: Flow, downward: bool) -> str:
    """Return "down" for packets towards the mobile end of ``flow``, "up" for those from it.

    Where both ends or neither are mobile, "down" is from the flow's source to its destination.
    """
    peer = network.nodes.get(flow.destination)
    source_only = network.nodes[flow.source].mobile and not (peer and peer.mobile)
    return "down" if downward != bool(source_only) else "up"


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of a flow: what was seen of it and what that comes to."""

    trace: Trace
    delivery: Delivery


class Flows:
    """Collects the sightings of all flows."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._traces = {
            (flow.name, downward): Trace(flow, downward)
            for flow in network.flows.values()
            for downward in (True, False)
        }
        self._see = {way: trace.see for way, trace in self._traces.items()}

    def see(self, sighting: Sighting) -> None:
        """Take in one packet of a flow at one interface."""
        self._see[sighting.flow, sighting.downward](sighting)

    def settle(self) -> dict[str, dict[str, Way]]:
        """Return the ways of each flow by direction, "down" and "up", once all has been seen."""
        ways: dict[str, dict[str, Way]] = {name: {} for name in self._network.flows}
        for (name, downward), trace in self._traces.items():
            trace.settle()
            direction = mobile_direction(self._network, trace.flow, downward)
            ways[name][direction] = Way(trace, deliver(trace))
        return ways


def flow_document(flow: Flow, ways: Mapping[str, Way], distances: Distances) -> dict[str, Any]:
    """Return the figures of ``flow`` as ``result.json`` holds them."""
    deliveries = [way.delivery for way in ways.values()]
    travelled = {name: list(_travelled(way, distances)) for name, way in ways.items()}
    sent, received = _ends(flow, ways)
    begins, other = flow.source, flow.destination
    if flow.initiator == flow.destination != "":
        begins, other = other, begins
    return {
        "name": flow.name,
        "kind": flow.kind,
        "from": begins,
        "to": other,
        "sent": sent,
        "received": received,
        "lost": sent - received,
        "duplicated": sum(delivery.duplicated for delivery in deliveries),
        "reordered": sum(delivery.reordered for delivery in deliveries),
        "unsent": sum(delivery.unsent for delivery in deliveries),
        "first_delay": _first_delay(deliveries),
        "delay": _spread(delay for way in deliveries for delay in way.delays.values()),
        "round_trip": _spread(_round_trips(ways)) if flow.kind == "ping" else None,
        **_distance(list(chain.from_iterable(travelled.values()))),
        **_overhead(ways.values()),
        "where": span(_ends_of(ways.values()), flow_filter(flow)),
        "directions": {name: _way(ways[name], travelled[name]) for name in ("down", "up")},
    }


def _ends_of(ways: Iterable[Way]) -> Iterable[int]:
    """Yield the frames in which each direction's packets first left and last came."""
    for way in ways:
        for seen in (*way.trace.sends[:1], *way.trace.arrivals[-1:]):
            yield seen[2]


def _way(way: Way, travelled: Sequence[_Travelled]) -> dict[str, Any]:
    delivery = way.delivery
    return {
        "sent": delivery.sent,
        "received": delivery.received,
        "lost": delivery.lost,
        "duplicated": delivery.duplicated,
        "reordered": delivery.reordered,
        "unsent": delivery.unsent,
        "bytes": way.trace.octets,
        "throughput": _throughput(way.trace),
        "first_delay": delivery.first_delay,
        "delay": _spread(delivery.delays.values()),
        **_distance(travelled),
        **_overhead([way]),
    }


def _first_delay(deliveries: Sequence[Delivery]) -> float | None:
    """Return the delay of the first packet of all, in whichever direction it went."""
    began = [each for each in deliveries if each.sent_at]
    first = min(began, key=lambda each: next(iter(each.sent_at.values())), default=None)
    return None if first is None else first.first_delay


def _ends(flow: Flow, ways: Mapping[str, Way]) -> tuple[int, int]:
    """Return sent and received: of a ping the requests and the replies, else both ways summed."""
    if flow.kind != "ping":
        deliveries = [way.delivery for way in ways.values()]
        return sum(each.sent for each in deliveries), sum(each.received for each in deliveries)
    requests, replies = _echoes(ways)
    return requests.delivery.sent, replies.delivery.received


def _echoes(ways: Mapping[str, Way]) -> tuple[Way, Way]:
    """Return a ping's requests and its replies."""
    requests, replies = sorted(ways.values(), key=lambda way: not way.trace.downward)
    return requests, replies


def _round_trips(ways: Mapping[str, Way]) -> Iterable[float]:
    requests, replies = _echoes(ways)
    sent_at = requests.delivery.sent_at
    for at, identity, _ in replies.trace.arrivals:
        if identity in sent_at:
            yield at - sent_at[identity]


def _throughput(trace: Trace) -> float | None:
    """Return the mean bits per second of IPv6 packets from the first arrival to the last."""
    if len(trace.arrivals) < 2 or trace.arrivals[0][0] == trace.arrivals[-1][0]:
        return None
    return round(8 * trace.octets / (trace.arrivals[-1][0] - trace.arrivals[0][0]))


def _spread(delays: Iterable[float]) -> dict[str, float | None]:
    values = sorted(delays)
    if not values:
        return {"min": None, "median": None, "p95": None, "max": None}
    return {
        "min": values[0],
        "median": percentile(values, 0.5),
        "p95": percentile(values, 0.95),
        "max": values[-1],
    }


def _travelled(way: Way, distances: Distances) -> Iterator[_Travelled]:
    """Yield of each packet received the links it crossed, its delay, and the shortest path then."""
    sent_at, delays = way.delivery.sent_at, way.delivery.delays
    for identity, hops in way.delivery.hops.items():
        distance = distances.of_flow(way.trace.flow, sent_at[identity])
        if distance and distance.hops:
            yield hops, delays[identity], distance


def _distance(travelled: Sequence[_Travelled]) -> dict[str, Any]:
    """Return how far packets went beside how far the shortest path at that time was."""
    if not travelled:
        return dict.fromkeys(_DISTANCE)
    crossed, took, shortest = zip(*travelled, strict=True)
    links, delays_of_links = [each.hops for each in shortest], [each.delay for each in shortest]
    values = (
        median_low(crossed),
        median_low(links),
        fmean(crossed) / fmean(links),
        median_low(delays_of_links),
        fmean(took) / fmean(delays_of_links) if any(delays_of_links) else None,
    )
    return dict(zip(_DISTANCE, values, strict=True))


def _overhead(ways: Iterable[Way]) -> dict[str, Any]:
    """Return the octets that mobility adds, over all links, and their ratio to the packets' own."""
    traces = [way.trace for way in ways]
    tunnels = sum(trace.tunnel_octets for trace in traces)
    extensions = sum(trace.extension_octets for trace in traces)
    carried = sum(trace.carried_octets for trace in traces)
    return {
        "tunnel_bytes": tunnels,
        "extension_bytes": extensions,
        "overhead": (tunnels + extensions) / carried if carried else None,
    }
