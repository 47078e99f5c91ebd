"""Mobile IPv6 (RFC 6275) and DMIPv6: the mobile node itself binds its new care-of address.

A flow is anchored at the home agent or, in DMIPv6, at the home proxy that the mobile node chose for
it. With correspondents that take part, a care-of test and one more update lead around the anchor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from testbed.comparison.model import octets as size
from testbed.comparison.model.places import Place
from testbed.comparison.model.procedure import Procedure
from testbed.comparison.model.routes import OPTIMIZED, TUNNEL, Leg, Route, along
from testbed.comparison.model.scene import Call, Scene
from testbed.comparison.model.trains import Stage, on_air, refused, switch, through
from testbed.comparison.model.ways import Model, Passing, Trip, Ways
from testbed.topology.network import Network

UPDATE, ACKNOWLEDGEMENT = "BindingUpdate", "BindingAcknowledgement"
PROBING = {"off": 0.0, "optimistic": 0.0, "standard": 1.5}  # s: RFC 4862 §5.4, its delay on average


@dataclass(frozen=True, slots=True)
class Bound:
    """When an anchor sends to the new place."""

    anchor: Place
    at: float


@dataclass(frozen=True, slots=True)
class Optimized:
    """When a correspondent sends to the new place, and when the mobile sends to it directly."""

    inward: float
    outward: float


AnchorOf = Callable[[Scene, Call], Place]


def handover(scene: Scene, procedure: Procedure, anchor_of: AnchorOf) -> Passing:
    """Send the messages of a handover; return what it does to flows."""
    usable = care_of(scene)
    home = scene.anchor
    bound = {home: _bind(scene, procedure, home, usable, size.home_update())}
    for call in scene.calls:
        proxy = anchor_of(scene, call)
        if proxy != home:
            bound[proxy] = _bind(scene, procedure, proxy, usable, size.flow_update())
    optimized: dict[tuple[str, Place], Optimized] = {}
    for call in scene.calls:
        key = call.peer_name, anchor_of(scene, call)
        if key not in optimized and optimizes(scene.network, call.peer_name):
            optimized[key] = _optimize(scene, procedure, key[1], call, usable)

    def passing(call: Call, peer: Place, octets: int) -> Ways:
        anchor = anchor_of(scene, call)
        passage = _Passage(scene, peer, octets, Bound(anchor, bound[anchor]), usable)
        direct = optimized.get((call.peer_name, anchor))
        return passage.by_anchor() if direct is None else passage.optimized(direct)

    return passing


def care_of(scene: Scene) -> float:
    """Return when the mobile can use an address of its new link.

    The access router advertises itself when the link comes up, or else when it is asked.
    """
    map_, router, at = scene.map, Place(scene.new.node), scene.gap
    agent = scene.network.agents.get(router.node)
    if agent is None or not agent.config.get("advertise_on_link_up"):
        at += map_.delay(scene.new, router, size.SOLICITATION)
    told = at + map_.delay(router, scene.new, size.ADVERTISEMENT)
    return told + PROBING[scene.network.settings.get("dad", "optimistic")]


def optimizes(network: Network, peer: str) -> bool:
    """Say whether ``peer`` takes part in route optimization."""
    agent = network.agents.get(peer)
    if agent is None or agent.role not in ("cn", "mn"):
        return False
    return bool(agent.config.get("route_optimization", True))


def _bind(scene: Scene, procedure: Procedure, anchor: Place, at: float, octets: int) -> float:
    bound = procedure.send(UPDATE, at, octets, Leg(scene.new, anchor))
    procedure.send(ACKNOWLEDGEMENT, bound, size.home_acknowledgement(), Leg(anchor, scene.new))
    return bound


def _optimize(
    scene: Scene, procedure: Procedure, anchor: Place, call: Call, at: float
) -> Optimized:
    """Test the care-of address and bind it at the other end, by way of its own anchor if mobile."""
    peer, new = call.peer or call.peer_later, scene.new
    there, back = _signalled(new, anchor, peer)
    tested = procedure.send("CareOfTestInit", at, size.care_of_test_init(), *there)
    tested = procedure.send("CareOfTest", tested, size.care_of_test(), *back)
    updated = procedure.send(UPDATE, tested, size.peer_update(), *there)
    answered = procedure.send(ACKNOWLEDGEMENT, updated, size.peer_acknowledgement(), *back)
    return Optimized(updated, answered if peer.access else tested)


def _signalled(new: Place, anchor: Place, peer: Place) -> tuple[Route, Route]:
    """Return the ways of messages from the care-of address to a correspondent and back."""
    if not peer.access:
        return (Leg(new, peer),), (Leg(peer, new),)
    there = (Leg(new, anchor), Leg(anchor, peer, TUNNEL))
    return there, (Leg(peer, anchor, TUNNEL), Leg(anchor, new))


def through_anchor(source: Place, anchor: Place, destination: Place) -> Route:
    """Return the way by an anchor, in a tunnel on the side of each mobile with a home address."""
    up = TUNNEL if source.access else 0
    down = TUNNEL if destination.access else 0
    return (Leg(source, anchor, up), Leg(anchor, destination, down))


class _Passage:
    """The stages of one flow, of packets of one size."""

    def __init__(self, scene: Scene, peer: Place, octets: int, bound: Bound, usable: float) -> None:
        self._scene, self._peer, self._octets = scene, peer, octets
        self._bound, self._usable = bound, usable

    def by_anchor(self) -> Ways:
        """Return the ways by the anchor, which knows the new place when it is bound."""
        anchor, peer = self._bound.anchor, self._peer
        up = self._along(Leg(peer, anchor, TUNNEL if peer.access else 0))
        old, new = (Leg(anchor, each, TUNNEL) for each in (self._scene.old, self._scene.new))
        return Ways(
            through(up, switch(self._bound.at, self._gone(old), self._along(new))),
            self._leaving(lambda place: self._along(*through_anchor(place, anchor, peer))),
        )

    def optimized(self, direct: Optimized) -> Ways:
        """Return the ways to and from a correspondent that takes part."""
        peer, new, options = self._peer, self._scene.new, self._options()
        inward = switch(
            direct.inward,
            self._gone(Leg(peer, self._scene.old, more=options)),
            self._along(Leg(peer, new, more=options)),
        )
        by_anchor = self._along(*through_anchor(new, self._bound.anchor, peer))
        around = self._along(Leg(new, peer, more=options))

        def onwards(place: Place) -> Stage:
            if place != new:
                return self._along(Leg(place, peer, more=options))
            return switch(direct.outward, by_anchor, around)

        return Ways(inward, self._leaving(onwards))

    def _options(self) -> int:
        return OPTIMIZED * (2 if self._peer.access else 1)

    def _leaving(self, onwards: Callable[[Place], Stage]) -> Stage:
        """Send from the old place until the link goes, then from the new one with its address."""
        scene = self._scene
        air = scene.map.delay(scene.old, Place(scene.old.node), self._octets)
        before = through(_reaching(air), onwards(scene.old))
        return switch(0.0, before, through(refused(self._usable), onwards(scene.new)))

    def _gone(self, leg: Leg) -> Stage:
        """Go to the old place, and be lost where the mobile has left it."""
        map_, octets = self._scene.map, self._octets + leg.tunnel + leg.more
        return on_air(map_.delay(leg.source, leg.destination, octets))

    def _along(self, *route: Leg) -> Stage:
        return along(self._scene.map, self._octets, *route)


def _reaching(air: float) -> Stage:
    """Lose what is on the old link when it goes."""
    return lambda packets: [each for each in packets if each[1] + air < 0]


def route(trip: Trip, anchor: Place) -> Route:
    """Return the route of data between two places, of a flow with this anchor."""
    other = trip.receiver if trip.source.access else trip.sender
    if optimizes(trip.network, other):
        both = bool(trip.source.access and trip.destination.access)
        return (Leg(trip.source, trip.destination, more=OPTIMIZED * (2 if both else 1)),)
    return through_anchor(trip.source, anchor, trip.destination)


MODEL = Model(
    lambda network, map_: (
        lambda scene, procedure: handover(scene, procedure, lambda here, call: here.anchor)
    ),
    lambda trip: route(trip, trip.anchor),
)
