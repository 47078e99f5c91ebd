"""What the registration of homes asks of the mobile node that has them, and tells it."""

from __future__ import annotations

from typing import Protocol

from agents.core.actions import Action
from agents.mipv6.homes import Home
from agents.wire.messages import BindingAcknowledgement


class HomeOwner(Protocol):
    """Has the routes of homes, and knows whom else they concern."""

    def lifetime_limit(self, home: Home, now: float) -> float:
        """Return for how many seconds ``home`` may be registered (RFC 6275 §11.7.1)."""
        ...

    def bound(self, home: Home, answer: BindingAcknowledgement, now: float) -> list[Action]:
        """Take note that a binding stands, where the node is now."""
        ...

    def unbound(self, home: Home, now: float) -> list[Action]:
        """Take note that the binding that stood is over, unanswered."""
        ...

    def refused(self, home: Home, status: int, now: float) -> list[Action]:
        """Take note of a refusal: no binding stands."""
        ...

    def released(self, home: Home, now: float) -> list[Action]:
        """Take note that no binding is left to delete; a home that was leaving is forgotten."""
        ...

    def unreachable(self, home: Home, now: float) -> list[Action]:
        """Take note that the agent does not answer."""
        ...

    def turn_to_another(self, home: Home, now: float) -> list[Action]:
        """Have ``home`` registered with another agent, if this one can be chosen."""
        ...
