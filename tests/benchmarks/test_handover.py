"""What a handover takes beyond the delays that its messages must cross, and the agents' share.

Run with ``pytest tests/benchmarks/test_handover.py -s`` to see the figures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pytest

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

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

DELAY, ACCESS = 0.010, 0.002  # s, one way
MOVES = 12
MOST = 1.1  # times the delays that the exchange must cross
ROUNDS = 3  # at most: what else the machine does only adds to a figure
AGENTS = ("lma", "mag1", "mag2")

TOPOLOGY = f"""
name: handover
protocol: pmipv6
domains:
  home: {{prefix: "2001:db8:1::/48"}}
  edge: {{prefix: "2001:db8:2::/48"}}
nodes:
  lma: {{place: anchor, domain: home}}
  cn: {{place: correspondent, domain: home}}
  mag1: {{place: access-router, domain: edge}}
  mag2: {{place: access-router, domain: edge}}
  mn1: {{place: mobile, anchor: lma}}
links:
  - {{ends: [cn, lma]}}
  - {{ends: [lma, mag1], delay: {DELAY}s}}
  - {{ends: [lma, mag2], delay: {DELAY}s}}
access:
  wlan1: {{router: mag1, delay: {ACCESS}s}}
  wlan2: {{router: mag2, delay: {ACCESS}s}}
flows:
  probe: {{kind: udp, from: cn, to: mn1, direction: down, interval: 1ms, size: 32}}
timeline:
  - {{at: 0, attach: mn1, to: wlan1}}
  - {{at: 1s, start: probe}}
  - {{at: 1.5s, pingpong: mn1, between: [wlan2, wlan1], every: 300ms, times: {MOVES}, gap: 20ms}}
"""


@dataclass(frozen=True)
class Played:
    """Handovers of a run, and what its agents say of their work."""

    handovers: list[dict[str, Any]]
    handling: dict[str, dict[str, float]]


@pytest.mark.timeout(300)
def test_a_handover_takes_little_more_than_the_delays_it_must_cross(tmp_path: Path) -> None:
    topology = tmp_path / "handover.yaml"
    topology.write_text(TOPOLOGY)
    network = load(topology)
    ratios: list[float] = []
    while len(ratios) < ROUNDS and min(ratios, default=2 * MOST) > MOST:
        ratios.append(_ratio(_play(network, tmp_path / f"run{len(ratios)}")))
    assert min(ratios) <= MOST


def _ratio(played: Played) -> float:
    """Print what a run tells; return its median latency over the delays to be crossed."""
    assert len(played.handovers) == MOVES
    latencies = [each["latency"] for each in played.handovers]
    crossed = 2 * DELAY + ACCESS
    assert min(latencies) >= crossed
    ratio = median(latencies) / crossed
    print(f"\nlatency {median(latencies) * 1000:.2f} ms of {crossed * 1000:g} ms: {ratio:.3f}")
    _print_phases(played.handovers)
    for node, handling in played.handling.items():
        print(f"  {node}: {handling['median_us']} us per input, most {handling['max_us']} us")
    return ratio


def _print_phases(handovers: list[dict[str, Any]]) -> None:
    for name in ("binding_sent", "binding_acknowledged", "route_installed", "first_packet"):
        after = [each["phases"][name] - each["phases"]["link_up"] for each in handovers]
        print(f"  {name} {median(after) * 1000:.3f} ms after link_up")


def _play(network: Network, place: Path) -> Played:
    folder = RunFolder(place)
    folder.make()
    report = place / "report.json"

    def work() -> int:
        stage = Stage(network, folder, Options())
        stage.journal.log("ready")
        stage.player.play(network.timeline, network.duration, lambda _: None)
        handling = {node: stage.agents.ask(node, "counters")["handling"] for node in AGENTS}
        captures = close(stage)
        report.write_text(json.dumps({"handling": handling, "captures": captures}))
        return 0

    assert sandbox.enter(work) == 0
    said = json.loads(report.read_text())
    assert said["captures"]["dropped"] == 0
    sightings = read_capture(folder.capture, network)
    events = read_events([folder.merged_events])
    result = measure(network, sightings, events, said["captures"], "emulated")
    return Played(list(result.document["handovers"]), said["handling"])
