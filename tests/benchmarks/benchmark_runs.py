"""Runs of a network inside a sandbox of their own, for the benchmarks of the emulated backend."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from testbed.emulated import sandbox
from testbed.emulated.folder import RunFolder
from testbed.emulated.journal import read_events
from testbed.emulated.options import Options
from testbed.emulated.play import close
from testbed.emulated.stage import Stage
from testbed.emulated.traffic.running import has_address, listens
from testbed.evidence.capture import read_capture
from testbed.evidence.result import measure
from testbed.topology.network import Network

PORT = 5201
PATIENCE = 20.0  # s


@dataclass(frozen=True)
class Played:
    """The result of a run, and what each agent counted."""

    document: dict[str, Any]
    counters: dict[str, dict[str, Any]]


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


def on_node(stage: Stage, node: str, *words: str | None) -> list[str]:
    """Return the command that runs ``words`` on ``node``."""
    return ["mnexec", "-a", str(stage.testbed.nodes[node].holder), *map(str, words)]


def ip(stage: Stage, node: str, *words: str | None) -> None:
    """Have ``ip -6`` do something on ``node``."""
    subprocess.run(on_node(stage, node, "ip", "-6", *words), check=True)


def throughput(stage: Stage, sender: str, receiver: str, seconds: int) -> float:
    """Return the TCP throughput between two nodes in bit/s, as the receiver has it."""
    node, address = stage.testbed.nodes[receiver], stage.network.nodes[receiver].address
    serve: Sequence[str] = on_node(stage, receiver, "iperf3", "-s", "-1", "-p", str(PORT))
    server = subprocess.Popen(serve, stdout=subprocess.DEVNULL)
    deadline = monotonic() + PATIENCE
    while not (has_address(node, address) and listens(node, PORT)):
        assert monotonic() < deadline, f"{receiver} has no address"
        stage.loop.run_for(0.05)
    client = ("iperf3", "-c", address, "-p", str(PORT), "-t", str(seconds), "-J")
    done = subprocess.run(
        on_node(stage, sender, *client), capture_output=True, text=True, check=True
    )
    server.wait()
    return float(json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"])
