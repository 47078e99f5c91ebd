"""The management server: it knows all home proxies, and tells of all or chooses one.

draft-liu-dmm-flows-distribution-and-handoff-01 §4.3.3. A correspondent can be one too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agents.core.actions import Action, Record
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.dmipv6.answers import Answers, listen
from agents.dmipv6.config import DirectoryConfig
from agents.dmipv6.selection import Policy, Requirements
from agents.dmipv6.statuses import Statuses, row
from agents.wire.dmipv6_messages import (
    DhpRecord,
    MulticastDhpAcknowledgement,
    ServerDhpQuery,
    ServerDhpRequirements,
    ServerDhpResponse,
)

PASSIVE = 0x8000
"""The flag of queries that leave the choice to the server, and of the answers to them."""

MESSAGES = (MulticastDhpAcknowledgement, ServerDhpQuery, ServerDhpRequirements)
"""What a management server takes: announcements of home proxies, and queries."""


class Directory:
    """Keeps what home proxies announce, and answers the queries of mobile nodes."""

    def __init__(self, config: DirectoryConfig) -> None:
        self._config = config
        self._statuses = Statuses(config.proxies, config.stale_after)
        self._answers = Answers(config.address, config.query_limit, config.total_query_limit)

    def started(self) -> list[Action]:
        """Return what must be done before anything can be received."""
        return [listen(*MESSAGES)]

    def received(self, event: MessageReceived, now: float) -> Sequence[Action]:
        """Take one of ``MESSAGES``."""
        message = event.message
        if isinstance(message, MulticastDhpAcknowledgement):
            return self._statuses.announced(event, now)
        refusal = self._answers.refuses(event, now)
        if refusal:
            return refusal
        known = self._statuses.fresh(now)
        if isinstance(message, ServerDhpQuery):
            return self._answer(event, known, 0)
        return self._answer(event, self._chosen(message, known), PASSIVE)

    def rows(self, now: float) -> list[Mapping[str, Any]]:
        """Return what is known of home proxies as rows of printable values."""
        return [row(record) for record in self._statuses.fresh(now)]

    def _chosen(self, query: ServerDhpRequirements, known: list[DhpRecord]) -> list[DhpRecord]:
        """Choose for the mobile node by the rule of its business class; maybe none will do."""
        policy = self._config.rules.get(query.business) or Policy()
        return policy.best_first(known, Requirements.asked(query))[:1]

    def _answer(
        self, query: MessageReceived, records: list[DhpRecord], flags: int
    ) -> Sequence[Action]:
        told = tuple(records[: self._config.most_records])
        details = {
            "node": spelled(query.source),
            "proxies": [spelled(record.address) for record in told],
        }
        response = ServerDhpResponse(told, flags)
        return [self._answers.send(response, query.source), Record("proxies_told", details)]
