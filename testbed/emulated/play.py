"""One run inside its sandbox, from building to the last packet on file."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from time import monotonic, time
from typing import Any

from rich.console import Console

from testbed.emulated import kernel, manifest
from testbed.emulated.errors import EmulationError, RunFailed, Terminated
from testbed.emulated.folder import RunFolder
from testbed.emulated.journal import read_events, write_events
from testbed.emulated.options import Options
from testbed.emulated.progress import Watch
from testbed.emulated.shell import prompt
from testbed.emulated.stage import Stage
from testbed.evidence.folders import write_topology
from testbed.topology.network import Network

FINISHED, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


def play(network: Network, folder: RunFolder, options: Options) -> int:
    """Build, play and tear down; return 0, or 1 failed, 2 cannot be done here, 130 interrupted."""
    console = Console(stderr=True)
    write_topology(folder.root / "topology.yaml", network)
    begun = datetime.now(UTC)
    load = manifest.LoadMeter()
    try:
        stage = Stage(network, folder, options)
    except (EmulationError, RunFailed, OSError) as error:
        print(f"dmm-testbed: {error}", file=sys.stderr)
        return UNUSABLE if isinstance(error, EmulationError) else FAILED
    status, outcome = _perform(stage, options, console)
    busy = load.busy()
    step = time() - monotonic() - stage.clock.offset
    captures = close(stage)
    loaded = manifest.load_report(busy, stage.player.latest, stage.player.lag, step)
    for reason in loaded["alarm"]:
        print(f"dmm-testbed: {reason}: delays may be this machine's own", file=sys.stderr)
    contents: dict[str, Any] = {
        "name": network.name,
        "protocol": network.protocol,
        "seed": network.seed,
        "begun": begun.isoformat(),
        "outcome": outcome,
        "timings": {name: round(each, 3) for name, each in stage.timings.items()},
        "captures": captures,
        "backends": stage.backends(),
        "load": loaded,
        "clock_step": round(step, 6),
        **manifest.surroundings(),
    }
    manifest.write_manifest(folder.root / "manifest.json", contents)
    return status


def _perform(stage: Stage, options: Options, console: Console) -> tuple[int, str]:
    """Play the timeline, or open the prompt; return the exit status and what happened."""
    try:
        stage.journal.log("ready")
        if options.prompt:
            prompt(stage)
        else:
            _play_timeline(stage, console)
        stage.flows.stop_all()
        stage.journal.log("finished")
    except (RunFailed, OSError) as error:
        stage.journal.log("failed", why=str(error))
        print(f"dmm-testbed: {error}", file=sys.stderr)
        return FAILED, f"failed: {error}"
    except Terminated:
        stage.journal.log("interrupted")
        return INTERRUPTED, "interrupted"
    return FINISHED, "finished"


def _play_timeline(stage: Stage, console: Console) -> None:
    network = stage.network
    kernel.come_first()  # a step that comes late is a handover at the wrong time
    with Watch(console, network.name, network.duration) as watch:
        watch.follow(stage.loop)
        stage.player.play(network.timeline, network.duration, watch.told)


def close(stage: Stage) -> dict[str, int]:
    """Put what was captured and logged in order; return how much was captured and dropped."""
    folder = stage.folder
    captures = stage.captures.stop()
    stage.captures.merge(folder.capture)
    stage.journal.close()
    files = list(folder.events.iterdir())
    write_events(read_events(files), folder.merged_events)
    for file in files:
        file.unlink()
    folder.events.rmdir()
    return captures
