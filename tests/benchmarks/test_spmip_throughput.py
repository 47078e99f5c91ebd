"""What tunnels from gateway to gateway cost TCP: the same hops and cables, and plain routes.

Run with ``pytest tests/benchmarks/test_spmip_throughput.py -s`` to see the figures.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark_runs import staged, written
from benchmark_throughput import home, ping, route_plainly, settle_plainly, share, throughput

from testbed.emulated.stage import Stage
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


@pytest.mark.timeout(300)
def test_an_established_flow_keeps_nine_tenths_and_passes_no_agent(tmp_path: Path) -> None:
    assert share(written(tmp_path, TOPOLOGY), tmp_path, _measure) >= LEAST


def _measure(network: Network, place: Path) -> float:
    """Return the TCP throughput to the mobile in bit/s, once a ping has come through."""

    def work(stage: Stage) -> tuple[float, int, int]:
        stage.mover.attach("mn-eth0", "wlan")
        if not network.agents:
            _settle(stage)
        stage.loop.run_for(0.5)  # the mobile's address comes with the first advertisement
        ping(stage, "cn", network.nodes["mn"].address)
        before = _diverted(stage)
        speed = throughput(stage, "cn", "mn", SECONDS)
        return speed, before, _diverted(stage)

    speed, before, after = staged(network, place, work)
    assert before == after
    assert bool(before) == bool(network.agents)
    return float(speed)


def _diverted(stage: Stage) -> int:
    """Return how many packets have gone through agents so far, all together."""
    counters = [stage.agents.ask(node, "counters") for node in stage.network.agents]
    return sum(each.get(AGENT, 0) for each in counters)


def _settle(stage: Stage) -> None:
    """Take the place of the tunnel: routes to the home prefix where there are none."""
    prefix, address = home(stage.network, "mn")
    route_plainly(stage, prefix, "core-eth1", stage.network.accesses["wlan"].interface)
    settle_plainly(stage, "mn", address, "wlan")
