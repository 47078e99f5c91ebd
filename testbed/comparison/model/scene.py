"""One planned handover as the models see it: places, and the flows that it concerns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.plan import Planned, moves_too, running
from testbed.comparison.model.trains import Train
from testbed.evidence.flows import mobile_direction
from testbed.topology.network import Flow, Network

IPV6, UDP, ECHO, TCP = 40, 8, 8, 32  # octets of headers; TCP's with its timestamps
SEGMENT = 1500  # octets of a full packet of TCP
ECHO_DATA = 56  # octets that a ping carries unless its flow says another size
OPPOSITE = {"down": "up", "up": "down"}


@dataclass(frozen=True, slots=True)
class Call:
    """A flow of the mobile that moves.

    ``peer`` is where the other end is (None where it moves at the same time, or is nowhere),
    ``peer_before`` and ``peer_later`` where it is before and after that. ``towards`` is
    what the results call the direction to the mobile that moves. ``inward`` and ``outward`` are
    its packets to and from that mobile; ``echo`` says that those of one direction answer those of
    the other, of "in" where the mobile is asked.
    """

    flow: Flow
    peer_name: str
    peer: Place | None
    peer_before: Place
    peer_later: Place
    towards: str
    inward: Train | None
    outward: Train | None
    echo: str = ""

    def direction(self, way: str) -> str:
        """Return what the results call the direction "in", to the mobile, or "out", from it."""
        return self.towards if way == "in" else OPPOSITE[self.towards]


@dataclass(frozen=True, slots=True)
class Scene:
    """A handover: ``old`` and ``new`` places of the mobile, and its flows."""

    network: Network
    map: Map
    move: Planned
    old: Place
    new: Place
    anchor: Place
    calls: tuple[Call, ...]

    @property
    def gap(self) -> float:
        """How long the mobile has no link, in seconds."""
        return self.move.gap

    @property
    def is_sent_to(self) -> bool:
        """Whether packets to the mobile may still come to its old place."""
        return any(call.inward and call.peer for call in self.calls)

    @property
    def identifier(self) -> str:
        """What the mobile calls itself."""
        mobile = self.network.nodes[self.move.node].mobile
        return mobile.identifier if mobile else self.move.node


def scene(network: Network, map_: Map, moves: list[Planned], move: Planned) -> Scene:
    """Return ``move`` as the models see it."""
    flows = [flow for flow in running(network, move.at) if _concerns(network, flow, move)]
    mobile = network.nodes[move.node].mobile
    anchor = mobile.anchor if mobile else None
    return Scene(
        network,
        map_,
        move,
        map_.place(move.origin),
        map_.place(move.target),
        Place(anchor or ""),
        tuple(_call(network, map_, moves, move, flow) for flow in flows),
    )


def _concerns(network: Network, flow: Flow, move: Planned) -> bool:
    return flow.kind != "command" and move.node in (flow.source, flow.destination)


def _call(network: Network, map_: Map, moves: list[Planned], move: Planned, flow: Flow) -> Call:
    peer = flow.peer_of(move.node)
    together = moves_too(moves, move, peer)
    inward_is_down = move.node == flow.destination
    towards = mobile_direction(network, flow, inward_is_down)
    trains = _trains(flow)
    inward, outward = trains if inward_is_down else trains[::-1]
    echo = ("in" if inward_is_down else "out") if flow.kind == "ping" else ""
    before = place_of(network, map_, peer, move.where)
    place = None if together else before
    later = map_.place(together.target) if together else before
    here = before or Place(peer)
    return Call(flow, peer, place, here, later or here, towards, inward, outward, echo)


def place_of(
    network: Network, map_: Map, node: str, where: Mapping[tuple[str, str], str]
) -> Place | None:
    """Return where ``node`` is; None for a mobile that is nowhere."""
    if network.nodes[node].mobile is None:
        return Place(node)
    found = [access for (name, _), access in where.items() if name == node]
    return map_.place(found[0]) if found else None


def _trains(flow: Flow) -> tuple[Train | None, Train | None]:
    """Return the packets from the source of ``flow`` and those from its destination."""
    if flow.kind == "tcp":
        rate = flow.rate
        train = Train(8 * (SEGMENT - IPV6 - TCP) / rate, SEGMENT) if rate else None
    else:
        headers = IPV6 + (ECHO if flow.kind == "ping" else UDP)
        octets = headers + (flow.size or ECHO_DATA)
        train = Train(flow.interval, octets) if flow.interval else None
    if flow.kind == "ping":
        return train, train
    return (
        train if flow.direction in ("down", "both") else None,
        train if flow.direction in ("up", "both") else None,
    )


def regular(calls: Sequence[Call]) -> list[Call]:
    """Return the calls whose packets leave at a pace of their own, which losses do not change."""
    return [call for call in calls if call.flow.kind in ("udp", "ping") and call.peer]
