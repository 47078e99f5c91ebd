"""Registering homes with their agents: the steps between the states (RFC 6275 §11.7.1, §11.8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from agents.core.actions import Action, Drop, Record
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.mipv6.binding_cache import LIFETIME_UNIT
from agents.mipv6.home_answers import PASSING, Reaction, reaction_to
from agents.mipv6.home_update import HomeUpdates
from agents.mipv6.homes import (
    AWAITING,
    BOUND,
    Asked,
    AtHome,
    Held,
    Home,
    Refreshing,
    Refused,
    Registered,
    Registering,
    Releasing,
    State,
    Waiting,
)
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.places import Place
from agents.wire.address import Address
from agents.wire.messages import BindingAcknowledgement
from agents.wire.numbers import Status
from agents.wire.options import BindingRefreshAdvice

UNREACHABLE_AFTER = 3
"""Updates without an answer after which an agent counts as unreachable."""

RELEASE_TRIES = 4
"""Updates by which a home is given up, before it is left to expire."""

_ACCEPTED_BELOW = 128
_REASSERTING = (Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, Status.MIPV6_ID_MISMATCH)


class HomeOwner(Protocol):
    """What registration asks of the mobile node, and tells it."""

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


class HomeRegistration:
    """Keeps each home registered from where the node is."""

    def __init__(self, config: MobileConfig, updates: HomeUpdates, owner: HomeOwner) -> None:
        self.homes: dict[Address, Home] = {}
        self._config = config
        self._updates = updates
        self._owner = owner
        self._place: Place | None = None
        self._connected = False
        self._deadlines: Deadlines[Home] = Deadlines()
        self.deadline = self._deadlines.next

    def add(self, home: Home, now: float) -> list[Action]:
        """Register ``home`` from now on, in place of one of the same address."""
        old = self.homes.get(home.address)
        if old is not None:
            self._deadlines.clear(old)
        self.homes[home.address] = home
        return self._from_here(home, now)

    def give_up(self, home: Home, now: float) -> list[Action]:
        """Delete the binding of ``home`` at its agent, then forget it (RFC 6275 §11.7.1)."""
        home.leaving = True
        asked = isinstance(home.state, (*BOUND, *AWAITING, Held))
        home.asked.clear()  # what accepts the binding now comes too late
        if self._place is None or home.agent is None or not asked:
            return self._end(home, now)
        return self._release(home, now)

    def hold(self, home: Home) -> None:
        """Send no more updates for ``home``, until it is given up."""
        home.asked.clear()
        self._enter(home, Held())

    def moved(self, place: Place, now: float) -> list[Action]:
        """Register all homes from ``place``; what was asked from elsewhere is void."""
        self._place, self._connected = place, True
        actions: list[Action] = []
        for home in tuple(self.homes.values()):
            if not isinstance(home.state, Held):
                home.asked.clear()
                actions += self._from_here(home, now)
        return actions

    def lost(self) -> None:
        """Send nothing for now: there is no link."""
        self._connected = False

    def resumed(self, now: float) -> list[Action]:
        """Ask again what may have been lost with the link; what stands needs no update."""
        self._connected = True
        waiting = [home for home in self.homes.values() if isinstance(home.state, AWAITING)]
        return [action for home in waiting for action in self._ask_again(home, now, first=True)]

    def agent_found(self, home: Home, agent: Address, now: float) -> list[Action]:
        """Register ``home`` with ``agent``."""
        if home.agent != agent:
            home.agent, home.known = agent, False
            home.asked.clear()
        return self._from_here(home, now)

    def await_agent(self, home: Home) -> None:
        """Ask nobody until an agent is found."""
        home.agent = None
        home.asked.clear()
        self._enter(home, Waiting())

    def renew(self, home: Home, now: float) -> list[Action]:
        """Send an update at once, where a binding stands or is asked for."""
        if isinstance(home.state, Registered) and self._place is not None:
            wait = Retransmission.after(now, self._config.initial_timeout)
            return self._ask(home, Refreshing(wait, home.state.expires_at), now)
        if isinstance(home.state, AWAITING):
            return self._ask_again(home, now, first=True)
        return []

    def acknowledged(self, home: Home, event: MessageReceived, now: float) -> list[Action]:
        """Take an answer of the agent of ``home`` (RFC 6275 §11.7.3)."""
        asked = self._updates.asked_by(home, event)
        answer = event.message
        if isinstance(asked, str):
            details = {"source": spelled(event.source), "status": answer.status}
            return [Drop(asked, {**details, "sequence": answer.sequence})]
        if answer.status in _REASSERTING:
            return self._reassert(home, asked, event, now)
        self._answered(home)
        released = asked.units == 0
        if released and answer.status in (0, Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE):
            return self._released(home, now)
        if answer.status >= _ACCEPTED_BELOW:
            return self._rejected(home, answer, now)
        return self._accepted(home, asked, answer, now)

    def tick(self, now: float) -> list[Action]:
        """Do what has become due: renew, ask again, or end a binding."""
        actions: list[Action] = []
        for home in self._deadlines.due(now):
            actions += self._due(home, now)
        return actions

    # --- asking -------------------------------------------------------------------------------

    def _from_here(self, home: Home, now: float) -> list[Action]:
        """Do what the place asks for: a registration, or at home the end of one."""
        place = self._place
        home.tries, home.reported = 0, False
        if place is None or home.agent is None:
            self._enter(home, Waiting() if place is None or not self._at_home(home) else AtHome())
            return []
        if home.leaving:
            return self._release(home, now)
        if self._at_home(home):
            return self._return_home(home, now)
        wait = self._first_wait(home, now)
        expires_at = home.expires_at
        if expires_at is not None and expires_at > now:
            return self._ask(home, Refreshing(wait, expires_at), now)
        return self._ask(home, Registering(wait), now)

    def _return_home(self, home: Home, now: float) -> list[Action]:
        """RFC 6275 §11.5.5: no binding is left to delete where none was ever asked for."""
        if isinstance(home.state, Waiting | AtHome):
            self._enter(home, AtHome())
            return []
        return self._release(home, now)

    def _release(self, home: Home, now: float) -> list[Action]:
        return self._ask(home, Releasing(self._first_wait(home, now)), now)

    def _ask(
        self, home: Home, state: Registering | Refreshing | Releasing, now: float
    ) -> list[Action]:
        """Enter ``state`` and send its update, as soon as the rate allows it (§11.8)."""
        place = self._place
        assert place is not None and home.agent is not None
        if not self._connected:
            self._enter(home, state)
            return []
        if not home.rate.take(now):
            soon = Retransmission(home.rate.ready_at(), state.retransmission.timeout / 2)
            self._enter(home, replace(state, retransmission=soon))
            return []
        home.tries += 1
        units = 0 if isinstance(state, Releasing) else self._units(home, now)
        sent = self._updates.update(home, place, units, now)
        self._enter(home, state)
        return [sent, self._sent(home, place, units)]

    def _ask_again(self, home: Home, now: float, *, first: bool) -> list[Action]:
        """§11.8: with a new sequence number; ever more slowly, unless it is a ``first`` time."""
        state = home.state
        assert isinstance(state, AWAITING)
        wait = state.retransmission.again(now, self._config.max_timeout)
        if first:
            wait = self._first_wait(home, now)
        return self._ask(home, replace(state, retransmission=wait, reasserted=False), now)

    def _units(self, home: Home, now: float) -> int:
        limit = self._owner.lifetime_limit(home, now)
        return max(1, int(min(home.lifetime, limit)) // LIFETIME_UNIT)

    def _first_wait(self, home: Home, now: float) -> Retransmission:
        """§11.8: the first registration may take longer, as the address is probed for."""
        config = self._config
        timeout = config.initial_timeout if home.known else config.first_timeout
        return Retransmission.after(now, timeout)

    def _at_home(self, home: Home) -> bool:
        return self._place is not None and self._place.address == home.address

    # --- being answered -----------------------------------------------------------------------

    def _accepted(
        self, home: Home, asked: Asked, answer: BindingAcknowledgement, now: float
    ) -> list[Action]:
        granted = min(asked.lifetime, answer.lifetime * LIFETIME_UNIT)
        expires_at = asked.sent_at + granted  # the agent counts from later
        if expires_at <= now:
            return [Drop("accepted for no time", {"home_address": spelled(home.address)})]
        home.known = True
        home.asked.clear()
        share = _advised(answer, granted) or granted * self._config.refresh_fraction
        self._enter(home, Registered(max(now, asked.sent_at + share), expires_at))
        acknowledged = self._answer("binding_acknowledged", home, answer)
        return [acknowledged, *self._owner.bound(home, answer, now)]

    def _released(self, home: Home, now: float) -> list[Action]:
        home.asked.clear()
        if home.leaving:
            return self._end(home, now)
        self._enter(home, AtHome())
        return self._owner.released(home, now)

    def _rejected(self, home: Home, answer: BindingAcknowledgement, now: float) -> list[Action]:
        actions: list[Action] = [self._answer("binding_rejected", home, answer)]
        home.asked.clear()
        if home.leaving:
            return [*actions, *self._end(home, now)]
        reaction = reaction_to(answer.status)
        retry_at = None
        if reaction is Reaction.RETRY_LATER or answer.status in PASSING:
            retry_at = now + self._config.max_timeout
        self._enter(home, Refused(answer.status, retry_at))
        actions += self._owner.refused(home, answer.status, now)
        if reaction is Reaction.OTHER_AGENT:
            actions += self._owner.turn_to_another(home, now)
        return actions

    def _reassert(
        self, home: Home, asked: Asked, event: MessageReceived, now: float
    ) -> list[Action]:
        """The update was old to the agent, not wrong: ask again from where it says (§11.7.3)."""
        self._answered(home)
        answer = event.message
        if answer.status == Status.SEQUENCE_NUMBER_OUT_OF_WINDOW:
            home.sequence = answer.sequence
        else:
            self._updates.set_clock(event, asked)
        state = home.state
        rejected = self._answer("binding_rejected", home, answer)
        if not isinstance(state, AWAITING) or state.reasserted:
            return [rejected]  # once at once, from then on at the pace of retransmissions
        home.asked.clear()
        wait = Retransmission.after(now, state.retransmission.timeout)
        return [
            rejected,
            *self._ask(home, replace(state, retransmission=wait, reasserted=True), now),
        ]

    def _answered(self, home: Home) -> None:
        home.tries, home.reported = 0, False

    # --- time ---------------------------------------------------------------------------------

    def _due(self, home: Home, now: float) -> list[Action]:
        state = home.state
        match state:
            case Registered():
                return self._renew_or_wait(home, state, now)
            case Refreshing(expires_at=expires_at) if expires_at <= now:
                return self._expire(home, state, now)
            case Registering() | Refreshing() | Releasing():
                return self._unanswered(home, state, now)
            case Refused():
                return self._from_here(home, now)
        return []

    def _renew_or_wait(self, home: Home, state: Registered, now: float) -> list[Action]:
        wait = Retransmission.after(now, self._config.initial_timeout)
        return self._ask(home, Refreshing(wait, state.expires_at), now)

    def _unanswered(
        self, home: Home, state: Registering | Refreshing | Releasing, now: float
    ) -> list[Action]:
        if not self._connected:
            wait = Retransmission.after(now, state.retransmission.timeout)
            self._enter(home, replace(state, retransmission=wait))
            return []
        if home.leaving and home.tries >= RELEASE_TRIES:
            return self._end(home, now)
        if home.tries < UNREACHABLE_AFTER or home.reported or home.leaving:
            return self._ask_again(home, now, first=False)
        home.reported = True
        actions = self._owner.unreachable(home, now)
        actions += self._owner.turn_to_another(home, now)
        if home.state is not state:  # what was told has changed it
            return actions
        return [*actions, *self._ask_again(home, now, first=False)]

    def _expire(self, home: Home, state: Refreshing, now: float) -> list[Action]:
        details = {"node": self._config.identifier, "home_address": spelled(home.address)}
        self._enter(home, Registering(state.retransmission))
        return [Record("binding_expired", details), *self._owner.unbound(home, now)]

    def _end(self, home: Home, now: float) -> list[Action]:
        self._deadlines.clear(home)
        if self.homes.get(home.address) is not home:
            return []
        del self.homes[home.address]
        return self._owner.released(home, now)

    def _enter(self, home: Home, state: State) -> None:
        home.state = state
        deadline = state.deadline
        if deadline is None:
            self._deadlines.clear(home)
        else:
            self._deadlines.set(home, deadline)

    # --- records ------------------------------------------------------------------------------

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

    def _answer(self, event: str, home: Home, answer: BindingAcknowledgement) -> Record:
        return Record(
            event,
            {
                "node": self._config.identifier,
                "home_address": spelled(home.address),
                "sequence": answer.sequence,
                "status": answer.status,
                "lifetime": answer.lifetime * LIFETIME_UNIT if answer.status < 128 else 0,
            },
        )


def _advised(answer: BindingAcknowledgement, granted: float) -> float | None:
    """RFC 6275 §11.7.3: when the agent wants the next update, if that is before the end."""
    for option in answer.options:
        if isinstance(option, BindingRefreshAdvice):
            advised = option.interval * LIFETIME_UNIT
            return float(advised) if 0 < advised < granted else None
    return None
