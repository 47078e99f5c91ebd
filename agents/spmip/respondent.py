"""Answers queries, and tells those who asked when the answer changes.

draft-jikim-dmm-pmip §3.2.2 at an anchor, §3.3.2 at the gateways of SD-PMIP. The draft does not
say how an asker learns that a node has moved: here the respondent remembers who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import NamedTuple

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.pmipv6.authentication import Authenticator
from agents.spmip import messages
from agents.spmip.askers import Asked, Askers
from agents.spmip.config import RespondentConfig
from agents.spmip.notifier import Notifier
from agents.spmip.patience import Patience
from agents.wire.address import Address, Prefix
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import LIFETIME_UNIT, Status


class Whereabouts(NamedTuple):
    """Where a node is, for how many ``units`` of 4 s more, and its identifier."""

    care_of: Address
    units: int
    identifier: bytes


class Absence(Enum):
    """Why it cannot be said where a node is."""

    MOVING = "it may be served any moment: the answer waits for that"
    UNKNOWN = "this respondent does not serve it: refused"


LookUp = Callable[[Address, float], Whereabouts | Absence]


class Respondent:
    """Answers by ``look_up``, at once or as soon as there is an answer.

    One that is ``sole`` knows that nobody else has answered; of several, each can tell only
    from a query that is repeated.
    """

    def __init__(self, config: RespondentConfig, look_up: LookUp, sole: bool) -> None:
        self._config = config
        self._look_up = look_up
        self._patience = Patience(config, sole)
        self._authenticator = Authenticator(config.authentication)
        self._notifier = Notifier(config)
        self._askers = Askers(config.memory)
        self.acknowledged = self._notifier.acknowledged
        self.tick = self._notifier.tick
        self.deadline = self._notifier.deadline

    def asked(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Proxy Binding Query (§3.2.2, §3.3.2), which only gateways may ask."""
        question: BindingUpdate = event.message
        details = {"source": spelled(event.source), "sequence": question.sequence}
        if event.source not in self._config.mags:
            return [Drop("query from outside the domain", details)]
        if not self._authenticator.verify(event, event.source):
            return [Drop("query not authentic", details)]
        address = messages.asked_address(question)
        if address is None:
            status = Status.MISSING_HOME_NETWORK_PREFIX_OPTION
            return [self._refuse(event.source, question, status)]
        place = self._look_up(address, now)
        if isinstance(place, Whereabouts):
            return self._tell(event.source, address, question, place, now)
        if place is Absence.MOVING:
            earlier = self._askers.find(address, event.source)
            asked = Asked(address, event.source, now, question=question)
            self._askers.remember(self._patience.begin(asked, earlier))
            return []
        until = now + self._config.negative_cache
        self._askers.remember(Asked(address, event.source, now, until))
        return [self._refuse(event.source, question, Status.NOT_LMA_FOR_THIS_MOBILE_NODE)]

    def arrived(self, prefix: Prefix, now: float) -> list[Action]:
        """Answer who waits for the node with ``prefix``; have others ask who know it elsewhere."""
        actions: list[Action] = []
        others: list[Asked] = []
        for asked in self._askers.take(prefix, now):
            place = self._look_up(asked.address, now)
            if not isinstance(place, Whereabouts) or asked.care_of == place.care_of:
                self._askers.remember(asked)
            elif asked.asker == place.care_of:
                continue  # it is the one that serves the node now
            elif asked.question is not None and self._patience.waits(asked, now):
                actions += self._tell(asked.asker, asked.address, asked.question, place, now)
            elif self._patience.unanswered(asked):
                others.append(replace(asked, identifier=place.identifier))
        return actions + self._notify(others, prefix, now)

    def left(self, prefix: Prefix, now: float, serving: Address | None = None) -> list[Action]:
        """Have those ask again who were told where the node with ``prefix`` was.

        The gateway that is ``serving`` it now, if that is known, needs not be told.
        """
        told: list[Asked] = []
        for asked in self._askers.take(prefix, now):
            if asked.care_of is None:
                self._askers.remember(asked)
            elif asked.asker != serving:
                told.append(asked)
        return self._notify(told, prefix, now)

    def _tell(
        self,
        asker: Address,
        address: Address,
        question: BindingUpdate,
        place: Whereabouts,
        now: float,
    ) -> list[Action]:
        """Answer, and remember it for as long as the asker may rely on it."""
        until = now + place.units * LIFETIME_UNIT
        told = Asked(address, asker, now, until, place.care_of, place.identifier)
        self._askers.remember(told)
        reply = messages.found(question, place.care_of, place.units, self._config.flags)
        details = {
            "address": spelled(address),
            "care_of": spelled(place.care_of),
            "asker": spelled(asker),
        }
        return [self._reply(asker, reply), Record("query_accepted", details)]

    def _refuse(self, asker: Address, question: BindingUpdate, status: Status) -> SendMessage:
        return self._reply(asker, messages.refused(question, status, self._config.flags))

    def _reply(self, asker: Address, reply: BindingAcknowledgement) -> SendMessage:
        """Reply from this respondent's address to the asker's (§3.2.2, §3.3.2)."""
        return SendMessage(self._authenticator.sign(reply, asker), self._config.address, asker)

    def _notify(self, told: list[Asked], prefix: Prefix, now: float) -> list[Action]:
        identifiers = {asked.asker: asked.identifier for asked in told}
        actions: list[Action] = []
        for asker, identifier in identifiers.items():
            actions += self._notifier.notify(asker, identifier, prefix, now)
        return actions
