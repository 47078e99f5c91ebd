"""An agent's control socket: link events and commands in, bindings and counters out (JSON)."""

from __future__ import annotations

import json
import socket
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agents.core.actions import Reply
from agents.core.events import Command, Event, LinkDown, LinkQuality, LinkUp
from agents.live.journal import plain
from agents.live.sockets import enlarge

_SEND_BUFFER_FORCE = 32
_MOST_ASKERS = 1000  # that wait for the answer to a command
_LINK_EVENTS: dict[str, type[LinkUp] | type[LinkDown]] = {"link_up": LinkUp, "link_down": LinkDown}


class ControlError(ValueError):
    """A request that this socket does not know."""


class ControlSocket:
    """A unix datagram socket at ``path``, there once the name is: the agent is then ready."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        enlarge(self._socket, _SEND_BUFFER_FORCE, socket.SO_SNDBUF)
        path.unlink(missing_ok=True)
        self._socket.bind(str(path))

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def receive(self) -> tuple[bytes, str] | None:
        """Return the next request and who sent it, None where none is waiting."""
        try:
            octets, sender = self._socket.recvfrom(65535)
        except BlockingIOError:
            return None
        return octets, sender or ""

    def reply(self, answer: Mapping[str, Any], to: str) -> None:
        """Send ``answer`` to a sender that is bound to a name, and to no other; OSError if full."""
        if to:
            self._socket.sendto(json.dumps(plain(answer)).encode(), to)


def parse_request(octets: bytes) -> Mapping[str, Any]:
    """Return the request that ``octets`` spell; ControlError where they spell none."""
    try:
        request = json.loads(octets)
    except ValueError as error:
        raise ControlError(f"no JSON: {error}") from error
    if not isinstance(request, dict):
        raise ControlError("no JSON object")
    return request


def event_of(request: Mapping[str, Any]) -> Event | None:
    """Return the core's event that ``request`` brings, None where it brings none."""
    try:
        if request.get("event") == "link_quality":
            return _link_quality(request)
        if "event" in request:
            made = _LINK_EVENTS[request["event"]]
            link_layer_address = bytes.fromhex(request["link_layer_address"].replace(":", ""))
            return made(str(request["interface"]), link_layer_address)
        if "command" in request:
            name, token = str(request["command"]), str(request.get("token", ""))
            return Command(name, dict(request.get("arguments", {})), token)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ControlError(f"bad request {request!r}: {error!r}") from error
    return None


def _link_quality(request: Mapping[str, Any]) -> LinkQuality:
    rate = request["rate"]
    return LinkQuality(str(request["interface"]), None if rate is None else float(rate))


class Control:
    """Serves the control socket: events go to ``handle``, queries are answered by ``queries``.

    A command with a token is answered by ``reply``, when the core has an answer.
    """

    def __init__(
        self,
        sock: ControlSocket,
        handle: Callable[[Event], None],
        queries: Mapping[str, Callable[[], Any]],
    ) -> None:
        self._socket = sock
        self._handle = handle
        self._queries = queries
        self._askers: OrderedDict[str, str] = OrderedDict()

    def serve(self, octets: bytes, sender: str) -> None:
        """Do what one request asks for; ControlError where it is unknown."""
        request = parse_request(octets)
        event = event_of(request)
        if event is not None:
            if isinstance(event, Command) and event.token:
                self._expect(event.token, sender)
            self._handle(event)
            return
        asked = [name for name in self._queries if request.get(name)]
        if not asked:
            raise ControlError(f"unknown request {request!r}")
        self._socket.reply({name: self._queries[name]() for name in asked}, sender)

    def reply(self, action: Reply) -> None:
        """Answer the command that came with a token; ControlError where nobody waits for it.

        BlockingIOError where who waits has not read its earlier answers yet: it still waits.
        """
        sender = self._askers.pop(action.token, None)
        if sender is None:
            raise ControlError(f"nobody waits for the answer to {action.token!r}")
        try:
            self._socket.reply({"reply": action.token, "details": action.details}, sender)
        except BlockingIOError:
            self._expect(action.token, sender)
            raise

    def _expect(self, token: str, sender: str) -> None:
        if not sender:
            raise ControlError(f"the answer to {token!r} would reach nobody: bind to a name")
        self._askers[token] = sender
        if len(self._askers) > _MOST_ASKERS:
            self._askers.popitem(last=False)
