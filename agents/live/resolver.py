"""Names asked of a name server over the network, from an address of the core's choice."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from agents.core.actions import Resolve
from agents.core.events import Resolved
from agents.live.journal import Journal, Level
from agents.live.loop import Loop
from agents.wire.address import Address

PORT = 53
_ASKED_AFTER, _TOLD_AFTER = (0.0, 1.0, 2.0), 3.0  # seconds
_LARGEST = 1232  # octets of an answer that no link has to fragment
_SETTLED = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


class Resolver:
    """Asks for AAAA records by UDP; each question has a socket and an identifier of its own."""

    def __init__(self, loop: Loop, journal: Journal, tell: Callable[[Resolved], None]) -> None:
        self._loop = loop
        self._journal = journal
        self._tell = tell

    def resolve(self, action: Resolve) -> None:
        """Ask at once, and tell later; what is no name has no addresses."""
        try:
            question = _Question(action, self._loop, self._journal, self._tell)
        except dns.exception.DNSException as error:
            text = f"{action.name!r} is no name: {error}"
            self._journal.log(Level.ERROR, lambda: text)
            self._loop.later(0.0, lambda: self._tell(Resolved(action.name, ())))
            return
        for after in _ASKED_AFTER:
            self._loop.later(after, question.ask)
        self._loop.later(_TOLD_AFTER, question.give_up)


class _Question:
    def __init__(
        self, action: Resolve, loop: Loop, journal: Journal, tell: Callable[[Resolved], None]
    ) -> None:
        self._action = action
        self._loop = loop
        self._journal = journal
        self._tell = tell
        self._socket: socket.socket | None = None
        self._done = False
        self._query = dns.message.make_query(
            *(action.name, dns.rdatatype.AAAA),
            id=int.from_bytes(os.urandom(2), "big"),
            use_edns=0,
            payload=_LARGEST,
        )

    def ask(self) -> None:
        """Send the question, unless it has been answered."""
        if self._done:
            return
        try:
            if self._socket is None:
                self._socket = self._open()
            self._socket.send(self._query.to_wire())
        except OSError as error:
            why = error.strerror or str(error)
            self._journal.counters["failed: Resolve"] += 1
            self._journal.log(Level.ERROR, lambda: f"{self._action} failed: {why}")
            self._journal.flush()

    def give_up(self) -> None:
        """Tell that nobody has answered, if so."""
        if not self._done:
            self._conclude(Resolved(self._action.name, (), answered=False))

    def _open(self) -> socket.socket:
        """Return a socket that hears this server only; it has a port of the kernel's choice."""
        made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            made.bind((str(self._action.source), 0))
            made.connect((str(self._action.server), PORT))
        except OSError:
            made.close()
            raise
        self._loop.watch(made.fileno(), self._listen)
        return made

    def _listen(self) -> None:
        if self._socket is None:
            return
        try:
            octets = self._socket.recv(65535)
        except OSError:  # nothing after all, or the server's host has refused the question
            return
        addresses = self._read(octets)
        if addresses is not None:
            self._conclude(Resolved(self._action.name, addresses))

    def _read(self, octets: bytes) -> tuple[Address, ...] | None:
        """Return the addresses in an answer, None where it is none to this question."""
        try:
            answer = dns.message.from_wire(octets, ignore_trailing=True)
            if not self._query.is_response(answer) or answer.rcode() not in _SETTLED:
                self._refuse(dns.rcode.to_text(answer.rcode()))
                return None
            assert isinstance(answer, dns.message.QueryMessage)
            found = answer.resolve_chaining().answer
        except dns.exception.DNSException as error:
            self._refuse(str(error) or type(error).__name__)
            return None
        return tuple(Address.parse(each.address) for each in found) if found else ()

    def _refuse(self, why: str) -> None:
        server = self._action.server
        self._journal.drop("no DNS answer", {"source": server, "error": why})
        self._journal.flush()

    def _conclude(self, event: Resolved) -> None:
        self._done = True
        if self._socket is not None:
            self._loop.forget(self._socket.fileno())
            self._socket.close()
            self._socket = None
        self._tell(event)
