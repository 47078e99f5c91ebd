"""What an agent keeps beyond its end: a file that is whole at any time."""

from __future__ import annotations

import json
import os
from pathlib import Path

from agents.core.actions import Store
from agents.core.events import Restored
from agents.live.journal import Journal, Level


class Keeper:
    """Keeps the state of an agent in the file ``path``."""

    def __init__(self, path: Path, journal: Journal) -> None:
        self._path = path
        self._journal = journal
        self._encode = json.JSONEncoder(separators=(",", ":")).encode

    def keep(self, action: Store) -> None:
        """Replace what is kept; it is on the disk when this returns.

        Where that fails, which is counted and logged, what was kept before stays.
        """
        try:
            self._replace(self._encode(action.state).encode())
        except (OSError, TypeError, ValueError) as error:
            why = str(error)
            self._journal.counters["failed: Store"] += 1
            self._journal.event("action_failed", {"action": "Store", "error": why})
            self._journal.log(Level.ERROR, lambda: f"the state cannot be kept: {why}")

    def restored(self) -> Restored | None:
        """Return what an earlier agent has kept, None where that is nothing.

        ValueError where the file is not one that an agent has written.
        """
        try:
            state = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise ValueError(f"{self._path}: no state of an agent: {error}") from error
        if not isinstance(state, dict):
            raise ValueError(f"{self._path}: no state of an agent")
        return Restored(state)

    def _replace(self, octets: bytes) -> None:
        coming = self._path.with_name(f"{self._path.name}.coming")
        with coming.open("wb", buffering=0) as file:
            file.write(octets)
            os.fsync(file.fileno())
        coming.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
