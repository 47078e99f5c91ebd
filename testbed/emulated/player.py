"""Plays a timeline on a running network, each step at its time."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic

from testbed.emulated.agents import Agents
from testbed.emulated.commands import Commands
from testbed.emulated.flows import Flows
from testbed.emulated.folder import RunFolder
from testbed.emulated.journal import Journal
from testbed.emulated.links.wiring import Wiring
from testbed.emulated.loop import Loop
from testbed.emulated.mover import Mover
from testbed.emulated.nodes import Node
from testbed.topology.network import Step

TAIL = 5  # lines of a command's output that the events keep

Told = Callable[[Step], None]
Needless = Callable[[Step], bool]


class Player:
    """Takes steps, by the part of the testbed that each is about."""

    def __init__(
        self,
        nodes: dict[str, Node],
        wiring: Wiring,
        mover: Mover,
        flows: Flows,
        agents: Agents,
        commands: Commands,
        folder: RunFolder,
        journal: Journal,
        loop: Loop,
    ) -> None:
        self._nodes = nodes
        self._wiring = wiring
        self._mover = mover
        self._flows = flows
        self._agents = agents
        self._commands = commands
        self._folder = folder
        self._journal = journal
        self._loop = loop
        self._takers: dict[str, Callable[[Step], None]] = {
            "attach": lambda step: mover.attach(step.interface, step.target),
            "detach": lambda step: mover.detach(step.interface),
            "move": lambda step: mover.move(step.interface, step.target, step.gap),
            "start": lambda step: flows.start(step.target),
            "stop": lambda step: flows.stop(step.target),
            "change": self._change,
            "kill": self._kill,
            "restart": self._restart,
            "run": self._run,
            "tell": self._tell,
        }
        self.latest = 0.0  # by how many seconds the latest step was late
        self.lag = 0.0  # the same, without what the steps before it took
        self._free_at = 0.0

    def play(self, timeline: Iterable[Step], duration: float, told: Told) -> None:
        """Take each step at its time from now; return when ``duration`` seconds have passed."""
        self._loop.at(monotonic() + duration, self._loop.stop)
        self.schedule(timeline, told)
        self._loop.run()

    def schedule(
        self, timeline: Iterable[Step], told: Told, needless: Needless = lambda _: False
    ) -> None:
        """Have each step taken at its time from now, while the loop runs.

        A step that is ``needless`` when its time comes is left out.
        """
        begun = monotonic()
        for step in timeline:
            self._loop.at(begun + step.at, self._taking(step, begun + step.at, told, needless))

    def take(self, step: Step) -> None:
        """Take one step now."""
        self._takers[step.kind](step)

    def _taking(self, step: Step, due: float, told: Told, needless: Needless) -> Callable[[], None]:
        def take() -> None:
            if needless(step):
                return
            now = monotonic()
            self.latest = max(self.latest, now - due)
            self.lag = max(self.lag, now - max(due, self._free_at))
            self.take(step)
            told(step)
            self._free_at = monotonic()

        return take

    def _change(self, step: Step) -> None:
        assert step.settings is not None
        self._wiring.change(step.target, step.settings)
        self._mover.changed(step.target, step.settings)
        self._journal.log("link_changed", link=step.target)

    def _kill(self, step: Step) -> None:
        self._journal.log("agent_killed", subject=step.node)
        self._agents.kill(step.node)

    def _restart(self, step: Step) -> None:
        self._journal.log("agent_restarted", subject=step.node)
        holders = {name: node.holder for name, node in self._nodes.items()}
        self._agents.launch([step.node], holders, self._mover.recall)

    def _tell(self, step: Step) -> None:
        about = {"subject": step.node, "command": step.command, "arguments": dict(step.arguments)}
        self._journal.log("agent_told", **about)
        self._commands.tell(step.node, step.command, step.arguments)

    def _run(self, step: Step) -> None:
        log = self._folder.logs / f"{step.node}.commands.log"
        with log.open("ab") as output:
            begin = output.tell()
            process = subprocess.Popen(
                ["mnexec", "-a", str(self._nodes[step.node].holder), "sh", "-c", step.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the runner alone
            )
        handle = os.pidfd_open(process.pid)

        def over() -> None:
            self._loop.forget(handle)
            os.close(handle)
            status = process.wait()
            tail = _tail(log, begin)
            about = {"subject": step.node, "command": step.command}
            self._journal.log("command", **about, status=status, output_tail=tail)

        self._loop.watch(handle, over)


def _tail(log: Path, begin: int) -> list[str]:
    text = log.read_bytes()[begin:].decode(errors="replace")
    return text.splitlines()[-TAIL:]
