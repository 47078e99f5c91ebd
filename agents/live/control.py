"""An agent's control socket: link events and commands in, bindings and counters out (JSON)."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agents.core.events import Command, Event, LinkDown, LinkUp
from agents.live.journal import plain
from agents.live.sockets import enlarge

_SEND_BUFFER_FORCE = 32
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
        if "event" in request:
            made = _LINK_EVENTS[request["event"]]
            link_layer_address = bytes.fromhex(request["link_layer_address"].replace(":", ""))
            return made(str(request["interface"]), link_layer_address)
        if "command" in request:
            return Command(str(request["command"]), dict(request.get("arguments", {})))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ControlError(f"bad request {request!r}: {error!r}") from error
    return None


class Control:
    """Serves the control socket: events go to ``handle``, queries are answered by ``queries``."""

    def __init__(
        self,
        sock: ControlSocket,
        handle: Callable[[Event], None],
        queries: Mapping[str, Callable[[], Any]],
    ) -> None:
        self._socket = sock
        self._handle = handle
        self._queries = queries

    def serve(self, octets: bytes, sender: str) -> None:
        """Do what one request asks for; ControlError where it is unknown."""
        request = parse_request(octets)
        event = event_of(request)
        if event is not None:
            self._handle(event)
            return
        asked = [name for name in self._queries if request.get(name)]
        if not asked:
            raise ControlError(f"unknown request {request!r}")
        self._socket.reply({name: self._queries[name]() for name in asked}, sender)
