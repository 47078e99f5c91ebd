"""What tunnels cost TCP: the same hops and cables, with PMIPv6's tunnel and by plain routes.

Run with ``pytest tests/benchmarks/test_throughput.py -s`` to see the figures.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark_runs import staged, written
from benchmark_throughput import home, route_plainly, settle_plainly, share, throughput

from testbed.emulated.stage import Stage
from testbed.topology.network import Network

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

SECONDS = 2
LEAST = 0.9  # of the plain throughput

TOPOLOGY = """
name: throughput
protocol: pmipv6
domains:
  home: {prefix: "2001:db8:1::/48"}
  edge: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  cn: {place: correspondent, domain: home}
  core: {place: router, domain: edge}
  mag: {place: access-router, domain: edge}
  mn: {place: mobile, anchor: lma}
links:
  - {ends: [cn, lma]}
  - {ends: [lma, core]}
  - {ends: [core, mag]}
access:
  wlan: {router: mag}
"""


@pytest.mark.timeout(300)
def test_a_tunnel_keeps_nine_tenths_of_the_throughput(tmp_path: Path) -> None:
    assert share(written(tmp_path, TOPOLOGY), tmp_path, _measure) >= LEAST


def _measure(network: Network, place: Path) -> float:
    """Return the TCP throughput from the correspondent to the mobile in bit/s."""

    def work(stage: Stage) -> float:
        stage.mover.attach("mn-eth0", "wlan")
        if not network.agents:
            _settle(stage)
        return throughput(stage, "cn", "mn", SECONDS)

    return float(staged(network, place, work))


def _settle(stage: Stage) -> None:
    """Take the place of the tunnel: routes to the home prefix on every router of the path."""
    prefix, address = home(stage.network, "mn")
    route_plainly(stage, prefix, "lma-eth1", "core-eth1", stage.network.accesses["wlan"].interface)
    route_plainly(stage, "default", "mag-eth0")
    settle_plainly(stage, "mn", address, "wlan")
