"""Diameter of an agent: a MAAR's is a client, an AAA server's a server (draft-ma §3.1, §9).

A role whose configuration has "aaa", the server's address, is a client; one that has "maars" and
an "origin_host" otherwise is a server. The optional key "diameter" holds what both may be told:

    transport   "tcp" or "sctp"
    port        where the server listens (3868)
    watchdog    seconds of silence until the peer is asked for a sign of life (30)
    patience    seconds until a client gives a request up (30)
    relays      [{"host", "address"}] that a server lets in beside the MAARs
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from time import monotonic
from typing import Any

from agents.core.actions import SendMessage
from agents.core.configuration import Reader
from agents.core.events import Event, MessageReceived
from agents.live.diameter_base import Identity
from agents.live.diameter_client import Client
from agents.live.diameter_messages import aa_answer, aa_request, parse, read_aa_answer
from agents.live.diameter_peer import Surroundings
from agents.live.diameter_server import Server
from agents.live.diameter_stream import TRANSPORTS
from agents.live.journal import Journal, Level
from agents.live.loop import Loop
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.diameter import PORT, SUCCESS, AaAnswer, AaRequest
from agents.wire.names import message_name

Handle = Callable[[Event, int], None]


class Diameter:
    """Carries AaRequest and AaAnswer for one agent.

    ConfigurationError where the configuration has a key at fault; OSError where a server cannot
    listen at its address.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        loop: Loop,
        journal: Journal,
        handle: Handle,
        random: Random,
    ) -> None:
        self._journal = journal
        self._handle = handle
        reader = Reader("diameter", config)
        options = Reader("diameter", config.get("diameter", {}))
        transport = options.choice("transport", "tcp", list(TRANSPORTS))
        port = options.count("port", PORT)
        identity = Identity(
            str(reader.value("origin_host")),
            str(reader.value("realm")),
            reader.address("address"),
            int(journal.now()) & 0xFFFFFFFF,
        )
        watchdog = options.seconds("watchdog", 30.0)
        around = Surroundings(identity, loop, journal, random, watchdog)
        self._end: Client | Server
        if "aaa" in config:
            server = reader.address("aaa"), port
            patience = options.seconds("patience", 30.0)
            self._end = Client(around, self._received, server, transport, patience)
        else:
            relays = _hosts(config.get("diameter", {}).get("relays", ()))
            peers = {**_hosts(config["maars"]), **relays}
            known = frozenset(relays)
            self._end = Server(around, self._received, peers, known, transport, port)

    def start(self) -> None:
        """Connect, or let peers connect."""
        self._end.start()

    def leave(self, then: Callable[[], None]) -> None:
        """Part from the peers in good order, within about a second; then call ``then``."""
        self._end.leave(then)

    def send(self, action: SendMessage) -> None:
        """Send a request or an answer; one that cannot be sent is counted and logged as lost."""
        began_at = monotonic()
        ends = {"source": action.source, "destination": action.destination}
        details = {"message": message_name(action.message), **ends}
        try:
            octets = self._end.send(action)
        except OSError as error:
            why = error.strerror or str(error)
            self._journal.counters["failed: SendMessage"] += 1
            self._journal.event("send_failed", {"error": why, **details})
            self._journal.log(Level.ERROR, lambda: f"{action} failed: {why}")
            return
        self._journal.counters["messages sent"] += 1
        self._journal.event("message_sent", {**details, "octets": octets}, began_at)

    def rehearse(self) -> None:
        """Go through the motions of an exchange: the first one takes the library its time."""
        asked = aa_request(AaRequest("s", "u", UNSPECIFIED, "h", "r", "d"))
        answer = AaAnswer("s", SUCCESS, "u", "h", "r")
        read_aa_answer(parse(aa_answer(answer, parse(asked.as_bytes())).as_bytes()))

    def _received(self, event: Event, started: int) -> None:
        assert isinstance(event, MessageReceived)
        details = {"source": event.source, "destination": event.destination}
        named = {"message": message_name(event.message), **details, "octets": len(event.octets)}
        self._journal.counters["messages received"] += 1
        self._journal.event("message_received", named)
        self._handle(event, started)


def _hosts(rows: Any) -> dict[str, Address]:
    readers = [Reader("diameter: peers", row) for row in rows]
    return {str(reader.value("host")): reader.address("address") for reader in readers}
