"""One Diameter connection and its peer: a state machine of RFC 6733 §5.6 and RFC 3539 §3.4.

One side always connects and the other always listens, so that no two connections are ever to be
chosen from: there is no election.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from enum import Enum
from random import Random
from time import monotonic
from typing import Any, Protocol

from agents.live import diameter_base as base
from agents.live.diameter_base import Identity
from agents.live.diameter_messages import (
    ORIGIN_HOST,
    RESULT_CODE,
    DiameterError,
    bare,
    number,
    parse,
    text,
)
from agents.live.diameter_stream import Stream
from agents.live.journal import Journal
from agents.live.loop import Loop

_GREETED = 5.0  # seconds until capabilities must have been exchanged
_PARTED = 1.0  # seconds for the answer to a Disconnect-Peer-Request


class State(Enum):
    """How far a connection is."""

    CONNECTING = "connecting"
    GREETING = "greeting"
    OPEN = "open"
    PARTING = "parting"
    CLOSED = "closed"


class Owner(Protocol):
    """Who has the connections: the client or the server."""

    def admit(self, peer: Peer, host: str) -> int:
        """Return the Result-Code for a peer that calls itself ``host``."""
        ...

    def opened(self, peer: Peer) -> None:
        """Take note that messages can go to ``peer``."""
        ...

    def heard(self, peer: Peer, message: Any, octets: bytes) -> None:
        """Take a message that is not of the base protocol."""
        ...

    def closed(self, peer: Peer, why: str) -> None:
        """Take note that ``peer`` has gone."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all connections of a node share; ``watchdog`` is RFC 3539's Tw, in seconds."""

    identity: Identity
    loop: Loop
    journal: Journal
    random: Random
    watchdog: float

    def number(self) -> int:
        """Return an identifier of 32 bits that is not easily met again (RFC 6733 §3)."""
        return self.random.getrandbits(32)


