"""What every protocol's model hands over: the stages of a flow, and pieces that they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from testbed.comparison.model.octets import ADVERTISEMENT
from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.procedure import Procedure
from testbed.comparison.model.routes import TUNNEL, Leg, Route, along
from testbed.comparison.model.scene import Call, Scene
from testbed.comparison.model.trains import Stage, kept, on_air, refused, switch, through, travel
from testbed.topology.network import Flow, Network


class Ways(NamedTuple):
    """Both directions of a flow through a handover: to the mobile that moves, and from it."""

    inward: Stage
    outward: Stage


Passing = Callable[[Call, Place, int], Ways]
"""Return the ways of a call with its other end at a place, for packets of so many octets."""


def last_hop_old(scene: Scene, octets: int) -> Stage:
    """Cross the old access link, which goes at the instant 0."""
    old = scene.old
    return on_air(scene.map.delay(Place(old.node), old, octets))


def leaving(scene: Scene, octets: int, before: Stage, after: Stage) -> Stage:
    """Leave the mobile: over its old link, or, from the loss of that on, by way of ``after``.

    ``before`` goes on from the old access router, ``after`` from the mobile itself.
    """
    return switch(0.0, through(last_hop_old(scene, octets), before), after)


def host_waits(scene: Scene, served: float) -> Stage:
    """Wait as an unmodified host does: it keeps packets until its router advertises itself.

    With the link it has lost the router's link-layer address, which the advertisement brings. A
    mobile with an agent of its own has no route until then, and sends nothing.
    """
    told = served + scene.map.delay(Place(scene.new.node), scene.new, ADVERTISEMENT)
    return refused(told) if scene.move.node in scene.network.agents else kept(told)


def at_old_router(scene: Scene, octets: int, found: float) -> Stage:
    """Reach the mobile while it is there; else wait until it is found, and be sent on to it."""
    old, new = Place(scene.old.node), Place(scene.new.node)
    onwards = direct(scene.map, octets, old, new, TUNNEL)
    return switch(
        0.0,
        last_hop_old(scene, octets),
        through(kept(found), onwards, over_new_link(scene, octets)),
    )


def over_new_link(scene: Scene, octets: int) -> Stage:
    """Cross the new access link, in either direction."""
    return travel(scene.map.delay(Place(scene.new.node), scene.new, octets))


def direct(map_: Map, octets: int, one: Place, other: Place, tunnel: int = 0) -> Stage:
    """Go from one place to another, in a tunnel of so many octets."""
    return along(map_, octets, Leg(one, other, tunnel))


@dataclass(frozen=True, slots=True)
class Trip:
    """Packets of ``flow`` from ``sender``, which is at ``source``, to ``receiver``."""

    network: Network
    map: Map
    flow: Flow
    sender: str
    receiver: str
    source: Place
    destination: Place

    @property
    def anchor(self) -> Place:
        """The anchor of the mobile end, of two that of the receiver."""
        ends = (self.network.nodes[name].mobile for name in (self.receiver, self.sender))
        return Place(next((end.anchor or "" for end in ends if end is not None), ""))


Handover = Callable[[Scene, Procedure], Passing]
"""Send the messages of the next handover; return what it does to flows."""


@dataclass(frozen=True, slots=True)
class Model:
    """A protocol's model.

    ``begin`` returns what plays its handovers, one after the other; ``route`` the way of a flow's
    packets while nobody moves.
    """

    begin: Callable[[Network, Map], Handover]
    route: Callable[[Trip], Route]
