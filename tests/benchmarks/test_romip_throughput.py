"""What tunnels between MAARs cost TCP: the same hops and cables, and plain routes.

Run with ``pytest tests/benchmarks/test_romip_throughput.py -s`` to see the figures.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from benchmark_runs import on_node, staged, written
from benchmark_throughput import ping, route_plainly, settle_plainly, share, throughput

from testbed.emulated.stage import Stage
from testbed.topology.network import Network

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

SECONDS = 2
LEAST = 0.9  # of the plain throughput
PLAIN = "2001:db8:2:ffff::1"

TOPOLOGY = """
name: throughput
protocol: romip
domains:
  home: {prefix: "2001:db8:1::/48"}
  edge: {prefix: "2001:db8:2::/48"}
nodes:
  home: {place: anchor, domain: home}
  aaa: {place: aaa-server, domain: home}
  core: {place: router, domain: edge}
  maar1: {place: access-router, domain: edge}
  maar2: {place: access-router, domain: edge}
  maar3: {place: access-router, domain: edge}
  cn: {place: correspondent}
  mn: {place: mobile}
links:
  - {ends: [cn, maar1]}
  - {ends: [maar1, core]}
  - {ends: [core, maar2]}
  - {ends: [core, maar3]}
  - {ends: [core, home]}
  - {ends: [home, aaa]}
access:
  first: {router: maar3}
  wlan: {router: maar2}
"""


@pytest.mark.timeout(300)
def test_a_session_that_has_moved_keeps_nine_tenths(tmp_path: Path) -> None:
    assert share(written(tmp_path, TOPOLOGY), tmp_path, _measure) >= LEAST


def _measure(network: Network, place: Path) -> float:
    def work(stage: Stage) -> float:
        address = _move(stage) if network.agents else _stay(stage)
        return throughput(stage, "cn", "mn", SECONDS, address)

    return float(staged(network, place, work))


def _move(stage: Stage) -> str:
    """Begin a session at one MAAR and go on at another, where packets come by a tunnel."""
    correspondent = stage.network.nodes["cn"].address
    stage.mover.attach("mn-eth0", "first")
    stage.loop.run_for(1.0)
    address = str(stage.agents.ask("mn", "bindings")[0]["address"])
    ping(stage, "mn", correspondent, "-I", address)
    stage.mover.move("mn-eth0", "wlan", gap=0.0)
    stage.loop.run_for(1.0)
    ping(stage, "mn", correspondent, "-I", address)
    words = ("ip", "-6", "route", "show", "table", "all", address)
    done = subprocess.run(on_node(stage, "maar1", *words), capture_output=True, text=True)
    assert f"[ {stage.network.nodes['maar2'].address} ]" in done.stdout
    return address


def _stay(stage: Stage) -> str:
    """Have plain routes to the mobile where there is no agent."""
    stage.mover.attach("mn-eth0", "wlan")
    access = stage.network.accesses["wlan"].interface
    route_plainly(stage, f"{PLAIN}/128", "core-eth1", access)
    subprocess.run(on_node(stage, "maar2", "nft", "delete", "table", "ip6", "hosts"), check=True)
    settle_plainly(stage, "mn", PLAIN, "wlan")
    return PLAIN
