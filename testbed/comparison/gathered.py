"""The runs that are compared: what each of them found, and on which network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.comparison.errors import NotComparable
from testbed.comparison.variants import variants
from testbed.protocols.registry import PROTOCOLS
from testbed.topology.errors import TopologyError
from testbed.topology.network import Network
from testbed.topology.stored import read_network

RESULT, TOPOLOGY, MANIFEST = "result.json", "topology.yaml", "manifest.json"
MOST_RUNS = 1000


@dataclass(frozen=True, slots=True)
class Gathered:
    """One run: its ``result.json``, its network (None where its folder has none), its folder."""

    document: Mapping[str, Any]
    network: Network | None
    folder: Path

    @property
    def protocol(self) -> str:
        """The protocol that was run."""
        return str(self.document["protocol"])

    @property
    def backend(self) -> str:
        """Whether it was emulated or simulated."""
        return str(self.document["backend"])

    @property
    def alarmed(self) -> bool:
        """Whether the run's manifest says that its machine may show in its figures."""
        try:
            manifest = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(manifest.get("load", {}).get("alarm"))


def gather(folders: Sequence[Path]) -> list[Gathered]:
    """Read runs from their folders, or from those that hold one for each repetition.

    NotComparable says which folder holds no run, or is given twice.
    """
    runs = [run for folder in folders for run in run_folders(folder)]
    if len(runs) > MOST_RUNS:
        raise NotComparable(f"{len(runs)} runs are too many: at most {MOST_RUNS} are compared")
    known: set[Path] = set()
    for run in runs:
        if run.resolve() in known:
            raise NotComparable(f"{run} is given twice: it would count as two runs")
        known.add(run.resolve())
    return [_read(run) for run in runs]


def run_folders(folder: Path) -> list[Path]:
    """Return the folders of runs at or below ``folder``: its own, or those of its repetitions."""
    patterns = (RESULT, f"*/{RESULT}", f"*/*/{RESULT}")
    found = (sorted(folder.glob(pattern), key=_in_order) for pattern in patterns)
    return [each.parent for each in next((files for files in found if files), [])]


def broken_off(folder: Path) -> list[Path]:
    """Return the folders of runs at or below ``folder`` that ended before they were measured."""
    patterns = (TOPOLOGY, f"*/{TOPOLOGY}", f"*/*/{TOPOLOGY}")
    found = [each.parent for pattern in patterns for each in sorted(folder.glob(pattern))]
    return [each for each in found if not (each / RESULT).exists() and _network(each)]


def _in_order(file: Path) -> tuple[str, int, str]:
    """Order runs by protocol, then by the number of their repetition."""
    name = file.parent.name
    return str(file.parent.parent), int(name) if name.isdecimal() else 0, name


def _read(folder: Path) -> Gathered:
    file = folder / RESULT
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        for key in ("name", "protocol", "backend", "handovers", "flows", "signalling"):
            document[key]
    except OSError as error:
        raise NotComparable(f"{file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise NotComparable(f"{file}: not the result of a run ({error})") from error
    return Gathered(document, _network(folder), folder)


def _network(folder: Path) -> Network | None:
    """Return the network of a run; None where another version has written it."""
    try:
        return read_network(folder / TOPOLOGY)
    except TopologyError:
        return None


@dataclass(frozen=True, slots=True)
class Column:
    """The runs of one protocol in one backend: what one column, or one row, stands for.

    ``options`` are those of the protocol in which its runs differ from those of other columns.
    """

    label: str
    protocol: str
    backend: str
    options: str
    runs: tuple[Gathered, ...]


def columns(runs: Sequence[Gathered]) -> list[Column]:
    """Return the runs by protocol, its options and backend, in the order of the registry.

    The backend is named where there are both, the topology where there are several, and of the
    options those that differ.
    """
    known = list(PROTOCOLS)

    def place(run: Gathered) -> int:
        return known.index(run.protocol) if run.protocol in known else len(known)

    ordered = sorted(runs, key=place)
    grouped: dict[tuple[str, str, str, str], list[Gathered]] = {}
    for run, options in zip(ordered, _options(ordered), strict=True):
        key = (run.protocol, run.backend, str(run.document["name"]), options)
        grouped.setdefault(key, []).append(run)
    backends, names = {key[1] for key in grouped}, {key[2] for key in grouped}
    found = []
    for (protocol, backend, name, options), group in grouped.items():
        told = [name] if len(names) > 1 else []
        told += [options] if options else []
        words = [protocol, *([backend] if len(backends) > 1 else [])]
        words += [f"({', '.join(told)})"] if told else []
        found.append(Column(" ".join(words), protocol, backend, options, tuple(group)))
    return found


def _options(runs: Sequence[Gathered]) -> list[str]:
    """Return for each run the options that tell it from others of its protocol and topology."""
    alike: dict[tuple[str, str], list[int]] = {}
    for index, run in enumerate(runs):
        alike.setdefault((run.protocol, str(run.document["name"])), []).append(index)
    found = [""] * len(runs)
    for places in alike.values():
        labels = variants([runs[index].network for index in places])
        for index, label in zip(places, labels, strict=True):
            found[index] = label
    return found
