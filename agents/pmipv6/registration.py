"""How a gateway asks an anchor and acts on its answers (RFC 5213 §6.9.1, §6.9.4)."""

from __future__ import annotations

from dataclasses import replace
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.pmipv6.answer import Answer, echoes, read_answer
from agents.pmipv6.authentication import Authenticator
from agents.pmipv6.binding_update_list import (
    AWAITING,
    SERVED,
    Asked,
    BindingUpdateList,
    Refreshing,
    Refused,
    Registered,
    Registering,
    Releasing,
    State,
    Visit,
)
from agents.pmipv6.config import GatewayConfig
from agents.pmipv6.responses import Response, response_to
from agents.pmipv6.service import Service
from agents.pmipv6.update import Numbering, proxy_binding_update
from agents.wire.address import Prefix
from agents.wire.numbers import LIFETIME_UNIT, HandoffIndication, Status

_UNKNOWN = int(HandoffIndication.HANDOFF_STATE_UNKNOWN)
_NOT_CHANGED = int(HandoffIndication.HANDOFF_STATE_NOT_CHANGED)
_OUT_OF_WINDOW = int(Status.SEQUENCE_NUMBER_OUT_OF_WINDOW)


class Registration:
    """The Binding Update List, and the step of each entry from state to state.

    A protocol that builds on it says by ``further_options`` what its updates have besides.
    """

    def __init__(self, config: GatewayConfig, service: Service, random: Random) -> None:
        self.visits = BindingUpdateList()
        self.barred: set[str] = set()
        self._config = config
        self._service = service
        self._numbering = Numbering(config.timestamps, random)
        self._authenticator = Authenticator(config.authentication)
        self._deadlines: Deadlines[Visit] = Deadlines()
        self._units = int(config.lifetime) // LIFETIME_UNIT
        self.deadline = self._deadlines.next

    def tick(self, now: float) -> list[Action]:
        """Do what has become due in the states of the entries."""
        actions: list[Action] = []
        for visit in self._deadlines.due(now):
            actions += self._due(visit, now)
        return actions

    def start(self, visit: Visit, now: float) -> list[Action]:
        """Register a node that has attached (§6.9.1.1), or once more if it is served already."""
        if isinstance(visit.state, SERVED):
            return self._refresh(visit, visit.state, now, _UNKNOWN)
        return self._register(visit, now, ())

    def release(self, visit: Visit, now: float) -> list[Action]:
        """De-register a node that has left (§6.9.1.4), told once: no answer, no matter."""
        prefixes = visit.served
        actions = self._service.take(visit, now)
        asked, sent = self._ask(visit, now, _UNKNOWN, prefixes, 0)
        self._enter(visit, Releasing(asked, now + self._config.initial_timeout))
        return actions + sent

    def forget(self, visit: Visit) -> None:
        """Delete the entry."""
        self._deadlines.clear(visit)
        self.visits.remove(visit)

    def answered(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an acknowledgement: act on it only if it is the anchor's answer to a request."""
        if not self._authenticator.verify(event, event.destination):
            return [_dropped("acknowledgement not authentic", event)]
        answer = read_answer(event.message)
        visit = self._asker(answer)
        if visit is None or event.source != visit.profile.anchor:
            return [_dropped("acknowledgement of no request", event)]
        state = visit.state
        assert isinstance(state, AWAITING)
        if isinstance(state, Releasing):
            self.forget(visit)
            return [_recorded("binding_acknowledged", visit, answer)]
        if not echoes(answer, state.asked, visit.profile):
            # Not to be asked again until someone has looked into it (item 6).
            dropped = _dropped("acknowledgement of something else", event)
            return [dropped, *self._bar(visit, 0, now)]
        return self._respond(visit, state, answer, now)

    def further_options(self, visit: Visit, units: int) -> tuple[Any, ...]:
        """Return what an update for ``visit`` and a lifetime of ``units`` says besides."""
        return ()

    def _asker(self, answer: Answer) -> Visit | None:
        visit = self.visits.awaiting(answer.identifier or "", answer.sequence)
        if visit is not None or answer.status != _OUT_OF_WINDOW or self._numbering.timestamps:
            return visit
        # Such an answer has the last accepted number, not that of the request.
        visit = self.visits.of(answer.link_layer or b"")
        state = None if visit is None else visit.state
        if visit is None or not isinstance(state, AWAITING):
            return None
        return visit if echoes(answer, state.asked, visit.profile) else None

    def _respond(
        self, visit: Visit, state: Registering | Refreshing, answer: Answer, now: float
    ) -> list[Action]:
        response = response_to(answer.status)
        if response is Response.SERVE and answer.prefixes and answer.lifetime:
            return self._accepted(visit, state, answer, now)
        actions: list[Action] = [_recorded("binding_rejected", visit, answer)]
        match response:
            case Response.REASSERT:
                actions += self._reassert(visit, state, answer, now)
            case Response.ASK_ANEW if state.asked.prefixes:
                actions += self._service.take(visit, now)
                actions += self._register(visit, now, ())
            case Response.BAR:
                actions += self._bar(visit, answer.status, now)
            case Response.POSTPONE:
                retry_at = now + self._config.max_timeout
                actions += self._refuse(visit, answer.status, now, retry_at)
            case Response.SERVE | Response.ASK_ANEW | Response.DENY:
                actions += self._refuse(visit, answer.status, now)
            case Response.PERSIST:
                pass
        return actions

    def _accepted(
        self, visit: Visit, state: Registering | Refreshing, answer: Answer, now: float
    ) -> list[Action]:
        lifetime = answer.lifetime * LIFETIME_UNIT
        sent_at = state.asked.sent_at  # the anchor counts from later: never outlive its binding
        actions = self._service.give(visit, answer.prefixes, now)
        advertise_at = now + self._service.interval
        if isinstance(state, Refreshing) and not actions:
            advertise_at = state.advertise_at
        refresh_at = sent_at + lifetime * self._config.refresh_after
        self._enter(visit, Registered(refresh_at, sent_at + lifetime, advertise_at))
        actions.append(_recorded("binding_acknowledged", visit, answer))
        return actions

    def _reassert(
        self, visit: Visit, state: Registering | Refreshing, answer: Answer, now: float
    ) -> list[Action]:
        """Items 3 and 8: the message was old, not the node wrong; what is served stays served."""
        if answer.status == _OUT_OF_WINDOW:
            self._numbering.continue_from(visit.profile.identifier, answer.sequence)
        if state.reasserted:
            return []  # once at once, from then on at the pace of retransmissions
        asked, actions = self._repeat(visit, state.asked, now)
        self._enter(visit, replace(state, asked=asked, reasserted=True))
        return actions

    def _refuse(
        self, visit: Visit, status: int, now: float, retry_at: float | None = None
    ) -> list[Action]:
        actions = self._service.take(visit, now)
        self._enter(visit, Refused(status, retry_at))
        return actions

    def _bar(self, visit: Visit, status: int, now: float) -> list[Action]:
        self.barred.add(visit.profile.identifier)
        return self._refuse(visit, status, now)

    def _due(self, visit: Visit, now: float) -> list[Action]:
        state = visit.state
        match state:
            case Registering():
                return self._retransmit(visit, state, now)
            case Registered(refresh_at=refresh_at) if refresh_at <= now:
                return self._refresh(visit, state, now, _NOT_CHANGED)
            case Refreshing(expires_at=expires_at) if expires_at <= now:
                return self._expire(visit, now)
            case Refreshing() if state.retransmission.at <= now:
                return self._retransmit(visit, state, now)
            case Registered() | Refreshing():
                self._enter(visit, replace(state, advertise_at=now + self._service.interval))
                return [self._service.advertise(visit)]
            case Refused():
                return self._register(visit, now, ())
            case _:
                self.forget(visit)
                return []

    def _retransmit(
        self, visit: Visit, state: Registering | Refreshing, now: float
    ) -> list[Action]:
        """§6.9.4: again with a new sequence number and time, ever more slowly."""
        asked, actions = self._repeat(visit, state.asked, now)
        wait = state.retransmission.again(now, self._config.max_timeout)
        self._enter(visit, replace(state, asked=asked, retransmission=wait, reasserted=False))
        return actions

    def _refresh(
        self, visit: Visit, state: Registered | Refreshing, now: float, handoff: int
    ) -> list[Action]:
        """§6.9.1.3."""
        asked, actions = self._ask(visit, now, handoff, visit.served, self._units)
        wait = self._first_wait(now)
        self._enter(visit, Refreshing(asked, wait, state.expires_at, state.advertise_at))
        return actions

    def _expire(self, visit: Visit, now: float) -> list[Action]:
        """No answer while the binding lasted: the node stays without service until there is."""
        prefixes = visit.served
        actions = self._service.take(visit, now)
        actions.append(Record("binding_expired", {"node": visit.profile.identifier}))
        return actions + self._register(visit, now, prefixes)

    def _register(self, visit: Visit, now: float, prefixes: tuple[Prefix, ...]) -> list[Action]:
        asked, actions = self._ask(visit, now, _UNKNOWN, prefixes, self._units)
        self._enter(visit, Registering(asked, self._first_wait(now)))
        return actions

    def _repeat(self, visit: Visit, asked: Asked, now: float) -> tuple[Asked, list[Action]]:
        return self._ask(visit, now, asked.handoff, asked.prefixes, self._units)

    def _ask(
        self, visit: Visit, now: float, handoff: int, prefixes: tuple[Prefix, ...], units: int
    ) -> tuple[Asked, list[Action]]:
        """Return a Proxy Binding Update as it is remembered, and what sends it."""
        profile, config = visit.profile, self._config
        sequence = self._numbering.sequence(profile.identifier)
        timestamp = self._numbering.timestamp(now) if self._numbering.timestamps else None
        asked = Asked(sequence, now, handoff, visit.technology, prefixes)
        update = proxy_binding_update(profile, asked, units, timestamp)
        further = self.further_options(visit, units)
        if further:
            update = replace(update, options=(*update.options, *further))
        details = {
            "node": profile.identifier,
            "sequence": sequence,
            "lifetime": units * LIFETIME_UNIT,
            "handoff": handoff,
        }
        signed = self._authenticator.sign(update, config.address)
        sent = SendMessage(signed, config.address, profile.anchor)
        return asked, [sent, Record("binding_sent", details)]

    def _first_wait(self, now: float) -> Retransmission:
        return Retransmission.after(now, self._config.initial_timeout)

    def _enter(self, visit: Visit, state: State) -> None:
        self.visits.enter(visit, state)
        deadline = state.deadline
        if deadline is None:
            self._deadlines.clear(visit)
        else:
            self._deadlines.set(visit, deadline)


def _recorded(event: str, visit: Visit, answer: Answer) -> Record:
    return Record(
        event,
        {
            "node": visit.profile.identifier,
            "sequence": answer.sequence,
            "status": answer.status,
            "prefixes": [spelled(prefix) for prefix in answer.prefixes],
        },
    )


def _dropped(reason: str, event: MessageReceived) -> Drop:
    return Drop(reason, {"source": spelled(event.source), "sequence": event.message.sequence})
