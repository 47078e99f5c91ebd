"""Places: what a node is in the network, whatever protocol runs there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """What follows from a node's place, before any protocol gives it a role.

    ``forwarding``: it routes, and is reached by an address on its loopback interface.
    ``leases``: it owns a share of its domain's upper half, a pool; ``anchors``: the home prefixes
    of mobiles come from it. ``moves``: the timeline plugs it into access links; what neither
    forwards nor moves is a host at one router.
    """

    name: str
    meaning: str
    forwarding: bool = False
    anchors: bool = False
    leases: bool = False
    moves: bool = False


CORRESPONDENT = "correspondent"

_BASE = (
    Place("access-router", "mobiles plug into its access links", forwarding=True),
    Place(
        "anchor",
        "owns the home prefixes of mobiles",
        forwarding=True,
        anchors=True,
        leases=True,
    ),
    Place("mobile", "moves between access links", moves=True),
    Place(CORRESPONDENT, "a host that mobiles talk to"),
    Place("router", "forwards, and takes no part in mobility", forwarding=True),
)

PLACES: Mapping[str, Place] = {place.name: place for place in _BASE}
