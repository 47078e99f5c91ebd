"""The Binding Update List of a mobile access gateway (RFC 5213 §6.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from agents.core.retransmission import Retransmission
from agents.pmipv6.profile import VisitorProfile
from agents.wire.address import Address, Prefix
from agents.wire.value import value


class Asked(NamedTuple):
    """A Proxy Binding Update that awaits its answer: what the answer must echo or is read by."""

    sequence: int
    sent_at: float
    handoff: int
    technology: int
    prefixes: tuple[Prefix, ...]


@value
class Registering:
    """Attached, and the anchor has been asked: no service yet.

    ``reasserted`` says that an answer has made this gateway ask again at once, which it does
    only once between two timeouts.
    """

    asked: Asked
    retransmission: Retransmission
    reasserted: bool = False

    @property
    def deadline(self) -> float | None:
        """Return when to ask again."""
        return self.retransmission.at


@value
class Registered:
    """The anchor has accepted: the node has service until ``expires_at``."""

    refresh_at: float
    expires_at: float
    advertise_at: float

    @property
    def deadline(self) -> float | None:
        """Return when to renew the binding or to advertise again."""
        return min(self.refresh_at, self.advertise_at)


@value
class Refreshing:
    """Has service until ``expires_at``; the anchor has been asked for more."""

    asked: Asked
    retransmission: Retransmission
    expires_at: float
    advertise_at: float
    reasserted: bool = False

    @property
    def deadline(self) -> float | None:
        """Return when to ask again, to give up or to advertise again."""
        return min(self.retransmission.at, self.expires_at, self.advertise_at)


@value
class Releasing:
    """Detached, and the anchor has been told: an entry until it answers or ``ends_at``."""

    asked: Asked
    ends_at: float

    @property
    def deadline(self) -> float | None:
        """Return when to stop waiting."""
        return self.ends_at


@value
class Refused:
    """Attached without service, because the anchor said so; asks again at ``retry_at`` if ever."""

    status: int
    retry_at: float | None

    @property
    def deadline(self) -> float | None:
        """Return when to ask again."""
        return self.retry_at


State = Registering | Registered | Refreshing | Releasing | Refused

SERVED = (Registered, Refreshing)
"""The states in which the node has service."""

AWAITING = (Registering, Refreshing, Releasing)
"""The states in which an answer is awaited."""


@dataclass(slots=True, eq=False)
class Visit:
    """A Binding Update List entry: one interface of a mobile node at one access interface.

    ``served`` are the prefixes that are routed here now, ``advertised`` those that the node was
    last told of. ``neighbour`` is the node's link-local address, once it has been seen.
    """

    profile: VisitorProfile
    interface: str
    technology: int
    state: State | None = None
    served: tuple[Prefix, ...] = ()
    advertised: tuple[Prefix, ...] = ()
    neighbour: Address | None = None


@dataclass(slots=True)
class BindingUpdateList:
    """All entries, found by link-layer address and by the request that awaits its answer."""

    _visits: dict[bytes, Visit] = field(default_factory=dict)
    _asked: dict[tuple[str, int], Visit] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Visit]:
        return iter(self._visits.values())

    def of(self, link_layer: bytes) -> Visit | None:
        """Return the entry of the interface with this link-layer address."""
        return self._visits.get(link_layer)

    def awaiting(self, identifier: str, sequence: int) -> Visit | None:
        """Return the entry whose request for this mobile node has this sequence number."""
        return self._asked.get((identifier, sequence))

    def enter(self, visit: Visit, state: State) -> None:
        """Give ``visit`` its next state, listing it under what it asks."""
        self._unlist(visit)
        visit.state = state
        self._visits[visit.profile.link_layer] = visit
        if isinstance(state, AWAITING):
            self._asked[visit.profile.identifier, state.asked.sequence] = visit

    def remove(self, visit: Visit) -> None:
        """Delete ``visit``; KeyError where it is not there."""
        self._unlist(visit)
        del self._visits[visit.profile.link_layer]

    def _unlist(self, visit: Visit) -> None:
        state = visit.state
        if isinstance(state, AWAITING):
            self._asked.pop((visit.profile.identifier, state.asked.sequence), None)
