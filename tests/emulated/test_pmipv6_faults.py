"""PMIPv6 on the wire when agents die, come back, or a mobile node has two interfaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import emulated_runs as runs
import pytest

from testbed.evidence.capture import read_capture
from testbed.evidence.observed import Sighting
from testbed.protocols import load

pytestmark = pytest.mark.root

SHORT_LIVED = """
protocols:
  pmipv6: {lifetime: 4s, refresh_fraction: 0.2}
"""

DYING = """
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 0.8s, start: ping}
  - {at: 1.6s, kill: mag1}
  - {at: 2.2s, restart: mag1}
  - {at: 3.5s, kill: lma}
  - {at: 4s, restart: lma}
  - {at: 6.4s, run: "ip -6 route show table all", node: lma}
  - {at: 6.4s, run: "ip -6 route show table all", node: mag1}
  - {at: 6.5s, stop: ping}
"""


def events_of(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "events.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def named(events: list[dict[str, Any]], event: str, **details: Any) -> list[dict[str, Any]]:
    wanted = {"event": event, **details}
    return [each for each in events if wanted.items() <= each.items()]


def arrivals(folder: Path, topology: Path, node: str) -> list[Sighting]:
    """Echo requests that came in at ``node``, in order."""
    seen = read_capture(folder / "capture.pcapng", load(topology))
    return [each for each in seen if each.flow and each.node == node and not each.outgoing]


def test_killed_agents_recover_and_packets_flow_meanwhile(tmp_path: Path) -> None:
    topology = runs.write(tmp_path, runs.TOPOLOGY, SHORT_LIVED, runs.FLOWS, DYING)
    folder = tmp_path / "run"
    status, _, errors = runs.call("run", topology, "--out", folder)
    assert status == 0, errors
    events = events_of(folder)
    killed = {each["subject"]: each["at"] for each in named(events, "agent_killed")}
    restarted = {each["subject"]: each["at"] for each in named(events, "agent_restarted")}
    times = [each.at for each in arrivals(folder, topology, "mn1")]

    # The kernel's routes outlive the agent that made them.
    for node in ("mag1", "lma"):
        assert any(restarted[node] - 0.1 < at < restarted[node] for at in times), node

    # The gateway is told again who is attached; the anchor hears of it when bindings are renewed.
    (attached,) = [e for e in named(events, "attached", node="mag1") if e["at"] > killed["mag1"]]
    assert attached["at"] > restarted["mag1"]
    accepted = [e["at"] for e in named(events, "binding_accepted") if e["at"] > restarted["lma"]]
    assert accepted
    assert any(at > accepted[0] + 0.5 for at in times)
    assert not named(events, "detached")
    for shown in named(events, "command"):
        assert shown["status"] == 0
    home = load(topology).nodes["mn1"].mobile.home_prefixes["mn1-eth0"][0]
    for node in ("lma", "mag1"):
        assert home in (folder / "logs" / f"{node}.commands.log").read_text()


def test_an_agent_that_dies_unasked_fails_the_run_with_its_last_words(tmp_path: Path) -> None:
    murder = """
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 1s, node: cn, run: "kill -9 $(pgrep -x 'agent mag1')"}
duration: 20s
"""
    topology = runs.write(tmp_path, runs.TOPOLOGY, murder)
    folder = tmp_path / "run"
    status, _, errors = runs.call("run", topology, "--out", folder)
    assert status == 1
    assert "dmm-testbed: the agent of mag1 died (status -9); its last lines:" in errors
    last = (folder / "logs" / "mag1.log").read_text().splitlines()[-1]
    assert last in errors
    assert named(events_of(folder), "failed")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["outcome"].startswith("failed: the agent of mag1 died")


TWO_INTERFACES = runs.TOPOLOGY.replace(
    "  mn1: {place: mobile, anchor: lma}",
    "  mn1: {place: mobile, anchor: lma, interfaces: {wlan: {}, lte: {}}}",
)

BOTH = """
flows:
  one: {kind: udp, from: cn, to: mn1, interface: wlan, direction: both, interval: 10ms}
  two: {kind: udp, from: cn, to: mn1, interface: lte, direction: both, interval: 10ms}
timeline:
  - {at: 0, attach: mn1, interface: wlan, to: wlan1}
  - {at: 0, attach: mn1, interface: lte, to: wlan2}
  - {at: 1.2s, start: [one, two]}
  - {at: 2s, move: mn1, interface: wlan, to: wlan2, gap: 100ms}
  - {at: 2.8s, stop: [one, two]}
"""


def test_two_interfaces_are_two_sessions_and_each_flow_keeps_to_its_own(tmp_path: Path) -> None:
    topology = runs.write(tmp_path, TWO_INTERFACES, BOTH)
    folder = tmp_path / "run"
    status, output, errors = runs.call("run", topology, "--out", folder, "--json")
    assert status == 0, errors
    result = json.loads(output)
    one, two = result["flows"]
    for flow in (one, two):
        assert flow["directions"]["up"]["received"] > 80, flow
        assert flow["directions"]["down"]["received"] > 80, flow
    assert one["lost"] > 0  # it was moved, with a gap
    assert two["lost"] == 0
    own = {"one": "mn1-wlan", "two": "mn1-lte"}
    seen = read_capture(folder / "capture.pcapng", load(topology))
    used = {(each.flow, each.interface) for each in seen if each.flow and each.node == "mn1"}
    assert used == set(own.items())
    accepted = named(events_of(folder), "binding_accepted")
    assert len({tuple(each["prefixes"]) for each in accepted}) == 2
