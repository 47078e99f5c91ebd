"""ROMIP (draft-ma-dmm-romip-00): the new router fetches the sessions of the mobile, then tells all.

It asks the AAA server where the mobile was, that router for the sessions, and then tells the router
in front of each correspondent, which from then on sends to the new one. Nobody passes on what comes
to the old router.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.comparison.model import octets as size
from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.plan import begun_at
from testbed.comparison.model.procedure import Procedure
from testbed.comparison.model.routes import TUNNEL, Leg, Route, along, router_of
from testbed.comparison.model.scene import Call, Scene, place_of
from testbed.comparison.model.trains import Stage, refused, switch, through
from testbed.comparison.model.ways import (
    Handover,
    Model,
    Passing,
    Trip,
    Ways,
    direct,
    last_hop_old,
    leaving,
    over_new_link,
)
from testbed.topology.network import Network

SESSIONS = 144  # octets of a RouterSolicitation that lists two sessions (draft §3.2 step 1)
ADVERTISEMENT = 128  # octets of the RouterAdvertisement that assigns an address (step 4)


@dataclass(frozen=True, slots=True)
class Told:
    """When the new router serves the mobile, which can send a moment later (``usable``).

    Also when it has ``fetched`` the sessions, and when each correspondent's router knows.
    """

    served: float
    usable: float
    fetched: float
    routers: Mapping[Place, float]


def begin(network: Network, map_: Map) -> Handover:
    """Return what plays the handovers of ``network``, one after the other."""
    servers = [Place(each.node) for each in network.agents.values() if each.role == "aaa"]

    def handover(scene: Scene, procedure: Procedure) -> Passing:
        told = _tell(scene, procedure, servers[0])

        def passing(call: Call, peer: Place, octets: int) -> Ways:
            known = told.usable if _is_where_it_began(scene, call) else told.fetched
            outward = _outward(scene, peer, octets, told.usable, known)
            return Ways(_inward(scene, peer, octets, told), outward)

        return passing

    return handover


def _tell(scene: Scene, procedure: Procedure, server: Place) -> Told:
    old, new = Place(scene.old.node), Place(scene.new.node)
    solicited = scene.gap + scene.map.delay(scene.new, new, SESSIONS)
    asked = procedure.send("AA-Request", solicited, size.ASKED, Leg(new, server))
    answered = procedure.send("AA-Answer", asked, size.ANSWERED, Leg(server, new))
    sessions = len({call.peer_name for call in scene.calls})
    usable = answered + scene.map.delay(new, scene.new, ADVERTISEMENT)
    octets = size.session_query(scene.identifier, sessions)
    wanted = procedure.send("sDBU", answered, octets, Leg(new, old))
    fetched = procedure.send("sDBA", wanted, size.session_answer(sessions), Leg(old, new))
    routers = {}
    peers = {call.peer_name: call.peer or call.peer_before for call in scene.calls}
    for peer in peers.values():
        router = router_of(scene.map, peer)
        if router != new:
            routers[router] = _update(procedure, new, router, fetched)
    return Told(answered, usable, fetched, routers)


def _update(procedure: Procedure, new: Place, router: Place, at: float) -> float:
    """Tell a correspondent's router where the mobile is; return when it knows."""
    told = procedure.send("dDBU", at, size.session_update(), Leg(new, router))
    procedure.send("dDBA", told, size.session_acknowledgement(), Leg(router, new))
    return told


def _inward(scene: Scene, peer: Place, octets: int, told: Told) -> Stage:
    map_, router = scene.map, router_of(scene.map, peer)
    old, new = Place(scene.old.node), Place(scene.new.node)
    tunnel = through(direct(map_, octets, router, old, TUNNEL), last_hop_old(scene, octets))
    air = over_new_link(scene, octets)
    onwards = through(direct(map_, octets, router, new, TUNNEL), air) if router != new else air
    known = told.routers.get(router, told.served)
    return through(direct(map_, octets, peer, router), switch(known, tunnel, onwards))


def _is_where_it_began(scene: Scene, call: Call) -> bool:
    """Say whether the other end is where its address leads to without any list."""
    began = place_of(scene.network, scene.map, call.peer_name, begun_at(scene.network, call.flow))
    return call.peer is not None and (began == call.peer or call.peer.node == scene.new.node)


def _outward(scene: Scene, peer: Place, octets: int, usable: float, known: float) -> Stage:
    """Leave the mobile once it has an address, and its router once it knows where to."""
    map_, old, new = scene.map, Place(scene.old.node), Place(scene.new.node)
    before = along(map_, octets, *onwards_from(map_, old, peer))
    after = along(map_, octets, *onwards_from(map_, new, peer))
    arrive = through(refused(usable), over_new_link(scene, octets), refused(known))
    return leaving(scene, octets, before, through(arrive, after))


def onwards_from(map_: Map, gateway: Place, peer: Place) -> Route:
    """Return the route from a router to the other end: through a tunnel to the router there."""
    router = router_of(map_, peer)
    return (Leg(gateway, router, TUNNEL), Leg(router, peer))


def route(trip: Trip) -> Route:
    """Return the route of data between two places; where both ends began there is no tunnel."""
    gateway, router = (router_of(trip.map, each) for each in (trip.source, trip.destination))
    began = begun_at(trip.network, trip.flow)
    ends = ((trip.sender, trip.source), (trip.receiver, trip.destination))
    still = all(place_of(trip.network, trip.map, name, began) == place for name, place in ends)
    tunnel = 0 if still else TUNNEL
    return (Leg(trip.source, gateway), Leg(gateway, router, tunnel), Leg(router, trip.destination))


MODEL = Model(begin, route)