class Peer:
    """A connection; ``calls`` says whether this side has made it. ``host`` is who is there."""

    def __init__(
        self, connection: socket.socket, calls: bool, owner: Owner, around: Surroundings
    ) -> None:
        self.host = ""
        self.here = self.there = around.identity.address
        self.state = State.CONNECTING if calls else State.GREETING
        self._calls = calls
        self._owner = owner
        self._around = around
        self._hop_by_hop = around.number()
        self._heard_at = monotonic()
        self._unanswered = 0
        self._stream = Stream(connection, around.loop, self._receive, self._end)

    def start(self) -> None:
        """Exchange capabilities, once there is a connection."""
        late = "capabilities were not exchanged in time"
        self._within(_GREETED, late, State.CONNECTING, State.GREETING)
        if self._calls:
            self._stream.await_connection(self._connected)
        else:
            self.here, self.there = self._stream.ends()

    def ask(self, message: Any, end_to_end: int = 0) -> int:
        """Send a request; return the Hop-by-Hop Identifier that its answer will have."""
        self._hop_by_hop = (self._hop_by_hop + 1) & 0xFFFFFFFF
        message.header.hop_by_hop_identifier = self._hop_by_hop
        message.header.end_to_end_identifier = end_to_end or self._around.number()
        self.answer(message)
        return self._hop_by_hop

    def answer(self, message: Any) -> int:
        """Send a message that has its identifiers; return how many octets it has."""
        octets: bytes = message.as_bytes()
        self._around.journal.counters["diameter messages sent"] += 1
        self._stream.send(octets)
        return len(octets)

    def part(self, cause: int) -> None:
        """Ask to end the connection, and end it (RFC 6733 §5.4)."""
        if self.state is State.OPEN:
            self.state = State.PARTING
            self._within(_PARTED, "parted without an answer", State.PARTING)
            self.ask(base.ask_disconnect(self._around.identity, cause))
        elif self.state is not State.PARTING:
            self.close("parted")

    def close(self, why: str) -> None:
        """End the connection without a word."""
        self._stream.close()
        self._end(why)

    def _end(self, why: str) -> None:
        if self.state is not State.CLOSED:
            self.state = State.CLOSED
            self._owner.closed(self, why)
            self._around.journal.flush()

    def _within(self, seconds: float, why: str, *waiting: State) -> None:
        """End the connection if it is still in one of the states ``waiting`` then."""

        def check() -> None:
            if self.state in waiting:
                self.close(why)

        self._around.loop.later(seconds, check)

    def _connected(self) -> None:
        try:
            self.here, self.there = self._stream.ends()
        except OSError as error:
            self.close(error.strerror or str(error))
            return
        self.state = State.GREETING
        self.ask(base.ask_capabilities(self._around.identity))

    def _receive(self, octets: bytes) -> None:
        self._around.journal.counters["diameter messages received"] += 1
        self._heard_at, self._unanswered = monotonic(), 0
        try:
            message = parse(octets)
        except DiameterError as error:
            self.refuse(bare(octets), error)
        else:
            self._take(message, octets)
        self._around.journal.flush()

    def _take(self, message: Any, octets: bytes) -> None:
        try:
            self._judge(message, octets)
        except DiameterError as error:
            self.refuse(message, error)

    def refuse(self, message: Any, error: DiameterError) -> None:
        """Say what is wrong with a request; an answer is dropped, for nobody waits for a word."""
        details = {"source": self.there, "error": str(error), "result": error.result}
        self._around.journal.drop("diameter", {**details, "command": message.header.command_code})
        if self.state is State.GREETING:
            self.close(str(error))
        elif message.header.is_request:
            self.answer(base.answer_error(self._around.identity, message, error))

    def _judge(self, message: Any, octets: bytes) -> None:
        kind = message.header.command_code, message.header.is_request
        if self.state is State.GREETING:
            self._greet(message, kind)
        elif kind == (base.CAPABILITIES, True):
            raise DiameterError("capabilities were exchanged before", base.UNWILLING)
        elif kind == (base.WATCHDOG, True):
            self.answer(base.answer_base(self._around.identity, message))
        elif kind == (base.DISCONNECT, True):
            self.answer(base.answer_base(self._around.identity, message))
            self.close("the peer has parted")
        elif kind == (base.DISCONNECT, False):
            self.close("parted")
        elif kind[0] not in base.COMMANDS:
            self._owner.heard(self, message, octets)

    def _greet(self, message: Any, kind: tuple[int, bool]) -> None:
        if kind != (base.CAPABILITIES, not self._calls):
            raise DiameterError("capabilities have not been exchanged")
        host = text(message, ORIGIN_HOST)
        result = number(message, RESULT_CODE) if self._calls else self._owner.admit(self, host)
        if result == base.SUCCESS and not base.shares_application(message):
            result = base.NO_COMMON_APPLICATION
        if not self._calls:
            self.answer(base.answer_capabilities(self._around.identity, message, result))
        if result != base.SUCCESS:
            raise DiameterError(f"{host} is refused with {result}", result)
        self.host, self.state = host, State.OPEN
        self._keep_watch()
        self._owner.opened(self)

    def _keep_watch(self) -> None:
        """See to it that something is heard every so often (RFC 3539 §3.4.1)."""
        if self.state not in (State.OPEN, State.PARTING):
            return
        usual = self._around.watchdog
        patience = usual + min(2.0, usual / 15) * self._around.random.uniform(-1, 1)
        idle = monotonic() - self._heard_at
        if idle < patience and not self._unanswered:
            self._around.loop.later(patience - idle, self._keep_watch)
            return
        if self._unanswered == 2:  # it has been suspected for long enough
            self.close("the peer is silent")
            return
        if not self._unanswered:
            self.ask(base.ask_watchdog(self._around.identity))
        self._unanswered += 1
        self._around.loop.later(patience, self._keep_watch)
