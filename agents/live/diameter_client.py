"""A MAAR's side of Diameter: it keeps a connection and sees to it that each request is answered."""

from __future__ import annotations

import socket
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

from agents.core.actions import SendMessage
from agents.core.events import Event, MessageReceived
from agents.live import diameter_base as base
from agents.live.diameter_messages import (
    AA,
    DiameterError,
    aa_request,
    again,
    read_aa_answer,
)
from agents.live.diameter_peer import Peer, State, Surroundings
from agents.live.diameter_stream import stream_socket
from agents.live.journal import Level
from agents.wire.address import Address
from agents.wire.diameter import AaAnswer, AaRequest

Handle = Callable[[Event, int], None]

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0  # seconds between attempts
_MOST_OPEN = 4096  # requests without an answer: what comes beyond them is lost
_TRANSIENT = (base.UNDELIVERABLE, base.BUSY)  # RFC 6733 §7.1.3: may be tried again


@dataclass(slots=True)
class Query:
    """A request that waits for its answer; ``hop_by_hop`` is 0 while it is on no connection."""

    asked: AaRequest
    message: Any
    source: Address
    destination: Address
    end_to_end: int
    hop_by_hop: int = 0
    sent: bool = False
    wait: float = _FIRST_WAIT


class Client:
    """Asks the server, or the relay, at ``server``; ``patience`` (s) bounds each request."""

    def __init__(
        self,
        around: Surroundings,
        handle: Handle,
        server: tuple[Address, int],
        transport: str,
        patience: float,
    ) -> None:
        self._around = around
        self._handle = handle
        self._server = server
        self._transport = transport
        self._patience = patience
        self._wait = _FIRST_WAIT
        self._peer: Peer | None = None
        self._leaving = False
        self._queries: OrderedDict[str, Query] = OrderedDict()
        self._sent: dict[int, Query] = {}

    def start(self) -> None:
        """Connect, and again whenever the connection is lost."""
        if self._peer is not None or self._leaving:
            return
        try:
            connection = self._connect()
        except OSError as error:
            self._retry(error.strerror or str(error))
            return
        self._peer = Peer(connection, True, self, self._around)
        self._peer.start()

    def send(self, action: SendMessage) -> int:
        """Send a request, now or once there is a connection; return its octets.

        One that is repeated before its answer has come is sent once more. OSError where too many
        wait already.
        """
        asked: AaRequest = action.message
        query = self._queries.get(asked.session)
        if query is None:
            if len(self._queries) >= _MOST_OPEN:
                raise OSError(0, "too many requests wait for their answers")
            ends = action.source, action.destination
            query = Query(asked, aa_request(asked), *ends, self._around.number())
            self._queries[asked.session] = query
            self._around.loop.later(self._patience, lambda: self._give_up(query))
        self._ask(query)
        return query.message.header.length or len(query.message.as_bytes())

    def leave(self, then: Callable[[], None]) -> None:
        """Part from the server, then call ``then``."""
        self._leaving = True
        self._around.loop.later(0.0, then) if self._peer is None else self._part(self._peer, then)

    def admit(self, peer: Peer, host: str) -> int:
        """Take whoever answers at the server's address."""
        return base.SUCCESS

    def opened(self, peer: Peer) -> None:
        """Send all that has waited for the connection."""
        self._wait = _FIRST_WAIT
        details = {"peer": peer.host, "address": peer.there}
        self._around.journal.event("diameter_open", details)
        for query in list(self._queries.values()):
            self._ask(query)

    def heard(self, peer: Peer, message: Any, octets: bytes) -> None:
        """Give the core the answer to a request of this node."""
        started = perf_counter_ns()
        header = message.header
        if header.is_request:
            raise DiameterError("a client serves no requests", base.COMMAND_UNSUPPORTED)
        query = self._sent.get(header.hop_by_hop_identifier)
        if query is None or header.command_code != AA:
            raise DiameterError("an answer to no request")
        answer = read_aa_answer(message)
        if answer.session != query.asked.session:
            raise DiameterError("an answer to another session")
        self._forget(query)
        if answer.result in _TRANSIENT:
            self._ask_later(query)
        else:
            self._settle(query, answer, octets, started)

    def closed(self, peer: Peer, why: str) -> None:
        """Connect once more; the requests on the connection may not have reached the server."""
        was_open, self._peer = bool(peer.host), None
        for query in list(self._sent.values()):
            self._forget(query)
        self._sent.clear()
        if was_open:
            self._around.journal.event("diameter_closed", {"peer": peer.host, "why": why})
        self._retry(why)

    def _connect(self) -> socket.socket:
        connection = stream_socket(self._transport)
        try:
            connection.bind((str(self._around.identity.address), 0))
            connection.connect((str(self._server[0]), self._server[1]))
        except BlockingIOError:
            pass
        except OSError:
            connection.close()
            raise
        return connection

    def _retry(self, why: str) -> None:
        wait = self._wait
        self._wait = min(2 * wait, _LONGEST_WAIT)
        text = f"no Diameter server at {self._server[0]}: {why}; trying again in {wait:g} s"
        self._around.journal.log(Level.WARNING, lambda: text)
        self._around.loop.later(wait, self.start)
        self._around.journal.flush()

    def _part(self, peer: Peer, then: Callable[[], None]) -> None:
        peer.part(base.REBOOTING)

        def look() -> None:
            if peer.state is State.CLOSED:
                then()
            else:
                self._around.loop.later(0.01, look)

        look()

    def _ask(self, query: Query) -> None:
        peer = self._peer
        if peer is None or peer.state is not State.OPEN:
            return
        self._forget(query)
        message = again(query.message) if query.sent else query.message
        query.sent = True
        query.hop_by_hop = peer.ask(message, query.end_to_end)
        self._sent[query.hop_by_hop] = query

    def _ask_later(self, query: Query) -> None:
        def ask() -> None:
            if self._queries.get(query.asked.session) is query and not query.hop_by_hop:
                self._ask(query)

        self._around.loop.later(query.wait, ask)
        query.wait = min(2 * query.wait, _LONGEST_WAIT)

    def _forget(self, query: Query) -> None:
        self._sent.pop(query.hop_by_hop, None)
        query.hop_by_hop = 0

    def _give_up(self, query: Query) -> None:
        """Answer for the server, as a relay would that does not reach it (RFC 6733 §7.1.3)."""
        if self._queries.get(query.asked.session) is not query:
            return
        self._forget(query)
        asked, own = query.asked, self._around.identity
        answer = AaAnswer(asked.session, base.UNDELIVERABLE, asked.user, own.host, own.realm)
        self._around.journal.counters["diameter requests given up"] += 1
        self._settle(query, answer, b"", perf_counter_ns())

    def _settle(self, query: Query, answer: AaAnswer, octets: bytes, started: int) -> None:
        del self._queries[query.asked.session]
        self._handle(
            MessageReceived(answer, query.destination, query.source, octets=octets), started
        )
