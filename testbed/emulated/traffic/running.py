"""A flow that runs: its programs, started one after the other as each becomes able to."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic

from testbed.emulated.loop import Loop
from testbed.emulated.nodes import Node
from testbed.emulated.traffic.programs import Program
from testbed.topology.network import Flow

RETRY = 0.01  # seconds between looks whether a program can start
PATIENCE = 10.0  # seconds after which it starts all the same, and says itself what it lacks
GRACE = 2.0  # seconds that programs have to end when asked
TAIL = 5  # lines

_LISTENING = "0A"


class Running:
    """The programs of ``flow``; ``ended`` is called with this object when the last has ended."""

    def __init__(
        self,
        flow: Flow,
        programs: Sequence[Program],
        nodes: dict[str, Node],
        log: Path,
        loop: Loop,
        ended: Callable[[Running], None],
    ) -> None:
        self.flow = flow
        self.status: int | None = None
        self.stopped = False
        self._waiting = list(programs)
        self._nodes = nodes
        self._log = log
        self._loop = loop
        self._ended = ended
        self._processes: list[subprocess.Popen[bytes]] = []
        self._behind: Program | None = None  # the program started last
        self._give_up_at = monotonic() + PATIENCE
        self._advance()

    def stop(self) -> None:
        """Ask the programs to end, and end them if they do not."""
        self.stopped = True
        if self._waiting:
            self._waiting.clear()
            self._finish()
            return
        self._signal(self._processes[-1:], signal.SIGINT)
        self._loop.after(GRACE, lambda: self._signal(self._processes, signal.SIGKILL))

    def output_tail(self) -> list[str]:
        """Return the last lines that the programs printed."""
        return self._output().splitlines()[-TAIL:]

    @property
    def succeeded(self) -> bool | None:
        """Whether the flow did what it was for; None of a command that had to be stopped."""
        if self.flow.success is not None:
            return re.search(self.flow.success, self._output()) is not None
        if self.stopped and self.status != 0:
            return None if self.flow.kind == "command" else True
        return self.status == 0

    def _output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _advance(self) -> None:
        while self._waiting:
            if not self._able(self._waiting[0]) and monotonic() < self._give_up_at:
                self._loop.after(RETRY, self._advance)
                return
            self._start(self._waiting.pop(0))
            if not self._waiting:
                self._watch(self._processes[-1])

    def _able(self, program: Program) -> bool:
        if program.needs and not has_address(self._nodes[program.node], program.needs):
            return False
        before = self._behind
        return not (
            before and before.serves and not listens(self._nodes[before.node], before.serves)
        )

    def _start(self, program: Program) -> None:
        holder = str(self._nodes[program.node].holder)
        with self._log.open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    ["mnexec", "-a", holder, *program.arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for the runner alone
                )
            )
        self._behind = program

    def _watch(self, leader: subprocess.Popen[bytes]) -> None:
        handle = os.pidfd_open(leader.pid)

        def over() -> None:
            self._loop.forget(handle)
            os.close(handle)
            self._finish()

        self._loop.watch(handle, over)

    def _finish(self) -> None:
        """The leading program has ended: so do the others."""
        if self._processes:
            self.status = self._processes[-1].wait()
        self._signal(self._processes, signal.SIGTERM)
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
        self._ended(self)

    @staticmethod
    def _signal(processes: Sequence[subprocess.Popen[bytes]], number: int) -> None:
        for process in processes:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, number)


def has_address(node: Node, address: str) -> bool:
    """Say whether ``node`` has the IPv6 ``address`` and may use it."""
    wanted = socket.inet_pton(socket.AF_INET6, address).hex()
    tentative = 0x40
    optimistic = 0x04
    for line in Path(f"/proc/{node.holder}/net/if_inet6").read_text().splitlines():
        octets, _, _, _, flags, _ = line.split()
        if octets == wanted:
            state = int(flags, 16)
            return not state & tentative or bool(state & optimistic)
    return False


def listens(node: Node, port: int) -> bool:
    """Say whether a program on ``node`` accepts TCP connections on ``port``."""
    ending = f":{port:04X}"
    lines = Path(f"/proc/{node.holder}/net/tcp6").read_text().splitlines()[1:]
    return any(
        fields[1].endswith(ending) and fields[3] == _LISTENING for fields in map(str.split, lines)
    )
