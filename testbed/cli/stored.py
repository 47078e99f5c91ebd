"""The folder of a run -> what was seen and done in it, from either backend."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.cli.errors import InputError

if TYPE_CHECKING:
    from testbed.evidence.observed import LogEvent, Sighting
    from testbed.evidence.signalling import Signal
    from testbed.topology.network import Network

_READ = frozenset({"backend", "signalling"})  # of a result, beside its run's log and capture

Wanted = Callable[["Sighting"], bool]


@dataclass(frozen=True, slots=True)
class StoredRun:
    """What a run has left: its network, its log and its result; ``zero`` is its clock's 0."""

    folder: Path
    network: Network
    events: Sequence[LogEvent]
    result: Mapping[str, Any]
    zero: float

    def read(self, wanted: Wanted) -> tuple[list[Signal], list[Sighting]]:
        """Return the signals of the run, and the packets of flows that are ``wanted``.

        Those of an emulated run are in its capture. A simulated one is played again, which equal
        networks and seeds do alike. InputError where neither is possible.
        """
        from testbed.evidence.signalling import Signalling

        signalling, packets = Signalling(self.network), []
        for sighting in self._sightings():
            if sighting.flow:
                if wanted(sighting):
                    packets.append(sighting)
            elif sighting.message is not None:
                signalling.see(sighting)
        signals = signalling.settle()
        if self.result["backend"] == "simulated":
            self._compare(signals)
        return signals, packets

    def _sightings(self) -> Iterable[Sighting]:
        from testbed.evidence.capture import read_capture
        from testbed.evidence.pcapng import CaptureError

        if self.result["backend"] == "simulated":
            from testbed.simulated.run import simulate

            yield from simulate(self.network).sightings
            return
        try:
            yield from read_capture(self.folder / "capture.pcapng", self.network)
        except (OSError, CaptureError) as error:
            raise InputError(f"{self.folder}: no messages to read: {_plainly(error)}") from error

    def _compare(self, signals: Iterable[Signal]) -> None:
        """Say where the run, played again, does not say what it said."""
        counted = Counter(signal.name for signal in signals if signal.original)
        told = {row["message"]: row["count"] for row in self.result["signalling"] if row["count"]}
        if counted != Counter(told):
            said = "another version of the testbed simulated it; simulate it again"
            raise InputError(f"{self.folder}: its messages are not those of its result: {said}")


def _plainly(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no {Path(error.filename).name}"
    return str(error)


def read_run(folder: Path) -> StoredRun:
    """Return the run in ``folder``; InputError where there is none."""
    from testbed.emulated.journal import read_events
    from testbed.evidence.moves import zero
    from testbed.topology.stored import read_network

    if (folder / "statistics.json").exists():
        raise InputError(f"{folder} holds several runs: take one of them, as {folder / '1'}")
    network = read_network(folder / "topology.yaml")
    try:
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        events = read_events([folder / "events.jsonl"])
    except (OSError, ValueError, KeyError) as error:
        said = f"{folder}: not the folder of a run that was measured: {_plainly(error)}"
        raise InputError(said) from error
    if not events:
        raise InputError(f"{folder / 'events.jsonl'}: holds no event of a run: run it again")
    if not isinstance(result, dict) or not result.keys() >= _READ:
        said = "not the result of a run, or of another version of the testbed: run it again"
        raise InputError(f"{folder / 'result.json'}: {said}")
    return StoredRun(folder, network, events, result, zero(events))
