"""Ways of packets, leg by leg, with the headers that each leg adds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.trains import Stage, travel

TUNNEL = 40  # octets of an IPv6 header around another packet
OPTIMIZED = 24  # octets of a Home Address option or of a type 2 routing header


class Leg(NamedTuple):
    """From one place to another, with ``tunnel`` octets of tunnels and ``more`` of options."""

    source: Place
    destination: Place
    tunnel: int = 0
    more: int = 0


Route = tuple[Leg, ...]


def router_of(map_: Map, place: Place) -> Place:
    """Return the access router of a mobile's place, or the first router of a host."""
    return Place(place.node) if place.access else map_.first_router(place)


def delay(map_: Map, route: Iterable[Leg], octets: int) -> float:
    """Return how long a packet of ``octets`` takes along ``route``, in seconds."""
    return sum(
        map_.delay(leg.source, leg.destination, octets + leg.tunnel + leg.more) for leg in route
    )


def links(map_: Map, route: Iterable[Leg]) -> int:
    """Return how many links ``route`` crosses."""
    return sum(map_.links(leg.source, leg.destination) for leg in route)


def tunnelled(map_: Map, route: Iterable[Leg]) -> int:
    """Return the octets of tunnels of a packet, once for each link that they cross."""
    return sum(leg.tunnel * map_.links(leg.source, leg.destination) for leg in route)


def along(map_: Map, octets: int, *route: Leg) -> Stage:
    """Return the stage that takes packets of ``octets`` along ``route``."""
    return travel(delay(map_, route, octets))
