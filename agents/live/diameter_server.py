"""The AAA server's side of Diameter: known peers may ask, and get the core's answers."""

from __future__ import annotations

import socket
from collections import OrderedDict
from collections.abc import Callable, Mapping
from time import perf_counter_ns
from typing import Any

from agents.core.actions import SendMessage
from agents.core.events import Event, MessageReceived
from agents.live import diameter_base as base
from agents.live.diameter_messages import (
    AA,
    NASREQ,
    ORIGIN_HOST,
    DiameterError,
    aa_answer,
    read_aa_request,
)
from agents.live.diameter_peer import Peer, State, Surroundings
from agents.live.diameter_stream import stream_socket
from agents.wire.address import Address
from agents.wire.diameter import AUTHORIZATION_REJECTED

Handle = Callable[[Event, int], None]

_BACKLOG = 64
_MOST_STRANGERS = 64  # connections that have not said yet who they are
_MOST_OPEN = 4096  # requests that the core has not answered


class Server:
    """Listens at ``port``; ``peers`` maps the hosts that may connect to their addresses.

    ``relays`` are those of them that pass on the requests of others.
    """

    def __init__(
        self,
        around: Surroundings,
        handle: Handle,
        peers: Mapping[str, Address],
        relays: frozenset[str],
        transport: str,
        port: int,
    ) -> None:
        self._around = around
        self._handle = handle
        self._allowed, self._relays = peers, relays
        self._strangers: OrderedDict[Peer, None] = OrderedDict()
        self._peers: dict[str, Peer] = {}
        self._asked: OrderedDict[str, tuple[Peer, Any]] = OrderedDict()
        self._listener = stream_socket(transport)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((str(around.identity.address), port))
        self._listener.listen(_BACKLOG)

    def start(self) -> None:
        """Let peers connect."""
        self._around.loop.watch(self._listener.fileno(), self._accept)

    def send(self, action: SendMessage) -> int:
        """Send an answer the way its request came; return its octets.

        OSError where the request is not known, or its peer has gone: that peer asks again.
        """
        peer, asked = self._asked.pop(action.message.session, (None, None))
        if peer is None or peer.state is not State.OPEN:
            raise OSError(0, "nobody waits for this answer")
        return peer.answer(aa_answer(action.message, asked))

    def leave(self, then: Callable[[], None]) -> None:
        """Part from all peers, then call ``then``."""
        self._around.loop.forget(self._listener.fileno())
        self._listener.close()
        for peer in [*self._peers.values(), *self._strangers]:
            peer.part(base.REBOOTING)
        self._await_end(then)

    def admit(self, peer: Peer, host: str) -> int:
        """Admit a host that is known, from its address (RFC 6733 §5.3)."""
        return base.SUCCESS if self._allowed.get(host) == peer.there else base.UNKNOWN_PEER

    def opened(self, peer: Peer) -> None:
        """Talk to this peer; an earlier connection of its host is a thing of the past."""
        self._strangers.pop(peer, None)
        before = self._peers.pop(peer.host, None)
        if before is not None:
            before.close("replaced by a new connection")
        self._peers[peer.host] = peer
        self._around.journal.event("diameter_open", {"peer": peer.host, "address": peer.there})

    def heard(self, peer: Peer, message: Any, octets: bytes) -> None:
        """Give the core a request."""
        started = perf_counter_ns()
        if not message.header.is_request:
            raise DiameterError("an answer to no request")
        if message.header.application_id != NASREQ:
            raise DiameterError("another application", base.APPLICATION_UNSUPPORTED)
        if message.header.command_code != AA:
            raise DiameterError("another command", base.COMMAND_UNSUPPORTED)
        request = read_aa_request(message)
        if request.origin_host != peer.host and peer.host not in self._relays:
            why = f"{peer.host} is no relay, and speaks for {request.origin_host}"
            raise DiameterError(why, AUTHORIZATION_REJECTED, ORIGIN_HOST)
        self._asked[request.session] = peer, message
        if len(self._asked) > _MOST_OPEN:
            self._asked.popitem(last=False)
        event = MessageReceived(request, peer.there, peer.here, octets=octets)
        self._handle(event, started)

    def closed(self, peer: Peer, why: str) -> None:
        """Forget a peer; its host connects again when it needs to."""
        self._strangers.pop(peer, None)
        if self._peers.get(peer.host) is peer:
            del self._peers[peer.host]
        details = {"peer": peer.host, "address": peer.there, "why": why}
        self._around.journal.event("diameter_closed", details)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it has gone already
            return
        connection.setblocking(False)
        peer = Peer(connection, False, self, self._around)
        self._strangers[peer] = None
        try:
            peer.start()
        except OSError as error:
            peer.close(error.strerror or str(error))
        if len(self._strangers) > _MOST_STRANGERS:
            next(iter(self._strangers)).close("too many connections without a name")

    def _await_end(self, then: Callable[[], None]) -> None:
        if self._peers or self._strangers:
            self._around.loop.later(0.01, lambda: self._await_end(then))
        else:
            then()
