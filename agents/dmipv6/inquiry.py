"""One search for home proxies, as states that own their deadlines (draft-liu §4.3, §5.1.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agents.core.actions import Action
from agents.core.retransmission import Retransmission
from agents.dmipv6.seeker_config import Discovery, Zone
from agents.dmipv6.selection import Requirements
from agents.wire.address import Address
from agents.wire.dmipv6_messages import (
    DhpDiscoveryAcknowledgement,
    DhpDiscoveryQuery,
    DhpRecord,
    MulticastDhpAcknowledgement,
    MulticastDhpQuery,
    ServerDhpQuery,
    ServerDhpResponse,
)

Found = Callable[[list[DhpRecord], str, float], list[Action]]
"""Told the outcome of a search: the home proxies, why there are none, and the time."""

ANSWERS: dict[Discovery, type[Any]] = {
    Discovery.ANYCAST: DhpDiscoveryAcknowledgement,
    Discovery.MULTICAST: MulticastDhpAcknowledgement,
    Discovery.SERVER_ACTIVE: ServerDhpResponse,
    Discovery.SERVER_PASSIVE: ServerDhpResponse,
    Discovery.CORRESPONDENT: ServerDhpResponse,
}
"""The message that answers each way to ask."""


class Question(NamedTuple):
    """What is asked: flows that need the same ask together.

    ``requirements`` matter where a server chooses, ``correspondent`` where it is the server.
    """

    zone: Zone
    requirements: Requirements | None = None
    correspondent: Address | None = None

    def query(self, discovery: Discovery) -> Any:
        """Return the message that asks."""
        if self.requirements is not None:
            return self.requirements.query()
        if discovery is Discovery.ANYCAST:
            return DhpDiscoveryQuery()
        return MulticastDhpQuery() if discovery is Discovery.MULTICAST else ServerDhpQuery()


@dataclass(slots=True)
class Resolving:
    """The name server was asked for ``name``."""

    name: str


@dataclass(slots=True)
class Waiting:
    """Another question to ``peer`` is not answered yet, and answers do not tell which is meant."""

    peer: Address


@dataclass(slots=True)
class Asking:
    """``peer`` was asked ``tries`` times; answers are collected until ``collect_until``."""

    peer: Address
    retry: Retransmission
    collect_until: float
    tries: int = 1
    heard: dict[Address, DhpRecord] = field(default_factory=dict)

    @property
    def due_at(self) -> float:
        """Return when something must be done: use what was heard, or ask again."""
        return self.collect_until if self.heard else self.retry.at


State = Resolving | Waiting | Asking


@dataclass(slots=True, eq=False)
class Inquiry:
    """A question, where it stands, and who waits for what comes out."""

    question: Question
    state: State
    waiting: list[Found] = field(default_factory=list)
