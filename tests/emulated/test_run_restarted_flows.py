"""A flow that is started again goes on counting: no packet passes for one before."""

from __future__ import annotations

import json
from pathlib import Path

import emulated_runs as runs
import pytest
from wire_views import rows

from testbed.emulated.traffic.opening import Opened
from testbed.emulated.traffic.programs import programs
from testbed.topology.network import Flow

PLAY = """
flows:
  call: {kind: udp, from: cn, to: mn1, direction: both, interval: 10ms}
  ping: {kind: ping, from: mn1, to: cn, interval: 10ms}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 500ms, start: [call, ping]}
  - {at: 1s, stop: [call, ping]}
  - {at: 1500ms, start: [call, ping]}
  - {at: 2s, stop: [call, ping]}
expect:
  - flows[*].duplicated == 0
  - flows[*].unsent == 0
  - flows.call.lost == 0
  - flows.ping.lost <= 2              # what is under way when it is stopped
"""


def firsts(printed: str) -> list[int]:
    flow = Flow("call", "udp", "cn", "mn1", "::1", "::1", "both", 5001, interval=0.01, size=64)
    plans = [json.loads(each.arguments[-1]) for each in programs(Opened(flow), printed)]
    return [plan["first"] for plan in sorted(plans, key=lambda plan: plan["downward"])]


def test_each_end_goes_on_after_what_it_has_sent_last() -> None:
    said = [
        '{"downward": false, "next": 7}',
        '{"downward": true, "next": 9}',
        "Traceback",
        '"text"',
        '{"downward": true, "next": 12}',
    ]
    assert firsts("") == [0, 0]
    assert firsts("\n".join(said)) == [7, 12]


@pytest.mark.root
def test_a_flow_that_was_stopped_and_started_is_counted_whole(tmp_path: Path) -> None:
    path = runs.write(tmp_path, runs.TOPOLOGY, PLAY)
    status, output, errors = runs.call("run", path, "--out", tmp_path / "run")
    assert status == 0, output + errors
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    for flow in result["flows"]:
        assert flow["sent"] > 60
        assert flow["received"] >= flow["sent"] - 2
    capture = tmp_path / "run" / "captures" / "mn1.pcapng"
    requests = rows(capture, "frame.number", display_filter="icmpv6.type == 128")
    (ping,) = [flow for flow in result["flows"] if flow["kind"] == "ping"]
    assert ping["sent"] == len(requests)
