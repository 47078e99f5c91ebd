"""Runs of a network inside a sandbox of their own, for the benchmarks of the emulated backend."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from testbed.emulated import sandbox
from testbed.emulated.folder import RunFolder
from testbed.emulated.journal import read_events
from testbed.emulated.options import Options
from testbed.emulated.play import close
from testbed.emulated.stage import Stage
from testbed.evidence.capture import read_capture
from testbed.evidence.result import measure
from testbed.protocols import load
from testbed.topology.network import Network

PATIENCE = 20.0  # s
ROUNDS = 3  # at most: what else the machine does only adds to a figure


@dataclass(frozen=True)
class Played:
    """The result of a run, and what each agent counted."""

    document: dict[str, Any]
    counters: dict[str, dict[str, Any]]


def written(folder: Path, text: str) -> Network:
    """Return the network of a topology that is written into ``folder``."""
    file = folder / "topology.yaml"
    file.write_text(text)
    return load(file)


def play(network: Network, place: Path) -> Played:
    """Play the timeline of ``network``; its captures must be whole."""
    folder = RunFolder(place)
    folder.make()
    report = place / "report.json"

    def work() -> int:
        stage = Stage(network, folder, Options())
        stage.journal.log("ready")
        stage.player.play(network.timeline, network.duration, lambda _: None)
        counters = {node: stage.agents.ask(node, "counters") for node in network.agents}
        captures = close(stage)
        report.write_text(json.dumps({"counters": counters, "captures": captures}))
        return 0

    assert sandbox.enter(work) == 0
    said = json.loads(report.read_text())
    assert said["captures"]["dropped"] == 0
    sightings = read_capture(folder.capture, network)
    events = read_events([folder.merged_events])
    result = measure(network, sightings, events, said["captures"], "emulated")
    return Played(dict(result.document), said["counters"])


def over_bound(played: Played, latencies: Sequence[float], bound: float) -> float:
    """Print what a run tells of its handovers; return their median latency over ``bound``.

    ``bound`` is what the delays of the links alone come to, in seconds.
    """
    assert min(latencies) >= bound
    ratio = median(latencies) / bound
    print(f"\n{median(latencies) * 1000:.2f} ms of {bound * 1000:g} ms: {ratio:.3f}")
    _print_phases(played.document["handovers"])
    for node, counters in played.counters.items():
        handling = counters["handling"]
        print(f"  {node}: {handling['median_us']} us per input, most {handling['max_us']} us")
    return ratio


def _print_phases(handovers: Sequence[Mapping[str, Any]]) -> None:
    """Print those phases that every handover had."""
    for name in handovers[0]["phases"]:
        times = [each["phases"][name] for each in handovers]
        if None not in times and name not in ("link_down", "link_up"):
            starts = [each["phases"]["link_up"] for each in handovers]
            after = [time - start for time, start in zip(times, starts, strict=True)]
            print(f"  {name} {median(after) * 1000:.3f} ms after link_up")


def staged(network: Network, place: Path, work: Callable[[Stage], Any]) -> Any:
    """Return what ``work`` does with ``network``, of plain JSON; its captures must be whole."""
    folder = RunFolder(place)
    folder.make()
    report = place / "report.json"

    def inside() -> int:
        stage = Stage(network, folder, Options())
        report.write_text(json.dumps(work(stage)))
        return 0 if stage.captures.stop()["dropped"] == 0 else 1

    assert sandbox.enter(inside) == 0, "the captures dropped packets"
    return json.loads(report.read_text())


def on_node(stage: Stage, node: str, *words: str | None) -> list[str]:
    """Return the command that runs ``words`` on ``node``."""
    return ["mnexec", "-a", str(stage.testbed.nodes[node].holder), *map(str, words)]


def ip(stage: Stage, node: str, *words: str | None) -> None:
    """Have ``ip -6`` do something on ``node``."""
    subprocess.run(on_node(stage, node, "ip", "-6", *words), check=True)


def lowest_of_runs(
    network: Network, place: Path, most: float, ratio: Callable[[Played], float]
) -> float:
    """Return the lowest ratio of up to ROUNDS runs, of as many as bring it to ``most``."""
    return lowest(most, lambda number: ratio(play(network, place / f"run{number}")))


def lowest(most: float, measure: Callable[[int], float]) -> float:
    """Return the lowest figure of up to ROUNDS rounds, of as many as bring it to ``most``."""
    figures: list[float] = []
    while len(figures) < ROUNDS and min(figures, default=2 * most) > most:
        figures.append(measure(len(figures)))
    return min(figures)
