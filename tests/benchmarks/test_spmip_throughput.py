"""What tunnels from gateway to gateway cost TCP: the same hops and cables, and plain routes.

Run with ``pytest tests/benchmarks/test_spmip_throughput.py -s`` to see the figures.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from benchmark_runs import PATIENCE, ip, on_node, settle_plainly, share, staged, throughput

from testbed.emulated.stage import Stage
from testbed.protocols import load
from testbed.topology.network import Network

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

SECONDS = 2
LEAST = 0.9  # of the plain throughput
AGENT = "packets diverted"  # what an agent counts of the packets that come to it

TOPOLOGY = """
name: throughput
protocol: spmip
domains:
  home: {prefix: "2001:db8:1::/48"}
  edge: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  core: {place: router, domain: edge}
  mag1: {place: access-router, domain: edge}
  mag2: {place: access-router, domain: edge}
  cn: {place: correspondent}
  mn: {place: mobile}
links:
  - {ends: [cn, mag1]}
  - {ends: [mag1, core]}
  - {ends: [core, mag2]}
  - {ends: [core, lma]}
access:
  wlan: {router: mag2}
"""


class Measured(NamedTuple):
    """The throughput in bit/s, and the packets that went through agents before and after it."""

    throughput: float
    before: int
    after: int


@pytest.mark.timeout(300)
def test_an_established_flow_keeps_nine_tenths_and_passes_no_agent(tmp_path: Path) -> None:
    topology = tmp_path / "topology.yaml"
    topology.write_text(TOPOLOGY)
    network = load(topology)
    unaided = replace(network, agents={})

    def tunnelled(number: int) -> float:
        measured = _measure(network, tmp_path / f"tunnelled{number}")
        assert 0 < measured.before == measured.after
        return measured.throughput

    def plain(number: int) -> float:
        return _measure(unaided, tmp_path / f"plain{number}").throughput

    assert share(tunnelled, plain) >= LEAST


def _measure(network: Network, place: Path) -> Measured:
    """Measure from the correspondent to the mobile, once a ping has come through."""

    def work(stage: Stage) -> tuple[float, int, int]:
        stage.mover.attach("mn-eth0", "wlan")
        if not network.agents:
            _route_plainly(stage)
        _ping(stage)
        before = _diverted(stage)
        speed = throughput(stage, "cn", "mn", SECONDS)
        return speed, before, _diverted(stage)

    return Measured(*staged(network, place, work))


def _ping(stage: Stage) -> None:
    """Have the mobile found; its address comes with the first advertisement."""
    address = stage.network.nodes["mn"].address
    deadline = str(int(PATIENCE))
    stage.loop.run_for(0.5)
    words = ("ping", "-6", "-n", "-c", "1", "-w", deadline, address)
    subprocess.run(on_node(stage, "cn", *words), check=True, capture_output=True)


def _diverted(stage: Stage) -> int:
    """Return how many packets have gone through agents so far, all together."""
    counters = [stage.agents.ask(node, "counters") for node in stage.network.agents]
    return sum(each.get(AGENT, 0) for each in counters)


def _route_plainly(stage: Stage) -> None:
    """Take the place of the tunnel: routes to the home prefix where there are none."""
    nodes = stage.network.nodes
    mobile = nodes["mn"].mobile
    assert mobile is not None
    (prefix,) = mobile.home_prefixes["mn-eth0"]
    (address,) = mobile.home_addresses["mn-eth0"]
    access = stage.network.accesses["wlan"].interface
    gateway = next(each for each in nodes["mag2"].interfaces if each.name == access)
    link = next(each for each in nodes["mag2"].interfaces if each.name != access)
    ip(stage, "core", "route", "replace", prefix, "via", link.link_local, "dev", "core-eth1")
    ip(stage, "mag2", "route", "replace", prefix, "dev", gateway.name)
    settle_plainly(stage, "mn", address, gateway)
