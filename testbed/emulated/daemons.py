"""Programs of others that serve nodes for as long as a run goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

from testbed.emulated.errors import RunFailed
from testbed.emulated.nodes import Node


class Daemons:
    """Processes of ``program``, one on a node; each logs to ``<node>.<suffix>.log`` in ``logs``.

    ``lacking`` says what a node has not where its process has ended.
    """

    def __init__(self, program: str, lacking: str, logs: Path, suffix: str) -> None:
        self._program = program
        self._lacking = lacking
        self._logs = logs
        self._suffix = suffix
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, node: Node, options: Sequence[str]) -> None:
        """Start the program on ``node`` with these options."""
        with self._log(node.name).open("wb") as log, node.entered():
            self._processes[node.name] = subprocess.Popen(
                [self._path(), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the runner alone
            )

    def runs(self, node: str) -> bool:
        """Say whether the process on ``node`` has not ended."""
        return self._processes[node].poll() is None

    def watch(self, watch: Callable[[int, Callable[[], None]], None]) -> None:
        """Have the end of any process end the run."""
        for name, process in self._processes.items():
            watch(os.pidfd_open(process.pid), partial(self.fail, name))

    def fail(self, node: str) -> NoReturn:
        """Raise RunFailed with what the process on ``node`` said last."""
        lines = self._log(node).read_text(encoding="utf-8", errors="replace").splitlines()
        why = lines[-1] if lines else f"{self._program} is silent"
        raise RunFailed(f"{self._lacking} on {node}: {why}")

    def _log(self, node: str) -> Path:
        return self._logs / f"{node}.{self._suffix}.log"

    def _path(self) -> str:
        """Return the path of the program, which is not on every user's PATH."""
        path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
        return shutil.which(self._program, path=path) or self._program
