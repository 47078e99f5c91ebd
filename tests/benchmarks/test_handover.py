"""What a handover takes beyond the delays that its messages must cross, and the agents' share.

Run with ``pytest tests/benchmarks/test_handover.py -s`` to see the figures.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark_runs import Played, lowest_of_runs, over_bound, written

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

DELAY, ACCESS = 0.010, 0.002  # s, one way
MOVES = 12
MOST = 1.1  # times the delays that the exchange must cross

TOPOLOGY = f"""
name: handover
protocol: pmipv6
domains:
  home: {{prefix: "2001:db8:1::/48"}}
  edge: {{prefix: "2001:db8:2::/48"}}
nodes:
  lma: {{place: anchor, domain: home}}
  cn: {{place: correspondent, domain: home}}
  mag1: {{place: access-router, domain: edge}}
  mag2: {{place: access-router, domain: edge}}
  mn1: {{place: mobile, anchor: lma}}
links:
  - {{ends: [cn, lma]}}
  - {{ends: [lma, mag1], delay: {DELAY}s}}
  - {{ends: [lma, mag2], delay: {DELAY}s}}
access:
  wlan1: {{router: mag1, delay: {ACCESS}s}}
  wlan2: {{router: mag2, delay: {ACCESS}s}}
flows:
  probe: {{kind: udp, from: cn, to: mn1, direction: down, interval: 1ms, size: 32}}
timeline:
  - {{at: 0, attach: mn1, to: wlan1}}
  - {{at: 1s, start: probe}}
  - {{at: 1.5s, pingpong: mn1, between: [wlan2, wlan1], every: 300ms, times: {MOVES}, gap: 20ms}}
"""


@pytest.mark.timeout(300)
def test_a_handover_takes_little_more_than_the_delays_it_must_cross(tmp_path: Path) -> None:
    network = written(tmp_path, TOPOLOGY)
    assert lowest_of_runs(network, tmp_path, MOST, _ratio) <= MOST


def _ratio(played: Played) -> float:
    """Print what a run tells; return its median latency over the delays to be crossed."""
    handovers = played.document["handovers"]
    assert len(handovers) == MOVES
    return over_bound(played, [each["latency"] for each in handovers], 2 * DELAY + ACCESS)
