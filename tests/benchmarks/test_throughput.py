"""What tunnels cost TCP: the same hops and cables, with PMIPv6's tunnel and by plain routes.

Run with ``pytest tests/benchmarks/test_throughput.py -s`` to see the figures.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from benchmark_runs import ip, settle_plainly, share, staged, throughput

from testbed.emulated.stage import Stage
from testbed.protocols import load
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
    topology = tmp_path / "throughput.yaml"
    topology.write_text(TOPOLOGY)
    network = load(topology)
    unaided = replace(network, agents={})
    found = share(
        lambda number: _measure(network, tmp_path / f"tunnelled{number}"),
        lambda number: _measure(unaided, tmp_path / f"plain{number}"),
    )
    assert found >= LEAST


def _measure(network: Network, place: Path) -> float:
    """Return the TCP throughput from the correspondent to the mobile in bit/s."""

    def work(stage: Stage) -> float:
        stage.mover.attach("mn-eth0", "wlan")
        if not network.agents:
            _route_plainly(stage)
        return throughput(stage, "cn", "mn", SECONDS)

    return float(staged(network, place, work))


def _route_plainly(stage: Stage) -> None:
    """Take the place of the tunnel: routes to the home prefix on every router of the path."""
    nodes = stage.network.nodes
    mobile = nodes["mn"].mobile
    assert mobile is not None
    (prefix,) = mobile.home_prefixes["mn-eth0"]
    (address,) = mobile.home_addresses["mn-eth0"]
    access = stage.network.accesses["wlan"].interface
    gateway = next(each for each in nodes["mag"].interfaces if each.name == access)
    core = next(each for each in nodes["lma"].routes if each.interface == "lma-eth1")
    mag = next(each for each in nodes["core"].routes if each.interface == "core-eth1")
    ip(stage, "lma", "route", "replace", prefix, "via", core.next_hop, "dev", "lma-eth1")
    ip(stage, "core", "route", "replace", prefix, "via", mag.next_hop, "dev", "core-eth1")
    ip(stage, "mag", "route", "replace", prefix, "dev", gateway.name)
    ip(stage, "mag", "route", "replace", "default", "via", _back(stage), "dev", "mag-eth0")
    settle_plainly(stage, "mn", address, gateway)


def _back(stage: Stage) -> str:
    core = stage.network.nodes["core"]
    return next(each.link_local for each in core.interfaces if each.name == "core-eth1")
