"""Multicast routing of a run: what each router's daemon is told, and what its end means."""

from __future__ import annotations

from pathlib import Path

import emulated_runs as runs
import pytest

from testbed.emulated.multicast import configuration
from testbed.topology.network import MulticastRoute

GROUP = "ff05::4d41:4701"

TOPOLOGY = """
name: groups
protocol: sdpmip
domains:
  home: {prefix: "2001:db8:1::/48"}
  edge: {prefix: "2001:db8:2::/48"}
nodes:
  owner: {place: anchor, domain: home}
  core: {place: router, domain: home}
  mag1: {place: access-router, domain: edge}
  mag2: {place: access-router, domain: edge}
  cn: {place: correspondent, domain: edge}
  mn1: {place: mobile, anchor: owner}
links:
  - {ends: [owner, core]}
  - {ends: [core, mag1]}
  - {ends: [core, mag2]}
  - {ends: [cn, mag1]}
access:
  wlan2: {router: mag2}
"""

KILLING = """
timeline:
  - {at: 0, attach: mn1, to: wlan2}
  - {at: 500ms, node: core, run: kill -9 $(cat /run/dmm-testbed/multicast/core.pid)}
duration: 30s
"""

ROUTES = """
timeline:
  - {at: 0, attach: mn1, to: wlan2}
  - {at: 500ms, node: core, run: ip -6 mroute}
  - {at: 500ms, node: mag1, run: ip -6 route show ff05::4d41:4701}
duration: 1s
"""


def test_a_daemon_is_told_of_the_interfaces_it_needs_and_of_each_route() -> None:
    routes = [
        MulticastRoute("2001:db8:2::1", GROUP, "core-eth1", ("core-eth2", "core-eth3")),
        MulticastRoute("2001:db8:2::2", GROUP, "core-eth2", ("core-eth1",)),
    ]
    assert configuration(routes).splitlines() == [
        "phyint core-eth1 enable",
        "phyint core-eth2 enable",
        "phyint core-eth3 enable",
        f"mroute from core-eth1 source 2001:db8:2::1 group {GROUP} to core-eth2 core-eth3",
        f"mroute from core-eth2 source 2001:db8:2::2 group {GROUP} to core-eth1",
    ]


@pytest.mark.root
def test_the_kernel_has_the_routes_of_the_tree_when_the_timeline_begins(tmp_path: Path) -> None:
    topology = runs.write(tmp_path, TOPOLOGY, ROUTES)
    status, _, errors = runs.call("run", topology, "--out", tmp_path / "run")
    assert status == 0, errors
    logs = tmp_path / "run" / "logs"
    shown = [
        line for line in (logs / "core.commands.log").read_text().splitlines() if "Iif" in line
    ]
    assert len(shown) == 2
    assert all(GROUP in line and "resolved" in line for line in shown)
    assert "dev mag1-eth" in (logs / "mag1.commands.log").read_text()


@pytest.mark.root
def test_a_daemon_that_ends_ends_the_run_and_says_where(tmp_path: Path) -> None:
    topology = runs.write(tmp_path, TOPOLOGY, KILLING)
    status, _, errors = runs.call("run", topology, "--out", tmp_path / "run")
    assert status == 1
    assert "no multicast routes on core" in errors
