"""The AAA server: who is where, and where before (draft-ma §3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any, NamedTuple

from agents.core.actions import Action, Drop, Record, SendMessage, Store
from agents.core.events import Event, MessageReceived, Restored, Started
from agents.core.text import spelled
from agents.romip.config import ServerConfig
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.diameter import (
    AUTHORIZATION_REJECTED,
    REALM_NOT_SERVED,
    SUCCESS,
    USER_UNKNOWN,
    AaAnswer,
    AaRequest,
)

ANSWERS = 8
"""The last answers about a user that can be repeated: a request may come late, or twice."""


class Registration(NamedTuple):
    """The dynamic information of a user: its MAAR, and what was answered in which session."""

    maar: Address
    answers: dict[str, Address]


class AaaServer:
    """Answers with the MAAR a user was at before, and notes the one that asks, in one step."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._registrations: dict[str, Registration] = {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> AaaServer:
        """Return a server that has seen no user yet; ConfigurationError names the key at fault."""
        return cls(ServerConfig.read(config))

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived(AaRequest() as request, source):
                return self._asked(request, source)
            case Restored(state):
                self._registrations = _read(state)
                return []
            case Started():
                return []
            case MessageReceived(message):
                return [Drop("unexpected message", {"message": type(message).__name__})]
            case _:
                return [Drop("unexpected event", {"event": type(event).__name__})]

    def tick(self, now: float) -> Sequence[Action]:
        """Do nothing: what is known of a user stays until it is known to be elsewhere."""
        return []

    def deadline(self) -> float | None:
        """Return None: nothing becomes due."""
        return None

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return where each user is, as rows of printable values."""
        return [
            {
                "node": user,
                "maar": spelled(known.maar),
                "previous": spelled(next(reversed(known.answers.values()))),
            }
            for user, known in self._registrations.items()
        ]

    def _asked(self, request: AaRequest, source: Address) -> list[Action]:
        result = self._judge(request)
        actions: list[Action] = []
        previous = UNSPECIFIED
        if result == SUCCESS:
            known = self._registrations.get(request.user)
            if known is None or request.session not in known.answers:
                known = self._register(request, known)
                actions.append(Store(self._state()))
            previous = known.answers[request.session]
        answer = AaAnswer(
            request.session,
            result,
            request.user,
            self._config.origin_host,
            self._config.realm,
            previous,
        )
        details = {"node": request.user, "maar": spelled(request.maar), "result": result}
        recorded = Record("query_answered", {**details, "previous": spelled(previous)})
        return [*actions, SendMessage(answer, self._config.address, source), recorded]

    def _judge(self, request: AaRequest) -> int:
        """RFC 6733 §7.1: the realm first, then whether the peer may ask, then who the user is."""
        if request.destination_realm != self._config.realm:
            return REALM_NOT_SERVED
        if self._config.maars.get(request.maar) != request.origin_host:
            return AUTHORIZATION_REJECTED
        if request.user not in self._config.users:
            return USER_UNKNOWN
        return SUCCESS

    def _register(self, request: AaRequest, known: Registration | None) -> Registration:
        """A request that is repeated, and is no new one, never gets here: its answer stays."""
        moved = known is not None and known.maar != request.maar
        previous = known.maar if known is not None and moved else UNSPECIFIED
        answers = {} if known is None else dict(known.answers)
        answers[request.session] = previous
        while len(answers) > ANSWERS:
            del answers[next(iter(answers))]
        registration = Registration(request.maar, answers)
        self._registrations[request.user] = registration
        return registration

    def _state(self) -> dict[str, Any]:
        return {
            "users": {
                user: {
                    "maar": spelled(known.maar),
                    "answers": {s: spelled(maar) for s, maar in known.answers.items()},
                }
                for user, known in self._registrations.items()
            }
        }


def _read(state: Mapping[str, Any]) -> dict[str, Registration]:
    return {
        user: Registration(
            Address.parse(known["maar"]),
            {session: Address.parse(maar) for session, maar in known["answers"].items()},
        )
        for user, known in state["users"].items()
    }
