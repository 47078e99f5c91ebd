"""Where a run leaves what it saw: outside of the sandbox, and the invoking user's own."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from testbed.emulated.errors import EmulationError
from testbed.evidence.folders import place_for


class RunFolder:
    """The files of one run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.captures = root / "captures"
        self.logs = root / "logs"
        self.flows = root / "flows"
        self.events = root / "events"  # of each agent, until they are merged
        self.capture = root / "capture.pcapng"
        self.merged_events = root / "events.jsonl"
        self._above = [each for each in root.parents if not each.exists()]  # made along with it

    def make(self) -> None:
        """Make the folder and those in it."""
        try:
            for each in (self.captures, self.logs, self.flows, self.events):
                each.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EmulationError(f"cannot make {error.filename}: {error.strerror}") from error
        self.give_back()

    def give_back(self) -> None:
        """Let what sudo's root has made here belong to the user who called sudo."""
        user, group = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
        if user is None or group is None or os.geteuid():
            return
        for path in (*self._above, self.root, *self.root.rglob("*")):
            os.chown(path, int(user), int(group), follow_symlinks=False)


def choose(out: Path | None, name: str) -> RunFolder:
    """Return the folder of a new run; EmulationError where it would be the run's own."""
    chosen = place_for(out, name, datetime.now().astimezone())
    folder = RunFolder(chosen.absolute())
    if folder.root.is_relative_to("/run"):
        said = f"{chosen} is below /run, which each run has to itself: choose another folder"
        raise EmulationError(said)
    return folder
