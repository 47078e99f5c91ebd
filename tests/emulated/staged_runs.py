"""A network that stands, for tests that act on it step by step instead of by a timeline."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import emulated_runs as runs

from testbed.emulated import sandbox
from testbed.emulated.folder import RunFolder
from testbed.emulated.options import Options
from testbed.emulated.stage import Stage
from testbed.protocols import load
from testbed.topology.network import Network


class Staged:
    """A stage, and what tests ask of it; every wait is bounded."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def command(self, node: str, *words: str) -> list[str]:
        return ["mnexec", "-a", str(self.stage.testbed.nodes[node].holder), *words]

    def shown(self, node: str, *words: str) -> str:
        """What a command prints on ``node``."""
        done = subprocess.run(
            self.command(node, *words), capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Let the runner work until ``condition`` holds."""

        def look() -> bool:
            self.stage.loop.run_for(0.01)
            return condition()

        runs.until(look, what)

    def events(self, node: str, event: str, /, **details: Any) -> list[dict[str, Any]]:
        """What the agent of ``node`` has noted so far."""
        log = self.stage.folder.events / f"{node}.jsonl"
        written, _, _ = log.read_text().rpartition("\n")
        wanted = {"event": event, **details}
        return [
            row for row in map(json.loads, written.splitlines()) if wanted.items() <= row.items()
        ]


def staged(tmp_path: Path, text: str, work: Callable[[Staged], None]) -> None:
    """Have ``work`` done on a network that stands; what it asserts fails the test."""
    staged_network(tmp_path, load(runs.write(tmp_path, text)), work)


def staged_network(tmp_path: Path, network: Network, work: Callable[[Staged], None]) -> None:
    """Have ``work`` done on ``network``, which need come from no file."""
    folder = RunFolder(tmp_path / "run")
    folder.make()

    def play() -> int:
        work(Staged(Stage(network, folder, Options())))
        return 0

    assert sandbox.enter(play) == 0
