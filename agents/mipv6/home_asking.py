"""Asking home agents: which update is due, and when it may be sent (RFC 6275 §11.7.1, §11.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agents.core.actions import Action, Record
from agents.core.deadlines import Deadlines
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.mipv6.home_update import HomeUpdates
from agents.mipv6.homes import (
    AWAITING,
    AtHome,
    Home,
    Refreshing,
    Registering,
    Releasing,
    State,
    Waiting,
)
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.places import Place
from agents.wire.numbers import LIFETIME_UNIT


class HomeAsking:
    """Sends the updates of all homes from where the node is.

    ``limit`` says for how many seconds a home may be registered now.
    """

    def __init__(
        self,
        config: MobileConfig,
        updates: HomeUpdates,
        limit: Callable[[Home, float], float],
    ) -> None:
        self.place: Place | None = None
        self.connected = False
        self._config = config
        self._updates = updates
        self._limit = limit
        self._deadlines: Deadlines[Home] = Deadlines()
        self.due = self._deadlines.due
        self.deadline = self._deadlines.next
        self.forget = self._deadlines.clear

    def register(self, home: Home, now: float) -> list[Action]:
        """Do what the place asks for: a registration, or at home the end of one."""
        place = self.place
        home.tries, home.reported = 0, False
        if place is None or home.agent is None:
            self.enter(home, Waiting() if place is None or not self.is_at(home) else AtHome())
            return []
        if home.leaving:
            return self.release(home, now)
        if self.is_at(home):
            return self._return_home(home, now)
        wait = self.first_wait(home, now)
        expires_at = home.expires_at
        if expires_at is not None and expires_at > now:
            return self.ask(home, Refreshing(wait, expires_at), now)
        return self.ask(home, Registering(wait), now)

    def _return_home(self, home: Home, now: float) -> list[Action]:
        """RFC 6275 §11.5.5: no binding is left to delete where none was ever asked for."""
        if isinstance(home.state, Waiting | AtHome):
            self.enter(home, AtHome())
            return []
        return self.release(home, now)

    def release(self, home: Home, now: float) -> list[Action]:
        """Have the binding of ``home`` deleted."""
        return self.ask(home, Releasing(self.first_wait(home, now)), now)

    def ask(
        self, home: Home, state: Registering | Refreshing | Releasing, now: float
    ) -> list[Action]:
        """Enter ``state`` and send its update, as soon as the rate allows it (§11.8)."""
        place = self.place
        assert place is not None and home.agent is not None
        if not self.connected:
            self.enter(home, state)
            return []
        if not home.rate.take(now):
            soon = Retransmission(home.rate.ready_at(), state.retransmission.timeout / 2)
            self.enter(home, replace(state, retransmission=soon))
            return []
        home.tries += 1
        units = 0 if isinstance(state, Releasing) else self._units(home, now)
        sent = self._updates.update(home, place, units, now)
        self.enter(home, state)
        return [sent, self._sent(home, place, units)]

    def ask_again(self, home: Home, now: float, *, first: bool) -> list[Action]:
        """§11.8: with a new sequence number; ever more slowly, unless it is a ``first`` time."""
        state = home.state
        assert isinstance(state, AWAITING)
        wait = state.retransmission.again(now, self._config.max_timeout)
        if first:
            wait = self.first_wait(home, now)
        return self.ask(home, replace(state, retransmission=wait, reasserted=False), now)

    def first_wait(self, home: Home, now: float) -> Retransmission:
        """§11.8: the first registration may take longer, as the address is probed for."""
        config = self._config
        timeout = config.initial_timeout if home.known else config.first_timeout
        return Retransmission.after(now, timeout)

    def is_at(self, home: Home) -> bool:
        """Say whether the node is on the link of ``home``."""
        return self.place is not None and self.place.address == home.address

    def enter(self, home: Home, state: State) -> None:
        """Give ``home`` its next state."""
        home.state = state
        deadline = state.deadline
        if deadline is None:
            self._deadlines.clear(home)
        else:
            self._deadlines.set(home, deadline)

    def _units(self, home: Home, now: float) -> int:
        limit = self._limit(home, now)
        return max(1, int(min(home.lifetime, limit)) // LIFETIME_UNIT)

    def _sent(self, home: Home, place: Place, units: int) -> Record:
        return Record(
            "binding_sent",
            {
                "node": self._config.identifier,
                "home_address": spelled(home.address),
                "agent": spelled(home.agent or home.address),
                "care_of": spelled(place.address),
                "sequence": home.sequence,
                "lifetime": units * LIFETIME_UNIT,
            },
        )
