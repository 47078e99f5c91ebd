"""What a MAAR keeps of a mobile node: its sessions, and the two binding lists of draft-ma §3.3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from agents.core.rate import TokenBucket
from agents.core.retransmission import Retransmission
from agents.wire.address import Address
from agents.wire.diameter import AaRequest


class Pair(NamedTuple):
    """A session, by the home addresses of its two ends (draft-ma §3.2)."""

    home: Address
    correspondent: Address


class Place(NamedTuple):
    """Where a node is attached: access interface, link-layer and link-local address."""

    interface: str
    link_layer: bytes
    neighbour: Address | None = None


class Stage(StrEnum):
    """How far a session has come at the MAAR of its mobile node."""

    KNOWN = "known"  # nothing needs to be said of it
    FETCHING = "fetching"  # its list entry is asked of the previous MAAR (steps 5 and 6)
    BINDING = "binding"  # the correspondent's MAAR is told (steps 7 and 8)
    BOUND = "bound"  # and has acknowledged; to be renewed
    LOST = "lost"  # the previous MAAR was asked in vain: ask others than this one
    RETRYING = "retrying"  # and did not know the correspondent; to be told again


@dataclass(eq=False, slots=True)
class Session:
    """One session of a visitor; ``tries`` counts answers that led nowhere, one after another."""

    visit: Visit
    pair: Pair
    stage: Stage = Stage.KNOWN
    peer: Address | None = None
    tries: int = 0


@dataclass(eq=False, slots=True)
class Entry:
    """An entry of the internal list: where the correspondent is, and for which home addresses.

    ``stamp`` is when it attached there, as its MAAR says, and ``heard_at`` when that was said.
    """

    visit: Visit
    correspondent: Address
    maar: Address
    stamp: int = 0
    heard_at: float = 0.0
    until: float = 0.0
    homes: set[Address] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Its link is up, and it has not solicited yet."""


@dataclass(slots=True)
class Asking:
    """The AAA server is being asked who it is and where it was (steps 2 and 3)."""

    retransmission: Retransmission


@dataclass(frozen=True, slots=True)
class Refused:
    """The AAA server does not let it in; it may ask again at ``until``."""

    until: float


@dataclass(frozen=True, slots=True)
class Answered:
    """The AAA server has answered; not all parts of the solicitation are here."""

    previous: Address


@dataclass(frozen=True, slots=True)
class Served:
    """It has its address (step 4) and is forwarded for."""


@dataclass(frozen=True, slots=True)
class Left:
    """Its link is down; the lists wait for the next MAAR to ask for them."""


State = Waiting | Asking | Refused | Answered | Served | Left


@dataclass(slots=True)
class Report:
    """The sessions that a node lists, maybe in several solicitations of one ``generation``."""

    generation: int = 0
    parts: int = 1
    pairs: dict[int, tuple[Pair, ...]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Say whether all parts have come."""
        return len(self.pairs) == self.parts

    def __iter__(self) -> Iterator[Pair]:
        for index in sorted(self.pairs):
            yield from self.pairs[index]


SOLICITATIONS = (50.0, 300)
"""Solicitations of one node that are heard: a second, and at once (twice the longest list)."""


@dataclass(eq=False, slots=True)
class Visit:
    """A mobile node at a MAAR; ``external`` and ``internal`` are its binding lists.

    ``request`` is what the AAA server has not answered yet, not even if the node left meanwhile.
    ``taken_by`` is the MAAR that has asked for the lists while the node was still attached here.
    """

    identifier: str
    place: Place | None
    state: State = field(default_factory=Waiting)
    attached_at: float = 0.0
    request: AaRequest | None = None
    assigned: Address | None = None
    report: Report = field(default_factory=Report)
    sessions: dict[Pair, Session] = field(default_factory=dict)
    external: dict[Address, Address] = field(default_factory=dict)
    internal: dict[Address, Entry] = field(default_factory=dict)
    taken_by: Address | None = None
    allowance: TokenBucket = field(default_factory=lambda: TokenBucket(*SOLICITATIONS))

    @property
    def homes(self) -> list[Address]:
        """Return the addresses that packets reach the node by."""
        own = [] if self.assigned is None else [self.assigned]
        return [*own, *self.external]

    @property
    def served(self) -> bool:
        """Say whether packets are forwarded to and from the node."""
        return isinstance(self.state, Served)

    @property
    def fetching(self) -> bool:
        """Say whether a part of the lists is still with the previous MAAR."""
        if self.request is not None or isinstance(self.state, Answered):
            return True
        return any(session.stage is Stage.FETCHING for session in self.sessions.values())


def is_host(visit: Visit) -> bool:
    """Say whether it is a correspondent behind this router that never moves."""
    return visit.served and visit.place is None
