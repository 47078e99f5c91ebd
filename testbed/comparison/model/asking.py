"""Data between gateways that ask where mobiles are: what S-PMIP and SD-PMIP have in common."""

from __future__ import annotations

from collections.abc import Mapping

from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.routes import TUNNEL, Leg, Route, along, router_of
from testbed.comparison.model.scene import Scene
from testbed.comparison.model.trains import Stage, asked, switch, through
from testbed.comparison.model.ways import (
    Trip,
    Ways,
    at_old_router,
    direct,
    host_waits,
    leaving,
    over_new_link,
)


def straight(
    scene: Scene,
    peer: Place,
    octets: int,
    found: Mapping[Place, float],
    finds: float | None,
    served: float,
) -> Ways:
    """Return the ways of a flow whose other end is behind a gateway.

    ``found`` says when each gateway knows the new place; ``finds`` how long the new gateway asks
    for the other end (None: it need not); ``served`` when it serves the mobile.
    """
    return Ways(
        _inward(scene, peer, octets, found, served), outward(scene, peer, octets, finds, served)
    )


def _inward(
    scene: Scene, peer: Place, octets: int, found: Mapping[Place, float], served: float
) -> Stage:
    map_, gateway = scene.map, router_of(scene.map, peer)
    old, new = Place(scene.old.node), Place(scene.new.node)
    at_old = at_old_router(scene, octets, found.get(old, served))
    begin = direct(map_, octets, peer, gateway)
    if gateway == old:
        return through(begin, at_old)
    astray = through(direct(map_, octets, gateway, old, TUNNEL), at_old)
    air = over_new_link(scene, octets)
    if gateway == new:
        return through(begin, switch(served, astray, air))
    onwards = through(direct(map_, octets, gateway, new, TUNNEL), air)
    return through(begin, switch(found[gateway], astray, onwards))


def outward(scene: Scene, peer: Place, octets: int, finds: float | None, served: float) -> Stage:
    """Return what packets from the mobile pass: its host waits, and its gateway may have to ask."""
    map_, old, new = scene.map, Place(scene.old.node), Place(scene.new.node)
    onwards = along(map_, octets, *onwards_from(map_, new, peer))
    if finds is not None:
        onwards = through(asked(finds), onwards)
    arrive = through(host_waits(scene, served), over_new_link(scene, octets))
    before = along(map_, octets, *onwards_from(map_, old, peer))
    return leaving(scene, octets, before, through(arrive, onwards))


def onwards_from(map_: Map, gateway: Place, peer: Place) -> Route:
    """Return the route from a gateway to a mobile behind another one, or to a fixed node."""
    if not peer.access:
        return (Leg(gateway, peer),)
    router = router_of(map_, peer)
    return (Leg(gateway, router, TUNNEL), Leg(router, peer))


def route(trip: Trip) -> Route:
    """Return the route of data between two places, once it is found."""
    gateway = router_of(trip.map, trip.source)
    return (Leg(trip.source, gateway), *onwards_from(trip.map, gateway, trip.destination))
