"""The run's clock, and what the runner did when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import monotonic, time
from typing import Any

from testbed.evidence.observed import LogEvent

RUNNER = ""  # the runner's name in events


class Clock:
    """Seconds since 1970-01-01 that never step: the monotonic clock plus one offset."""

    def __init__(self) -> None:
        self.offset = time() - monotonic()

    def now(self) -> float:
        """Return the time that captures, agents and runner share."""
        return monotonic() + self.offset


class Journal:
    """Appends what the runner does to a file of JSON lines, each as it happens."""

    def __init__(self, clock: Clock, path: Path) -> None:
        self._clock = clock
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def log(self, event: str, /, **details: Any) -> None:
        """Note that ``event`` happened now."""
        self.log_at(monotonic(), event, **details)

    def log_at(self, at: float, event: str, /, **details: Any) -> None:
        """Note that ``event`` happened ``at`` this time of the monotonic clock."""
        row = {"at": round(at + self._clock.offset, 6), "monotonic": round(at, 6), "node": RUNNER}
        self._file.write(json.dumps(row | {"event": event} | details) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_events(files: Iterable[Path]) -> list[LogEvent]:
    """Return the events of several files in order of time, without lines that were cut short."""
    return sorted((event for file in files for event in _read(file)), key=lambda each: each.at)


def write_events(events: Iterable[LogEvent], path: Path) -> None:
    """Write events as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        for event in events:
            row = {
                "at": event.at,
                "monotonic": event.monotonic,
                "node": event.node,
                "event": event.event,
            }
            file.write(json.dumps({**row, **event.details}) + "\n")


def _read(file: Path) -> Iterator[LogEvent]:
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if not isinstance(row, dict):
            continue
        yield LogEvent(
            row.pop("at"), row.pop("monotonic"), row.pop("node"), row.pop("event"), details=row
        )
