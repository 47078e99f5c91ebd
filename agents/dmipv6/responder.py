"""How a home proxy answers the queries of mobile nodes (draft-liu §4.3.1, §4.3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Drop, JoinGroup
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.dmipv6.announcer import Announcer
from agents.dmipv6.answers import Answers, LateAnswers
from agents.dmipv6.config import ProxyConfig
from agents.dmipv6.statuses import Statuses
from agents.wire.dmipv6_messages import (
    DhpDiscoveryAcknowledgement,
    DhpDiscoveryQuery,
    MulticastDhpAcknowledgement,
    MulticastDhpQuery,
)

MESSAGES = (DhpDiscoveryQuery, MulticastDhpQuery, MulticastDhpAcknowledgement)
"""What a responder takes: the two queries, and the announcements of its peers."""


class Responder:
    """Answers for all home proxies of the domain (anycast), or for this one (multicast)."""

    def __init__(
        self, config: ProxyConfig, announcer: Announcer, answers: Answers, random: Random
    ) -> None:
        self._config = config
        self._announcer = announcer
        self._peers = Statuses(config.peers, config.stale_after)
        self._answers = answers
        self._late = LateAnswers(random, config.answer_delay)
        self.deadline = self._late.deadline

    def started(self) -> list[Action]:
        """Join the group of the domain's home proxies."""
        group = self._config.group
        return [] if group is None else [JoinGroup(group, tunnelled=False)]

    def received(self, event: MessageReceived, now: float) -> Sequence[Action]:
        """Take one of ``MESSAGES``."""
        if isinstance(event.message, MulticastDhpAcknowledgement):
            return self._heard(event, now)
        multicast = isinstance(event.message, MulticastDhpQuery)
        if event.destination not in self._meant(multicast):
            return [Drop("query for another", {"destination": spelled(event.destination)})]
        refusal = self._answers.refuses(event, now)
        if refusal:
            return refusal
        if multicast:
            return self._late.ask(event.source, now)
        records = (self._announcer.status(), *self._peers.fresh(now))
        told = DhpDiscoveryAcknowledgement(records[: self._config.most_records])
        return [self._answers.send(told, event.source)]

    def tick(self, now: float) -> list[Action]:
        """Answer the multicast queries whose delay is over."""
        answer = MulticastDhpAcknowledgement((self._announcer.status(),))
        return [self._answers.send(answer, to) for to in self._late.due(now)]

    def _heard(self, event: MessageReceived, now: float) -> list[Action]:
        """Keep what a peer announces; one that is new may have come too late to hear of us."""
        is_new = not self._peers.knows(event.source, now)
        actions = self._peers.announced(event, now)
        if is_new and self._peers.knows(event.source, now):
            actions.append(self._announcer.tell(event.source))
        return actions

    def _meant(self, multicast: bool) -> tuple[object, ...]:
        """Return where such a query may go: the answer comes from the own address all the same."""
        if multicast:
            return (self._config.group,)
        return (self._config.anycast, self._config.address)
