"""The agents of a run: one preloaded parent process that forks each into its node."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from testbed.emulated.errors import EmulationError, RunFailed
from testbed.emulated.folder import RunFolder
from testbed.emulated.journal import Clock
from testbed.topology.network import Network

STARTING = 60.0  # seconds within which agents must be ready
ANSWERING = 2.0  # seconds within which an agent answers a question
AT_ONCE = 32  # agents that are being started: both ends' buffers hold what these say
CHUNK = 1 << 16


class Agents:
    """Starts, stops, kills, tells and asks the agents of ``network``."""

    def __init__(self, network: Network, folder: RunFolder, control: Path, clock: Clock) -> None:
        self._network = network
        self._folder = folder
        self._control = control
        self._clock = clock
        self._pids: dict[str, int] = {}
        self._killed: set[str] = set()  # of whose death the parent has not yet told
        self._launching: dict[str, Callable[[str], None]] = {}  # and whom to tell of each
        self._received = b""
        self._connection: socket.socket | None = None
        control.mkdir()
        log = (folder.logs / "agents.log").open("ab")
        program = (sys.executable, "-P", "-m", "agents")  # -P: not the `agents` of where it runs
        with log:
            self._parent = subprocess.Popen(
                [*program, "--control", str(control), "--preload"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the runner alone
            )
        self._questions = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._questions.bind(str(control / "runner.sock"))
        self._questions.settimeout(ANSWERING)

    def fileno(self) -> int:
        """Return the descriptor on which the parent's news come in."""
        return self._parent_socket().fileno()

    def start(self, nodes: Iterable[str], holders: Mapping[str, int]) -> None:
        """Start the agents of ``nodes`` side by side; returns when all are ready."""
        waited = set(nodes)
        self.launch(waited, holders)
        self._await(lambda: waited <= self._pids.keys())

    def launch(
        self,
        nodes: Iterable[str],
        holders: Mapping[str, int],
        ready: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Have the agents of ``nodes`` started without waiting; ``ready`` hears of each that is."""
        for node in nodes:
            self._await(partial(self._may_launch, node))
            self._launching[node] = ready
            self._request({"start": self._specification(node, holders[node])})

    def _may_launch(self, node: str) -> bool:
        return node not in self._killed and len(self._launching) < AT_ONCE

    def kill(self, node: str) -> None:
        """End the agent of ``node`` without a warning, as a crash would (SIGKILL)."""
        pid = self._pids.pop(node, None)
        if pid is not None:
            self._killed.add(node)
            os.kill(pid, signal.SIGKILL)

    def runs(self, node: str) -> bool:
        """Say whether ``node`` has an agent that runs."""
        return node in self._pids

    def hear(self) -> None:
        """Take in the parent's news; RunFailed where an agent died that was not killed."""
        for news in self._receive(ANSWERING):
            self._heed(news)

    def tell(self, node: str, event: str, /, **details: Any) -> None:
        """Report ``event`` of a link to the agent of ``node``, if it has one that runs."""
        if node in self._pids:
            self._send(node, {"event": event, **details})

    def ask(self, node: str, question: str) -> Any:
        """Return what the agent of ``node`` answers to "bindings" or "counters"; None if not."""
        if node not in self._pids:
            return None
        self._send(node, {question: True})
        try:
            answer = json.loads(self._questions.recv(1 << 22))
        except TimeoutError:
            return None
        return answer.get(question)

    def _send(self, node: str, message: Mapping[str, Any]) -> None:
        try:
            self._questions.sendto(
                json.dumps(message).encode(), str(self._control / f"{node}.sock")
            )
        except (ConnectionRefusedError, FileNotFoundError):
            self._pids.pop(node, None)  # it has just died; its parent says why

    def _specification(self, node: str, holder: int) -> dict[str, Any]:
        agent = self._network.agents[node]
        return {
            "node": node,
            "protocol": agent.protocol,
            "role": agent.role,
            "config": agent.config,
            "netns_pid": holder,
            "log": str(self._folder.logs / f"{node}.log"),
            "events": str(self._folder.events / f"{node}.jsonl"),
            "clock_offset": self._clock.offset,
            "seed": self._network.seed,
            "settings": dict(self._network.settings),
        }

    def _parent_socket(self) -> socket.socket:
        if self._connection is None:
            path = self._control / "parent.sock"
            deadline = monotonic() + STARTING
            while not path.exists():
                if self._parent.poll() is not None or monotonic() > deadline:
                    raise EmulationError(f"the agents do not start: {self._log_tail()}")
                sleep(0.005)
            self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._connection.connect(str(path))
        return self._connection

    def _log_tail(self) -> str:
        text = (self._folder.logs / "agents.log").read_text(encoding="utf-8", errors="replace")
        lines = text.strip().splitlines()
        return lines[-1] if lines else "no reason given"

    def _request(self, request: Mapping[str, Any]) -> None:
        self._parent_socket().sendall(json.dumps(request).encode() + b"\n")

    def _await(self, done: Callable[[], bool]) -> None:
        deadline = monotonic() + STARTING
        while not done():
            if monotonic() > deadline:
                raise RunFailed(f"the agents are not ready within {STARTING:g} s")
            self.hear()

    def _receive(self, timeout: float) -> list[dict[str, Any]]:
        """Return the news that come in within ``timeout`` seconds."""
        connection = self._parent_socket()
        connection.settimeout(timeout)
        try:
            octets = connection.recv(CHUNK)
        except TimeoutError:
            return []
        if not octets:
            raise RunFailed(f"the agents' parent process ended: {self._log_tail()}")
        *lines, self._received = (self._received + octets).split(b"\n")
        return [json.loads(line) for line in lines]

    def _heed(self, news: Mapping[str, Any]) -> None:
        if "started" in news:
            self._pids[news["started"]] = news["pid"]
            self._launching.pop(news["started"])(news["started"])
        elif "failed" in news:
            raise RunFailed(f"the agent of {news['failed']} does not start: {news['error']}")
        elif "error" in news:
            raise RunFailed(f"the agents' parent process refused a request: {news['error']}")
        elif "died" in news:
            if news["died"] not in self._killed:
                raise RunFailed(_obituary(news))
            self._killed.remove(news["died"])


def _obituary(news: Mapping[str, Any]) -> str:
    tail = "\n".join(f"    {line}" for line in news["log_tail"])
    return f"the agent of {news['died']} died (status {news['status']}); its last lines:\n{tail}"
