"""What S-PMIP's tunnel from gateway to gateway costs TCP: the same hops, tunnelled and plain.

Packets to the mobile are tunnelled, those that it sends are routed: one network is both.
Run with ``pytest tests/benchmarks/test_signal_driven_throughput.py -s`` to see the figures.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from time import monotonic

import pytest

from testbed.emulated import sandbox
from testbed.emulated.folder import RunFolder
from testbed.emulated.options import Options
from testbed.emulated.stage import Stage
from testbed.emulated.traffic.running import has_address, listens
from testbed.protocols import load

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

ROUNDS = 3
SECONDS = 2
LEAST = 0.9  # of the plain throughput
MOST_DIVERTED = 16  # packets of a connection that come before its route is known
PORT = 5201

TOPOLOGY = """
name: throughput
protocol: spmip
domains:
  home: {prefix: "2001:db8:1::/48"}
  edge: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  core: {place: router, domain: home}
  near: {place: access-router, domain: edge}
  far: {place: access-router, domain: edge}
  cn: {place: correspondent, domain: edge}
  mn: {place: mobile, anchor: lma}
links:
  - {ends: [cn, near]}
  - {ends: [near, core]}
  - {ends: [core, far]}
  - {ends: [core, lma]}
access:
  wlan: {router: far}
"""


@pytest.mark.timeout(300)
def test_a_tunnel_between_gateways_keeps_nine_tenths_of_the_throughput(tmp_path: Path) -> None:
    topology, figures = tmp_path / "throughput.yaml", tmp_path / "figures"
    topology.write_text(TOPOLOGY)
    folder = RunFolder(tmp_path / "run")
    folder.make()

    def work() -> int:
        stage = Stage(load(topology), folder, Options())
        stage.mover.attach("mn-eth0", "wlan")
        rates = [(_throughput(stage), _throughput(stage, "-R")) for _ in range(ROUNDS)]
        diverted = stage.agents.ask("near", "counters")["packets diverted"]
        figures.write_text(json.dumps([rates, diverted]))
        return stage.captures.stop()["dropped"]

    assert sandbox.enter(work) == 0, "the captures dropped packets"
    rates, diverted = json.loads(figures.read_text())
    tunnelled, plain = (max(rates) for rates in zip(*rates, strict=True))
    share = tunnelled / plain
    print(f"\ntunnelled {tunnelled / 1e9:.2f} Gbit/s, plain {plain / 1e9:.2f}: {share:.2f}")
    print(f"packets that passed the agent: {diverted}")
    assert share >= LEAST
    assert diverted <= MOST_DIVERTED


def _throughput(stage: Stage, *options: str) -> float:
    """Return what TCP brings from the correspondent to the mobile, or with -R back, in bit/s."""
    nodes = stage.testbed.nodes
    address = stage.network.nodes["mn"].address
    server = subprocess.Popen(
        ["mnexec", "-a", str(nodes["mn"].holder), "iperf3", "-s", "-1", "-p", str(PORT)],
        stdout=subprocess.DEVNULL,
    )
    deadline = monotonic() + 20
    while not (has_address(nodes["mn"], address) and listens(nodes["mn"], PORT)):
        assert monotonic() < deadline, "the mobile has no address"
        stage.loop.run_for(0.05)
    client = ["iperf3", "-c", address, "-p", str(PORT), "-t", str(SECONDS), "-J", *options]
    done = subprocess.run(
        ["mnexec", "-a", str(nodes["cn"].holder), *client],
        capture_output=True,
        text=True,
        check=True,
    )
    server.wait()
    return float(json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"])
