"""The distributed home proxy: a home agent that gives out home addresses.

draft-liu-dmm-flows-distribution-and-handoff-01 §3, §4.3 to §4.5. As it routes for the DHoAs, the
return routability procedure of its mobile nodes runs through it as through a home agent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop, Reply
from agents.core.configuration import ConfigurationError
from agents.core.deadlines import earliest
from agents.core.events import Command, Event, MessageReceived, Started
from agents.dmipv6 import responder
from agents.dmipv6.allocator import Allocator
from agents.dmipv6.announcer import Announcer
from agents.dmipv6.answers import Answers, listen
from agents.dmipv6.authority import LeaseAuthority
from agents.dmipv6.config import ProxyConfig
from agents.dmipv6.leases import Lease, Leases, row
from agents.dmipv6.responder import Responder
from agents.mipv6.registrar import Registrar, RegistrarConfig
from agents.wire.dmipv6_messages import DhoaRequest
from agents.wire.messages import BindingUpdate
from agents.wire.numbers import BindingUpdateFlag

_HOME = int(BindingUpdateFlag.HOME)


class HomeProxy:
    """Answers queries, gives out DHoAs, binds them and tunnels for them."""

    def __init__(self, config: ProxyConfig, random: Random) -> None:
        self._leases = Leases()
        authority = LeaseAuthority(config, self._leases)
        self._registrar = Registrar(
            RegistrarConfig(config.address, config.authentication, config.refresh_advice),
            authority,
        )
        authority.oversee(self._registrar)
        self._announcer = Announcer(config, self._leases.__len__, random)
        answers = Answers(config.address, config.query_limit, config.total_query_limit)
        self._responder = Responder(config, self._announcer, answers, random)
        self._allocator = Allocator(config, self._leases, self._registrar, authority, random)
        self._parts = (self._registrar, self._allocator, self._responder, self._announcer)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> HomeProxy:
        """Return a home proxy that serves nobody; ConfigurationError names the key at fault."""
        return cls(ProxyConfig.read(config), random)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived():
                return self._received(event, now)
            case Command():
                return self._commanded(event, now)
            case Started():
                return self._started(now)
        return [Drop("event not for a home proxy", {"event": type(event).__name__})]

    def tick(self, now: float) -> Sequence[Action]:
        """Do what has become due by ``now``."""
        return [action for part in self._parts for action in part.tick(now)]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        return earliest(part.deadline() for part in self._parts)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the mapping table of DHoA, mobile node and flows as rows of printable values."""
        return [self._row(lease, now) for lease in self._leases]

    def _row(self, lease: Lease, now: float) -> Mapping[str, Any]:
        binding = self._registrar.binding_of(lease.address)
        return row(lease, None if binding is None else binding.remaining(now))

    def _started(self, now: float) -> list[Action]:
        return [
            *self._registrar.start(),
            listen(DhoaRequest, *responder.MESSAGES),
            *self._responder.started(),
            *self._announcer.started(now),
        ]

    def _received(self, event: MessageReceived, now: float) -> Sequence[Action]:
        message = event.message
        if isinstance(message, BindingUpdate) and message.flags & _HOME:
            return self._registrar.receive(event, now)
        if isinstance(message, DhoaRequest):
            return self._allocator.requested(event, now)
        if isinstance(message, responder.MESSAGES):
            return self._responder.received(event, now)
        return [Drop("message not for a home proxy", {"message": type(message).__name__})]

    def _commanded(self, command: Command, now: float) -> Sequence[Action]:
        if command.name != "set_status":
            return [Drop("unknown command", {"command": command.name})]
        try:
            actions = self._announcer.set(command.arguments, now)
        except ConfigurationError as error:
            return [
                Drop("command not carried out", {"command": command.name, "why": str(error)}),
                *_reply(command, {"error": str(error)}),
            ]
        return [*actions, *_reply(command, {})]


def _reply(command: Command, details: Mapping[str, Any]) -> list[Action]:
    return [Reply(command.token, details)] if command.token else []
