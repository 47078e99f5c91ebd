"""Answers to queries, sent from this node's own address, at bounded rates, at once or late.

draft-liu-dmm-flows-distribution-and-handoff-01 §4.3.
"""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop, Listen, SendMessage
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.dmipv6.limits import Rate, RequestLimits
from agents.wire.address import UNSPECIFIED, Address

PENDING = 1024
"""Answers that may wait to be sent at a time."""

_MULTICAST = 0xFF


def listen(*messages: type[Any]) -> Listen:
    """Return the action that opens a node for these ICMPv6 messages."""
    return Listen(frozenset(message.LAYOUT.number for message in messages))


class Answers:
    """What one node answers to queries: see ``Rate`` for how often, each sender and in all."""

    def __init__(self, address: Address, each: Rate, total: Rate) -> None:
        self._address = address
        self._limits = RequestLimits(each, total)

    def refuses(self, query: MessageReceived, now: float) -> list[Action]:
        """Say why ``query`` gets no answer: nobody could receive one, or there are too many."""
        source = query.source
        details = {"source": spelled(source), "message": type(query.message).__name__}
        if source[0] == _MULTICAST or source == UNSPECIFIED:
            return [Drop("query from no node", details)]
        why = self._limits.exceeded(source, now)
        return [Drop("too many queries", {**details, "why": why})] if why else []

    def send(self, message: Any, destination: Address) -> SendMessage:
        """Return the action that sends ``message``."""
        return SendMessage(message, self._address, destination)


class LateAnswers:
    """Who waits for an answer that is delayed at random, so that not all answer at once."""

    def __init__(self, random: Random, longest: float) -> None:
        self._random = random
        self._longest = longest
        self._due: Deadlines[Address] = Deadlines()
        self._waiting: set[Address] = set()
        self.deadline = self._due.next

    def ask(self, destination: Address, now: float) -> list[Action]:
        """Let ``destination`` have its answer within ``longest`` seconds, one at a time."""
        if destination in self._waiting:
            return []
        if len(self._waiting) >= PENDING:
            return [Drop("too many answers waiting", {"source": spelled(destination)})]
        self._waiting.add(destination)
        self._due.set(destination, now + self._random.uniform(0, self._longest))
        return []

    def due(self, now: float) -> list[Address]:
        """Return who gets the answer now."""
        found = list(self._due.due(now))
        self._waiting.difference_update(found)
        return found
