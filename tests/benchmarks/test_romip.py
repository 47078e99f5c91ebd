"""What a handover of ROMIP takes beyond link delays, and the share of each of its steps.

Run with ``pytest tests/benchmarks/test_romip.py -s`` to see the figures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from benchmark_runs import Played, lowest_of_runs, over_bound, written

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

NEAR, AAA, ACCESS = 0.010, 0.015, 0.002  # s, one way
MOVES = 8
MOST = 1.1  # times the delays that the eight steps must cross

STEPS = {
    "RS and, behind the lists, the first packet": 2 * ACCESS,
    "request and response": 2 * (NEAR + AAA),
    "sDBU and sDBA": 4 * NEAR,
    "dDBU, and what is then sent on": 4 * NEAR,
}
BOUND = sum(STEPS.values())

TOPOLOGY = f"""
name: handover
protocol: romip
domains:
  home: {{prefix: "2001:db8:1::/48"}}
  edge: {{prefix: "2001:db8:2::/48"}}
  realm: {{prefix: "2001:db8:3::/48"}}
nodes:
  home: {{place: anchor, domain: home}}
  core: {{place: router, domain: edge}}
  aaa: {{place: aaa-server, domain: realm}}
  maar1: {{place: access-router, domain: edge}}
  maar2: {{place: access-router, domain: edge}}
  maar3: {{place: access-router, domain: edge}}
  peer: {{place: access-router, domain: edge}}
  cn: {{place: correspondent}}
  mn: {{place: mobile}}
links:
  - {{ends: [core, home]}}
  - {{ends: [core, aaa], delay: {AAA}s}}
  - {{ends: [core, maar1], delay: {NEAR}s}}
  - {{ends: [core, maar2], delay: {NEAR}s}}
  - {{ends: [core, maar3], delay: {NEAR}s}}
  - {{ends: [core, peer], delay: {NEAR}s}}
  - {{ends: [cn, peer]}}
access:
  wlan1: {{router: maar1, delay: {ACCESS}s}}
  wlan2: {{router: maar2, delay: {ACCESS}s}}
  wlan3: {{router: maar3, delay: {ACCESS}s}}
flows:
  probe: {{kind: udp, from: mn, to: cn, direction: down, interval: 2ms, size: 32}}
timeline:
  - {{at: 0, attach: mn, to: wlan1}}
  - {{at: 1s, start: probe}}
  - {{at: 2s, pingpong: mn, between: [wlan2, wlan3], every: 700ms, times: {MOVES}, gap: 20ms}}
"""


@pytest.mark.timeout(300)
def test_a_handover_takes_little_more_than_the_delays_of_its_steps(tmp_path: Path) -> None:
    network = written(tmp_path, TOPOLOGY)
    assert lowest_of_runs(network, tmp_path, MOST, _ratio) <= MOST


def _ratio(played: Played) -> float:
    """Print what a run tells; return its median latency over the delays to be crossed.

    The session with a host that never moved goes on downwards when the host's MAAR has its dDBU.
    """
    handovers = played.document["handovers"]
    assert len(handovers) == MOVES
    for step, delay in STEPS.items():
        print(f"  {step}: {delay * 1000:g} ms, {delay / BOUND:.0%} of the bound")
    return over_bound(played, [_downwards(each) for each in handovers], BOUND)


def _downwards(handover: dict[str, Any]) -> float:
    return float(handover["phases"]["first_packet"] - handover["phases"]["link_up"])
