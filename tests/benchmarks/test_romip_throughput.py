"""What tunnels between MAARs cost TCP: the same hops and cables, and plain routes.

Run with ``pytest tests/benchmarks/test_romip_throughput.py -s`` to see the figures.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from benchmark_runs import PATIENCE, ip, on_node, settle_plainly, share, staged, throughput

from testbed.emulated.stage import Stage
from testbed.protocols import load
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
    topology = tmp_path / "topology.yaml"
    topology.write_text(TOPOLOGY)
    network = load(topology)
    unaided = replace(network, agents={})

    def tunnelled(number: int) -> float:
        return _measure(network, tmp_path / f"tunnelled{number}")

    def plain(number: int) -> float:
        return _measure(unaided, tmp_path / f"plain{number}")

    assert share(tunnelled, plain) >= LEAST


def _measure(network: Network, place: Path) -> float:
    def work(stage: Stage) -> float:
        address = _move(stage) if network.agents else _stay(stage)
        return throughput(stage, "cn", "mn", SECONDS, address)

    return float(staged(network, place, work))


def _move(stage: Stage) -> str:
    """Begin a session at one MAAR and go on at another, where packets come by a tunnel."""
    stage.mover.attach("mn-eth0", "first")
    stage.loop.run_for(1.0)
    address = str(stage.agents.ask("mn", "bindings")[0]["address"])
    _ping(stage, address)
    stage.mover.move("mn-eth0", "wlan", gap=0.0)
    stage.loop.run_for(1.0)
    _ping(stage, address)
    words = ("ip", "-6", "route", "show", "table", "all", address)
    done = subprocess.run(on_node(stage, "maar1", *words), capture_output=True, text=True)
    assert f"[ {stage.network.nodes['maar2'].address} ]" in done.stdout
    return address


def _ping(stage: Stage, source: str) -> None:
    cn = stage.network.nodes["cn"].address
    words = ("ping", "-6", "-n", "-c", "1", "-w", str(int(PATIENCE)), "-I", source, cn)
    subprocess.run(on_node(stage, "mn", *words), check=True, capture_output=True)


def _stay(stage: Stage) -> str:
    """Have plain routes to the mobile where there is no agent."""
    stage.mover.attach("mn-eth0", "wlan")
    nodes, access = stage.network.nodes, stage.network.accesses["wlan"].interface
    gateway = next(each for each in nodes["maar2"].interfaces if each.name == access)
    link = next(each for each in nodes["maar2"].interfaces if each.name != access)
    prefix = f"{PLAIN}/128"
    ip(stage, "core", "route", "replace", prefix, "via", link.link_local, "dev", "core-eth1")
    ip(stage, "maar2", "route", "replace", prefix, "dev", gateway.name)
    subprocess.run(on_node(stage, "maar2", "nft", "delete", "table", "ip6", "hosts"), check=True)
    settle_plainly(stage, "mn", PLAIN, gateway)
    return PLAIN
