"""Runs that go on at this moment, found by looking into their sandboxes: no state is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
DESCRIPTION = "root/run/dmm-testbed/run.json"  # as stage.py writes it, seen from outside
STATE = "root/run/dmm-testbed"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A run's sandbox: its first process (as this namespace numbers it) and what it said."""

    pid: int
    name: str
    folder: str
    nodes: dict[str, int]  # holders, as the sandbox numbers them
    addresses: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)  # of nodes with an agent

    @property
    def orphaned(self) -> bool:
        """Whether the runner that a user would end has gone."""
        keeper = _parent(self.pid)
        return keeper is None or _parent(keeper) in (None, 1)

    def holder(self, node: str) -> int | None:
        """Return the process that holds ``node``, as this namespace numbers it."""
        wanted = self.nodes.get(node)
        namespace = _namespace(self.pid)
        for pid in _pids():
            numbers = _numbers(pid)
            if numbers and numbers[-1] == wanted and _namespace(pid) == namespace:
                return pid
        return None


def sandboxes() -> list[Sandbox]:
    """Return the runs whose sandboxes this user may look into, the oldest first."""
    found = [_look(pid) for pid in _pids() if _numbers(pid)[1:] and _numbers(pid)[-1] == 1]
    return [each for each in found if each is not None]


def _look(pid: int) -> Sandbox | None:
    """Return the sandbox whose first process is ``pid``; None where it is none of ours."""
    place = PROC / str(pid)
    try:
        if not (place / STATE).is_dir():
            return None
        text = (place / DESCRIPTION).read_text(encoding="utf-8")
        return Sandbox(pid, **json.loads(text))
    except FileNotFoundError:
        return Sandbox(pid, "(being built)", "", {})
    except (OSError, ValueError, TypeError):  # not to be read, or of another version
        return None


def _pids() -> Iterator[int]:
    return (int(each.name) for each in PROC.iterdir() if each.name.isdigit())


def _numbers(pid: int) -> list[int]:
    """Return the process ids of ``pid``, from this namespace to its innermost one."""
    return [int(each) for each in _status(pid, "NSpid")]


def _parent(pid: int) -> int | None:
    numbers = _status(pid, "PPid")
    return int(numbers[0]) if numbers and numbers[0] != "0" else None


def _status(pid: int, key: str) -> list[str]:
    try:
        text = (PROC / str(pid) / "status").read_text()
    except OSError:
        return []
    lines = (line.partition(":") for line in text.splitlines())
    return next((value.split() for name, _, value in lines if name == key), [])


def _namespace(pid: int) -> str:
    try:
        return str((PROC / str(pid) / "ns" / "pid").readlink())
    except OSError:
        return ""
