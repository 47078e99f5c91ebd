"""A run as its user sees it: a folder, a sandbox, and what was measured in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from testbed.emulated import folder, sandbox
from testbed.emulated.errors import EmulationError
from testbed.emulated.journal import read_events
from testbed.emulated.offer import missing, unmet
from testbed.emulated.options import Options
from testbed.emulated.play import FAILED, FINISHED, UNUSABLE, play
from testbed.evidence.capture import read_capture
from testbed.evidence.comments.said import comments_of
from testbed.evidence.comments.writing import write_comments
from testbed.evidence.result import Result, measure, write
from testbed.topology.network import Network

BACKEND = "emulated"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: its exit status, what it measured (None: nothing), and its folder."""

    status: int
    result: Result | None
    folder: Path


def run(network: Network, out: Path | None = None, options: Options | None = None) -> Outcome:
    """Build, play, capture and measure ``network``; see testbed.emulated.run."""
    programs = missing(routes_multicast=bool(network.multicast), has_names=bool(network.names))
    if lacking := programs or unmet(network.protocol):
        raise EmulationError(lacking)
    chosen = options or Options()
    files = folder.choose(out, network.name)
    files.make()
    try:
        status = sandbox.enter(lambda: play(network, files, chosen))
        result = _measure(network, files) if status != UNUSABLE else None
    finally:
        files.give_back()
    if status == FINISHED and result is not None and not result.passed:
        status = FAILED
    return Outcome(status, result, files.root)


def _measure(network: Network, files: folder.RunFolder) -> Result | None:
    """Measure what a run left; None where it broke off before there was anything."""
    manifest = files.root / "manifest.json"
    if not manifest.exists() or not files.capture.exists():
        return None
    captures = json.loads(manifest.read_text(encoding="utf-8"))["captures"]
    sightings = read_capture(files.capture, network)
    events = read_events([files.merged_events])
    result = measure(network, sightings, events, captures, BACKEND)
    write(result, files.root)
    write_comments(files.capture, comments_of(result))
    return result
