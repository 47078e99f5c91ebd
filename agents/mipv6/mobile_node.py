"""The mobile node (RFC 6275 §11): the core that puts the parts of its side together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action
from agents.core.events import Event
from agents.mipv6.home_listener import HomeListener
from agents.wire.address import Address

Extras = Callable[[], Sequence[Any]]


class MobileNode:
    """Knows where it is, and tells its home agents and correspondents.

    The home address of its configuration is its first home. A protocol that builds on this one
    adds more homes, each with an agent of its own, and is told of them as a ``HomeListener``.
    """

    def __init__(self, config: Any, random: Random, listener: HomeListener | None = None) -> None:
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> MobileNode:
        """Return a mobile node at no link; ConfigurationError names the key at fault."""
        raise NotImplementedError

    @property
    def care_of(self) -> Address | None:
        """Return the address where this node is, None where it has no link."""
        raise NotImplementedError

    def lifetime_of(self, home: Address, now: float) -> float | None:
        """Return how many seconds the binding of ``home`` still stands, None where none does."""
        raise NotImplementedError

    def agent_of(self, home: Address) -> Address | None:
        """Return the agent of ``home``, None where it has not been discovered yet."""
        raise NotImplementedError

    def add_home(
        self,
        home_address: Address,
        agent: Address,
        now: float,
        *,
        options: Extras = tuple,
        watch: bool = True,
        lifetime: float | None = None,
    ) -> list[Action]:
        """Make ``home_address`` an address of this node and register it with ``agent``.

        ``options`` is asked for the mobility options to add to each Binding Update, which ask
        for ``lifetime`` seconds (None: as configured for the first home). With
        ``watch``, route optimization starts with whoever is heard there (where configured). A
        home that is there is registered again, with these values.
        """
        raise NotImplementedError

    def remove_home(self, home_address: Address, now: float) -> list[Action]:
        """Give ``home_address`` up: its bindings are deleted, with lifetime 0 (RFC 6275 §11.7.1).

        KeyError where there is no such home. The listener is not told.
        """
        raise NotImplementedError

    def hold_home(self, home_address: Address, now: float) -> list[Action]:
        """Send no more updates for ``home_address``, neither after moves nor to renew it.

        Its address, its tunnel and its route from there stay until ``remove_home``, which deletes
        what its agent still has. KeyError where there is no such home. The listener is not told.
        """
        raise NotImplementedError

    def update_home(self, home_address: Address, now: float) -> list[Action]:
        """Send a Binding Update for ``home_address`` now, as its options have changed.

        KeyError where there is no such home.
        """
        raise NotImplementedError

    def optimize(self, home: Address, peer: Address, now: float) -> list[Action]:
        """Start route optimization from ``home`` with ``peer``, unless known not to support it."""
        raise NotImplementedError

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        raise NotImplementedError

    def tick(self, now: float) -> Sequence[Action]:
        """Do what has become due by ``now``."""
        raise NotImplementedError

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        raise NotImplementedError

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the homes and the correspondents of this node as rows."""
        raise NotImplementedError
