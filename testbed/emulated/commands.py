"""Commands that agents answer, when they are ready to; nobody waits meanwhile."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

from testbed.emulated.loop import Loop

PATIENCE = 30.0  # seconds within which an agent must answer
ANSWER = 1 << 16  # octets
BUSY = 0.005  # seconds until an agent whose queue is full is tried again

Details = Mapping[str, Any]


class Commands:
    """Sends commands to the agents whose sockets are in ``control``, and hears their replies."""

    def __init__(self, control: Path, loop: Loop) -> None:
        self._control = control
        self._loop = loop
        self._tokens = map(str, count(1))
        self._waiting: dict[str, Callable[[Details], None]] = {}
        name = control / "-commands.sock"  # no node has such a name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(name))
        self._socket.setblocking(False)
        loop.watch(self._socket.fileno(), self._hear)

    def ask(
        self, node: str, name: str, arguments: Details, answered: Callable[[Details], None]
    ) -> str:
        """Give the agent of ``node`` a command; ``answered`` gets its reply, and that once.

        Where there is none in time, or no such agent, the reply is {"error": why}. The token that
        is returned can be given up.
        """
        token = next(self._tokens)
        self._waiting[token] = answered
        late = {"error": f"the agent of {node} does not answer within {PATIENCE:g} s"}
        self._loop.after(PATIENCE, lambda: self._settle(token, late))
        absent = {"error": f"{node} has no agent that runs"}
        message = {"command": name, "arguments": dict(arguments), "token": token}
        self._deliver(node, message, monotonic(), lambda: self._settle(token, absent))
        return token

    def give_up(self, token: str) -> None:
        """Wait no longer for the reply to the command with ``token``."""
        self._waiting.pop(token, None)

    def tell(self, node: str, name: str, arguments: Details) -> None:
        """Give the agent of ``node`` a command that it does not answer; nothing where none runs."""
        message = {"command": name, "arguments": dict(arguments)}
        self._deliver(node, message, monotonic(), lambda: None)

    def _deliver(
        self, node: str, message: Details, since: float, absent: Callable[[], None]
    ) -> None:
        """Send ``message``, as soon as there is room for it; ``absent`` where nobody is there."""
        try:
            self._socket.sendto(json.dumps(message).encode(), str(self._control / f"{node}.sock"))
        except BlockingIOError:
            if monotonic() < since + PATIENCE:
                self._loop.after(BUSY, lambda: self._deliver(node, message, since, absent))
        except (ConnectionRefusedError, FileNotFoundError):
            self._loop.after(0.0, absent)

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            said = json.loads(self._socket.recv(ANSWER))
            self._settle(str(said["reply"]), said["details"])

    def _settle(self, token: str, details: Details) -> None:
        answered = self._waiting.pop(token, None)
        if answered is not None:
            answered(details)
