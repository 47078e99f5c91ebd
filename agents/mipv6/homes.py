"""The homes of a mobile node and the state of each: its Binding Update List (RFC 6275 §11.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agents.core.retransmission import Retransmission
from agents.mipv6.update_rate import UpdateRate
from agents.wire.address import Address
from agents.wire.numbers import LIFETIME_UNIT
from agents.wire.value import value

Extras = Callable[[], Sequence[Any]]


class Asked(NamedTuple):
    """A Binding Update that awaits its answer; ``units`` of 4 s, 0 for a de-registration."""

    sequence: int
    sent_at: float
    units: int
    care_of: Address
    timestamp: int

    @property
    def lifetime(self) -> float:
        """Seconds asked for."""
        return self.units * LIFETIME_UNIT


@value
class Waiting:
    """No agent is known yet, or there is no place to register from."""

    @property
    def deadline(self) -> float | None:
        """Return nothing: something else must happen."""
        return None


@value
class AtHome:
    """On the home link, and no binding is left: an ordinary host."""

    @property
    def deadline(self) -> float | None:
        """Return nothing: something else must happen."""
        return None


@value
class Registering:
    """The agent has been asked; no binding stands.

    ``reasserted`` says that a refusal has made this node ask again at once, which it does only
    once between two timeouts; so in the other states.
    """

    retransmission: Retransmission
    reasserted: bool = False

    @property
    def deadline(self) -> float | None:
        """Return when to ask again."""
        return self.retransmission.at


@value
class Registered:
    """The agent has accepted where the node is now."""

    refresh_at: float
    expires_at: float

    @property
    def deadline(self) -> float | None:
        """Return when to renew the binding."""
        return self.refresh_at


@value
class Refreshing:
    """A binding stands until ``expires_at``, and the agent was asked to renew or to move it."""

    retransmission: Retransmission
    expires_at: float
    reasserted: bool = False

    @property
    def deadline(self) -> float | None:
        """Return when to ask again or to give up."""
        return min(self.retransmission.at, self.expires_at)


@value
class Releasing:
    """The agent was asked to delete the binding, as the node is home or gives the home up."""

    retransmission: Retransmission
    reasserted: bool = False

    @property
    def deadline(self) -> float | None:
        """Return when to ask again."""
        return self.retransmission.at


@value
class Refused:
    """The agent has refused; it is asked again at ``retry_at``, or after the next move."""

    status: int
    retry_at: float | None

    @property
    def deadline(self) -> float | None:
        """Return when to ask again."""
        return self.retry_at


@value
class Held:
    """Its binding is left to its agent as it stands: no more updates are sent."""

    @property
    def deadline(self) -> float | None:
        """Return nothing: something else must happen."""
        return None


State = Waiting | AtHome | Registering | Registered | Refreshing | Releasing | Refused | Held

BOUND = (Registered, Refreshing)
"""The states in which a binding stands."""

AWAITING = (Registering, Refreshing, Releasing)
"""The states in which an answer is awaited."""


@dataclass(slots=True, eq=False)
class Home:
    """A home address and its agent.

    ``lifetime`` in seconds is what its updates ask for.
    ``asked`` are the updates since the last move that may still be answered. ``tries`` counts
    those since the last answer. ``leaving`` says that the home is being given up.
    """

    address: Address
    agent: Address | None
    sequence: int
    lifetime: float
    options: Extras = tuple
    watch: bool = True
    state: State = field(default_factory=Waiting)
    asked: dict[int, Asked] = field(default_factory=dict)
    rate: UpdateRate = field(default_factory=UpdateRate)
    tries: int = 0
    reported: bool = False
    known: bool = False
    leaving: bool = False

    @property
    def bound(self) -> bool:
        """Say whether a binding stands."""
        return isinstance(self.state, BOUND)

    @property
    def expires_at(self) -> float | None:
        """Return when the binding that stands ends."""
        return self.state.expires_at if isinstance(self.state, Registered | Refreshing) else None

    def answered(self) -> None:
        """Begin to count anew what goes without an answer."""
        self.tries, self.reported = 0, False
