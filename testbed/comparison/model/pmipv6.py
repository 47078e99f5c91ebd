"""Proxy Mobile IPv6 (RFC 5213): gateways register with the anchor, which all data passes."""

from __future__ import annotations

from testbed.comparison.model import octets as size
from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.procedure import Procedure
from testbed.comparison.model.routes import TUNNEL, Leg, Route, along, router_of
from testbed.comparison.model.scene import Call, Scene
from testbed.comparison.model.trains import Stage, switch, through
from testbed.comparison.model.ways import (
    Model,
    Passing,
    Trip,
    Ways,
    direct,
    host_waits,
    last_hop_old,
    leaving,
    over_new_link,
)


def register(scene: Scene, procedure: Procedure) -> tuple[float, float]:
    """Release at the old gateway, bind at the new one; return when it is bound, and served."""
    old, new, anchor = Place(scene.old.node), Place(scene.new.node), scene.anchor
    octets = size.proxy_update(scene.identifier)
    update, answer = "ProxyBindingUpdate", "ProxyBindingAcknowledgement"
    released = procedure.send(update, 0.0, octets, Leg(old, anchor))
    procedure.send(answer, released, octets, Leg(anchor, old))
    bound = procedure.send(update, scene.gap, octets, Leg(new, anchor))
    return bound, procedure.send(answer, bound, octets, Leg(anchor, new))


def handover(scene: Scene, procedure: Procedure) -> Passing:
    """Send the messages of a handover; return what it does to flows."""
    bound, served = register(scene, procedure)

    def passing(call: Call, peer: Place, octets: int) -> Ways:
        return Ways(
            inward(scene, peer, octets, bound, served), _outward(scene, peer, octets, served)
        )

    return passing


def inward(scene: Scene, peer: Place, octets: int, bound: float, served: float) -> Stage:
    """Return what packets to the mobile pass: the anchor, which knows the new place once bound."""
    map_, anchor = scene.map, scene.anchor
    new, old = Place(scene.new.node), Place(scene.old.node)
    air = over_new_link(scene, octets)
    at_anchor = switch(
        bound,
        through(direct(map_, octets, anchor, old, TUNNEL), last_hop_old(scene, octets)),
        through(direct(map_, octets, anchor, new, TUNNEL), air),
    )
    gateway, tunnel = router_of(map_, peer), TUNNEL if peer.access else 0
    begin = direct(map_, octets, peer, gateway)
    onwards = through(direct(map_, octets, gateway, anchor, tunnel), at_anchor)
    if gateway == old and not peer.access:
        onwards = switch(0.0, last_hop_old(scene, octets), onwards)
    elif gateway == new and not peer.access:
        onwards = switch(served, onwards, air)
    return through(begin, onwards)


def _outward(scene: Scene, peer: Place, octets: int, served: float) -> Stage:
    map_, new, old = scene.map, Place(scene.new.node), Place(scene.old.node)
    before = along(map_, octets, *_onwards(scene, old, peer))
    after = along(map_, octets, *_onwards(scene, new, peer))
    waiting = through(host_waits(scene, served), over_new_link(scene, octets))
    return leaving(scene, octets, before, through(waiting, after))


def _onwards(scene: Scene, gateway: Place, peer: Place) -> Route:
    return up_from(scene.map, gateway, scene.anchor, peer)


def up_from(map_: Map, gateway: Place, anchor: Place, peer: Place) -> Route:
    """Return the route of what a gateway sends on for its mobile."""
    up = Leg(gateway, anchor, TUNNEL)
    if not peer.access:
        return (up, Leg(anchor, peer))
    router = router_of(map_, peer)
    return (up, Leg(anchor, router, TUNNEL), Leg(router, peer))


def route(trip: Trip) -> Route:
    """Return the route of data between two places."""
    source, destination, anchor = trip.source, trip.destination, trip.anchor
    gateway, router = (router_of(trip.map, each) for each in (source, destination))
    if source.access:
        return (Leg(source, gateway), *up_from(trip.map, gateway, anchor, destination))
    if gateway == router:
        return (Leg(source, gateway), Leg(router, destination))
    return (Leg(source, anchor), Leg(anchor, router, TUNNEL), Leg(router, destination))


MODEL = Model(lambda network, map_: handover, route)
