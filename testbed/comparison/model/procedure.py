"""A handover's messages: who sends what to whom, how large it is, and when it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.routes import Leg, delay, links


@dataclass(frozen=True, slots=True)
class Sent:
    """One message: ``octets`` of its IPv6 packet when it leaves, ``links`` that it crosses.

    ``byte_hops`` are its octets times those links. ``about`` names the mobile that it is about
    where that is not the one that moves.
    """

    name: str
    octets: int
    links: int
    byte_hops: int
    about: str = ""


@dataclass(slots=True)
class Procedure:
    """Collects the messages of one handover while its times are worked out."""

    map: Map
    about: str = ""
    sent: list[Sent] = field(default_factory=list)

    @contextmanager
    def speaking_of(self, mobile: str) -> Iterator[None]:
        """Let what is sent meanwhile be about another mobile than the one that moves."""
        self.about = mobile
        yield
        self.about = ""

    def send(self, name: str, at: float, octets: int, *route: Leg) -> float:
        """Send a message along ``route``; return when it arrives.

        ``octets`` are those of the packet without tunnels; its originator's tunnel counts.
        """
        crossed = sum(
            (octets + leg.tunnel) * self.map.links(leg.source, leg.destination) for leg in route
        )
        links_ = links(self.map, route)
        self.sent.append(Sent(name, octets + route[0].tunnel, links_, crossed, self.about))
        return at + delay(self.map, route, octets)

    def tell_all(self, name: str, octets: int, root: Place, leaves: frozenset[Place]) -> None:
        """Send a message to a group; when it arrives depends on the leaf."""
        crossed = self.map.tree(root, leaves)
        self.sent.append(Sent(name, octets, crossed, octets * crossed, self.about))
