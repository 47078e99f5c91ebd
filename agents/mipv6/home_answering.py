"""What the answers of home agents come to (RFC 6275 §11.7.3, RFC 4285 §6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agents.core.actions import Action, Drop, Record
from agents.core.events import MessageReceived
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.mipv6.home_asking import HomeAsking
from agents.mipv6.home_owner import HomeOwner
from agents.mipv6.home_refusals import PASSING, Reaction, reaction_to
from agents.mipv6.home_update import HomeUpdates
from agents.mipv6.homes import AWAITING, Asked, AtHome, Home, Refused, Registered
from agents.mipv6.mobile_config import MobileConfig
from agents.wire.messages import BindingAcknowledgement
from agents.wire.numbers import LIFETIME_UNIT, Status
from agents.wire.options import BindingRefreshAdvice

_ACCEPTED_BELOW = 128
_REASSERTING = (Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, Status.MIPV6_ID_MISMATCH)


class HomeAnswering:
    """Takes acknowledgements; ``end`` forgets a home that has been given up."""

    def __init__(
        self,
        config: MobileConfig,
        updates: HomeUpdates,
        asking: HomeAsking,
        owner: HomeOwner,
        end: Callable[[Home, float], list[Action]],
    ) -> None:
        self._config = config
        self._updates = updates
        self._asking = asking
        self._owner = owner
        self._end = end

    def acknowledged(self, home: Home, event: MessageReceived, now: float) -> list[Action]:
        """Take an answer of the agent of ``home`` (RFC 6275 §11.7.3)."""
        asked = self._updates.asked_by(home, event)
        answer = event.message
        if isinstance(asked, str):
            details = {"source": spelled(event.source), "status": answer.status}
            return [Drop(asked, {**details, "sequence": answer.sequence})]
        if answer.status in _REASSERTING:
            return self._reassert(home, asked, event, now)
        home.answered()
        released = asked.units == 0
        if released and answer.status in (0, Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE):
            return self._released(home, now)
        if answer.status >= _ACCEPTED_BELOW:
            return self._rejected(home, answer, now)
        return self._accepted(home, asked, answer, now)

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
        self._asking.enter(home, Registered(max(now, asked.sent_at + share), expires_at))
        acknowledged = self._answer("binding_acknowledged", home, answer)
        return [acknowledged, *self._owner.bound(home, answer, now)]

    def _released(self, home: Home, now: float) -> list[Action]:
        home.asked.clear()
        if home.leaving:
            return self._end(home, now)
        self._asking.enter(home, AtHome())
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
        self._asking.enter(home, Refused(answer.status, retry_at))
        actions += self._owner.refused(home, answer.status, now)
        if reaction is Reaction.OTHER_AGENT:
            actions += self._owner.turn_to_another(home, now)
        return actions

    def _reassert(
        self, home: Home, asked: Asked, event: MessageReceived, now: float
    ) -> list[Action]:
        """The update was old to the agent, not wrong: ask again from where it says (§11.7.3)."""
        home.answered()
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
            *self._asking.ask(home, replace(state, retransmission=wait, reasserted=True), now),
        ]

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
