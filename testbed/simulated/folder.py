"""The folder that a simulated run leaves: the same files as an emulated one, without captures.

All but ``manifest.json``, which carries the date, are the same bytes for equal seeds.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from testbed.evidence.folders import write_topology
from testbed.evidence.observed import LogEvent
from testbed.evidence.result import Result, write
from testbed.simulated.run import Run
from testbed.topology.network import Network


def write_folder(folder: Path, network: Network, run: Run, result: Result, date: str) -> None:
    """Write all files of a run into ``folder``, which is made; ``date`` is when it was run."""
    folder.mkdir(parents=True, exist_ok=True)
    write(result, folder)
    _write(folder / "events.jsonl", "".join(_lines(run.events)))
    write_topology(folder / "topology.yaml", network)
    _write(folder / "manifest.json", json.dumps(_manifest(network, run, date), indent=2) + "\n")


def _lines(events: Iterable[LogEvent]) -> Iterable[str]:
    for event in events:
        row: dict[str, Any] = {
            "at": round(event.at, 6),
            "monotonic": round(event.monotonic, 6),
            "node": event.node,
            "event": event.event,
            **event.details,
        }
        yield json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=_text) + "\n"


def _text(value: object) -> str:
    """Return addresses and prefixes as people read them, other octets as hex digits."""
    return value.hex() if type(value) is bytes else str(value)


def _manifest(network: Network, run: Run, date: str) -> Mapping[str, Any]:
    return {
        "name": network.name,
        "backend": "simulated",
        "protocol": network.protocol,
        "seed": network.seed,
        "date": date,
        "version": version("dmm-testbed"),
        "python": platform.python_version(),
        "not_simulated": [
            dict(event.details) for event in run.events if event.event == "not_simulated"
        ],
        "packets_lost": run.drops,
    }


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
