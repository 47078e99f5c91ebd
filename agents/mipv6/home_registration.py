"""Registering homes with their agents: the steps between the states (RFC 6275 §11.7.1, §11.8)."""

from __future__ import annotations

from dataclasses import replace

from agents.core.actions import Action, Record
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.mipv6.home_answering import HomeAnswering
from agents.mipv6.home_asking import HomeAsking
from agents.mipv6.home_owner import HomeOwner
from agents.mipv6.home_update import HomeUpdates
from agents.mipv6.homes import (
    AWAITING,
    BOUND,
    Held,
    Home,
    Refreshing,
    Refused,
    Registered,
    Registering,
    Releasing,
    Waiting,
)
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.places import Place
from agents.wire.address import Address

UNREACHABLE_AFTER = 3
"""Updates without an answer after which an agent counts as unreachable."""

RELEASE_TRIES = 4
"""Updates by which a home is given up, before it is left to expire."""


class HomeRegistration:
    """Keeps each home registered from where the node is."""

    def __init__(self, config: MobileConfig, updates: HomeUpdates, owner: HomeOwner) -> None:
        self.homes: dict[Address, Home] = {}
        self._config = config
        self._owner = owner
        self._asking = HomeAsking(config, updates, owner.lifetime_limit)
        self._answering = HomeAnswering(config, updates, self._asking, owner, self._end)
        self.acknowledged = self._answering.acknowledged
        self.deadline = self._asking.deadline

    def add(self, home: Home, now: float) -> list[Action]:
        """Register ``home`` from now on, in place of one of the same address."""
        old = self.homes.get(home.address)
        if old is not None:
            self._asking.forget(old)
        self.homes[home.address] = home
        return self._asking.register(home, now)

    def give_up(self, home: Home, now: float) -> list[Action]:
        """Delete the binding of ``home`` at its agent, then forget it (RFC 6275 §11.7.1)."""
        home.leaving = True
        asked = isinstance(home.state, (*BOUND, *AWAITING, Held))
        home.asked.clear()  # what accepts the binding now comes too late
        if self._asking.place is None or home.agent is None or not asked:
            return self._end(home, now)
        return self._asking.release(home, now)

    def hold(self, home: Home) -> None:
        """Send no more updates for ``home``, until it is given up."""
        home.asked.clear()
        self._asking.enter(home, Held())

    def moved(self, place: Place, now: float) -> list[Action]:
        """Register all homes from ``place``; what was asked from elsewhere is void."""
        self._asking.place, self._asking.connected = place, True
        actions: list[Action] = []
        for home in tuple(self.homes.values()):
            if not isinstance(home.state, Held):
                home.asked.clear()
                actions += self._asking.register(home, now)
        return actions

    def lost(self) -> None:
        """Send nothing for now: there is no link."""
        self._asking.connected = False

    def resumed(self, now: float) -> list[Action]:
        """Ask again what may have been lost with the link; what stands needs no update."""
        self._asking.connected = True
        waiting = [home for home in self.homes.values() if isinstance(home.state, AWAITING)]
        return [
            action for home in waiting for action in self._asking.ask_again(home, now, first=True)
        ]

    def agent_found(self, home: Home, agent: Address, now: float) -> list[Action]:
        """Register ``home`` with ``agent``."""
        if home.agent != agent:
            home.agent, home.known = agent, False
            home.asked.clear()
        return self._asking.register(home, now)

    def await_agent(self, home: Home) -> None:
        """Ask nobody until an agent is found."""
        home.agent = None
        home.asked.clear()
        self._asking.enter(home, Waiting())

    def renew(self, home: Home, now: float) -> list[Action]:
        """Send an update at once, where a binding stands or is asked for."""
        if isinstance(home.state, Registered) and self._asking.place is not None:
            wait = Retransmission.after(now, self._config.initial_timeout)
            return self._asking.ask(home, Refreshing(wait, home.state.expires_at), now)
        if isinstance(home.state, AWAITING):
            return self._asking.ask_again(home, now, first=True)
        return []

    def tick(self, now: float) -> list[Action]:
        """Do what has become due: renew, ask again, or end a binding."""
        actions: list[Action] = []
        for home in self._asking.due(now):
            actions += self._due(home, now)
        return actions

    def _due(self, home: Home, now: float) -> list[Action]:
        state = home.state
        match state:
            case Registered():
                return self.renew(home, now)
            case Refreshing(expires_at=expires_at) if expires_at <= now:
                return self._expire(home, state, now)
            case Registering() | Refreshing() | Releasing():
                return self._unanswered(home, state, now)
            case Refused():
                return self._asking.register(home, now)
        return []

    def _unanswered(
        self, home: Home, state: Registering | Refreshing | Releasing, now: float
    ) -> list[Action]:
        if not self._asking.connected:
            wait = Retransmission.after(now, state.retransmission.timeout)
            self._asking.enter(home, replace(state, retransmission=wait))
            return []
        if home.leaving and home.tries >= RELEASE_TRIES:
            return self._end(home, now)
        if home.tries < UNREACHABLE_AFTER or home.reported or home.leaving:
            return self._asking.ask_again(home, now, first=False)
        home.reported = True
        actions = self._owner.unreachable(home, now)
        actions += self._owner.turn_to_another(home, now)
        if home.state is not state:  # what was told has changed it
            return actions
        return [*actions, *self._asking.ask_again(home, now, first=False)]

    def _expire(self, home: Home, state: Refreshing, now: float) -> list[Action]:
        details = {"node": self._config.identifier, "home_address": spelled(home.address)}
        self._asking.enter(home, Registering(state.retransmission))
        return [Record("binding_expired", details), *self._owner.unbound(home, now)]

    def _end(self, home: Home, now: float) -> list[Action]:
        self._asking.forget(home)
        if self.homes.get(home.address) is not home:
            return []
        del self.homes[home.address]
        return self._owner.released(home, now)
