"""Commands to a mobile node's agent: which address a flow is to use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agents.core.actions import Action, Drop, Record, Reply
from agents.core.events import Command
from agents.core.text import spelled
from agents.romip.lists import Pair
from agents.romip.mobile_sessions import MobileSessions
from agents.wire.address import Address

PATIENCE = 10.0
"""Seconds for which a flow waits for this node's first address."""

WAITING = 64
"""Flows that may wait at once."""


class Asked(NamedTuple):
    """A flow that waits for an address, until then."""

    command: Command
    until: float


class FlowDesk:
    """Answers ``open_flow`` with the newest address, and ends sessions by ``close_flow``."""

    def __init__(self, sessions: MobileSessions) -> None:
        self._sessions = sessions
        self._waiting: list[Asked] = []

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        return self._waiting[0].until if self._waiting else None

    def tick(self, now: float) -> list[Action]:
        """Tell those who have waited for long enough that there is no address."""
        actions: list[Action] = []
        while self._waiting and self._waiting[0].until <= now:
            actions += _refused(self._waiting.pop(0).command, "no router assigns an address")
        return actions

    def command(self, command: Command, newest: Address | None, now: float) -> list[Action]:
        """Take ``open_flow`` or ``close_flow``."""
        if command.name == "close_flow":
            self._sessions.closed(str(command.arguments.get("flow")), now)
            return _reply(command, {})
        if command.name != "open_flow":
            return [Drop("unknown command", {"command": command.name})]
        if newest is not None:
            return self._open(command, newest, now)
        if len(self._waiting) >= WAITING:
            return _refused(command, "too many flows wait for an address")
        self._waiting.append(Asked(command, now + PATIENCE))
        return []

    def answer(self, newest: Address, now: float) -> list[Action]:
        """Answer those who wait: there is an address now."""
        waiting, self._waiting = self._waiting, []
        return [action for asked in waiting for action in self._open(asked.command, newest, now)]

    def _open(self, command: Command, newest: Address, now: float) -> list[Action]:
        """A session begins with the newest address (draft-ma §3.2)."""
        flow = str(command.arguments.get("flow"))
        text = command.arguments.get("destination") or ""
        try:
            correspondent = Address.parse(text) if text else None
        except ValueError:
            return _refused(command, f"{text!r} is no IPv6 address")
        if correspondent is not None:
            self._sessions.opened(Pair(newest, correspondent), flow, now)
        opened = Record("flow_opened", {"flow": flow, "source": spelled(newest)})
        return [*_reply(command, {"source": spelled(newest)}), opened]


def _refused(command: Command, why: str) -> list[Action]:
    drop = Drop("command not carried out", {"command": command.name, "why": why})
    return [drop, *_reply(command, {"error": why})]


def _reply(command: Command, details: Mapping[str, str]) -> list[Action]:
    return [Reply(command.token, details)] if command.token else []
