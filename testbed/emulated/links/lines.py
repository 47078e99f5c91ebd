"""The runner's end of the delay line."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from testbed.emulated.errors import RunFailed
from testbed.topology.network import LinkSettings

TIMEOUT = 10.0  # seconds within which the process must answer
ANSWER = 1 << 20


class DelayLines:
    """Starts the process that delays, and tells it about its links."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._socket, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(TIMEOUT)
        script = Path(__file__).with_name("delayline.py")
        arguments = [sys.executable, "-S", "-E", str(script), str(far.fileno())]
        with far:
            self._process = subprocess.Popen(
                arguments,
                pass_fds=[far.fileno()],
                start_new_session=True,  # Ctrl-C is for the runner alone
            )
        self._priority: str | None = None

    @property
    def priority(self) -> str:
        """How the process is scheduled: "real-time" or "normal"."""
        if self._priority is None:
            self._priority = str(self._receive()["priority"])
        return self._priority

    def add(self, name: str, ends: Sequence[int], settings: LinkSettings) -> None:
        """Carry frames between the TAP descriptors ``ends``, which then belong to the process."""
        request = {"line": name, "seed": self._seed, "settings": asdict(settings)}
        self._ask(request, ends)
        for end in ends:
            os.close(end)

    def change(self, name: str, settings: LinkSettings) -> None:
        """Treat frames on the link by ``settings`` from now on."""
        self._ask({"change": name, "settings": asdict(settings)})

    def counters(self) -> dict[str, Any]:
        """Return what was lost by chance and dropped by full queues, for each link."""
        return self._ask({"counters": True})

    def _ask(self, request: dict[str, Any], descriptors: Sequence[int] = ()) -> dict[str, Any]:
        assert self.priority
        socket.send_fds(self._socket, [json.dumps(request).encode()], list(descriptors))
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        try:
            answer = self._socket.recv(ANSWER)
        except TimeoutError:
            answer = b""
        if not answer:
            raise RunFailed("the delay line does not answer")
        received: dict[str, Any] = json.loads(answer)
        return received
