"""A flood of packets to home addresses that nobody has, beside a call to one that somebody has."""

from __future__ import annotations

import json
from ipaddress import IPv6Network
from pathlib import Path

import emulated_runs as runs
import pytest
from signal_runs import TOPOLOGIES
from wire_views import rows

from testbed.protocols import load

pytestmark = pytest.mark.root

FLOOD = """
import itertools, socket, time
sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
until = time.monotonic() + {seconds}
for number in itertools.count(1):
    sock.sendto(bytes(64), ("{network}%x" % number, 9))
    if number % 10 == 0:
        time.sleep(0.002)
    if time.monotonic() > until:
        print(number)
        break
"""
SECONDS, RATE, BURST = 2, 100, 200

SCENARIO = """
flows:
  voip: {{kind: udp, from: cn, to: mn1, interval: 10ms, size: 160}}
timeline:
  - {{at: 0, attach: mn1, to: {access}}}
  - {{at: 1s, start: voip}}
  - {{at: 1.5s, node: cn, run: python3 {flood}}}
  - {{at: 4.5s, stop: voip}}
expect:
  - captures.dropped == 0
  - flows.voip.lost == 0
  - flows.voip.reordered == 0
"""


@pytest.mark.parametrize(
    ("protocol", "access", "listener"), [("spmip", "wlan2", "lma"), ("sdpmip", "wlan3", "mag4")]
)
def test_a_flood_is_not_passed_on_as_queries_and_costs_a_call_nothing(
    protocol: str, access: str, listener: str, tmp_path: Path
) -> None:
    topology, folder = TOPOLOGIES / protocol, tmp_path / "run"
    (pool,) = [node.pool for node in load(topology).nodes.values() if node.pool]
    network = str(list(IPv6Network(pool).subnets(new_prefix=64))[-1].network_address)
    flood, scenario = tmp_path / "flood.py", tmp_path / "scenario.yaml"
    flood.write_text(FLOOD.format(network=network, seconds=SECONDS))
    scenario.write_text(SCENARIO.format(access=access, flood=flood))
    words = ("run", topology, "--scenario", scenario, "--out", folder, "--json")
    status, output, errors = runs.call(*words)
    assert status == 0, errors + output
    sent = int((folder / "logs" / "cn.commands.log").read_text().split()[-1])
    asked = rows(
        folder / "captures" / f"{listener}.pcapng",
        "frame.time_relative",
        display_filter="mip6.mhtype == 5 && mipv6[9:1] & 08",
    )
    assert sent > 10 * len(asked) > 0, "most packets are dropped without a question"
    times = [float(row["frame.time_relative"][0]) for row in asked]
    assert len(asked) <= BURST + RATE * (max(times) - min(times)) + 2
    events = map(json.loads, (folder / "events.jsonl").read_text().splitlines())
    drops = [row for row in events if row["event"] == "dropped" and row["node"] == "mag1"]
    assert sum(row.get("packets", 0) for row in drops) > sent / 10
    assert len(drops) < 30, "losses are told in sums"
