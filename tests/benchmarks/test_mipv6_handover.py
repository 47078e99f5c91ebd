"""What a handover of MIPv6 takes beyond link delays, once the care-of address is usable.

Run with ``pytest tests/benchmarks/test_mipv6_handover.py -s`` to see the figures.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark_runs import Played, lowest_of_runs, over_bound, written

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

HOME, NEAR, ACCESS = 0.012, 0.004, 0.002  # s, one way
MOVES = 10
MOST = 1.1  # times the delays that the exchanges must cross

TO_HOME_AGENT = NEAR + HOME + ACCESS
TO_CORRESPONDENT = 2 * NEAR + ACCESS
BOUNDS = {
    # A Binding Update to the home agent, and the packets that it then sends on.
    False: 2 * TO_HOME_AGENT,
    # A Care-of Test Init and its answer, then a Binding Update and the packets that follow it;
    # the Home Keygen Token is still fresh (RFC 6275 §11.7.2).
    True: 4 * TO_CORRESPONDENT,
}

TOPOLOGY = f"""
name: handover
protocol: mipv6
protocols: {{mipv6: {{route_optimization: OPTIMIZES}}}}
domains:
  home: {{prefix: "2001:db8:1::/48"}}
  edge: {{prefix: "2001:db8:2::/48"}}
nodes:
  ha: {{place: anchor, domain: home}}
  core: {{place: router, domain: edge}}
  gw: {{place: router, domain: edge}}
  ar1: {{place: access-router, domain: edge}}
  ar2: {{place: access-router, domain: edge}}
  cn: {{place: correspondent}}
  mn1: {{place: mobile}}
links:
  - {{ends: [core, ha], delay: {HOME}s}}
  - {{ends: [core, gw], delay: {NEAR}s}}
  - {{ends: [gw, cn]}}
  - {{ends: [core, ar1], delay: {NEAR}s}}
  - {{ends: [core, ar2], delay: {NEAR}s}}
access:
  wlan1: {{router: ar1, delay: {ACCESS}s}}
  wlan2: {{router: ar2, delay: {ACCESS}s}}
flows:
  probe: {{kind: udp, from: cn, to: mn1, direction: down, interval: 2ms, size: 32}}
timeline:
  - {{at: 0, attach: mn1, to: wlan1}}
  - {{at: 2s, start: probe}}
  - {{at: 3.5s, pingpong: mn1, between: [wlan2, wlan1], every: 600ms, times: {MOVES}, gap: 20ms}}
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("optimizes", BOUNDS, ids=["home agent", "route optimization"])
def test_a_handover_takes_little_more_than_the_delays_it_must_cross(
    optimizes: bool, tmp_path: Path
) -> None:
    network = written(tmp_path, TOPOLOGY.replace("OPTIMIZES", str(optimizes).lower()))

    def ratio(played: Played) -> float:
        return _ratio(played, BOUNDS[optimizes])

    assert lowest_of_runs(network, tmp_path, MOST, ratio) <= MOST


def _ratio(played: Played, bound: float) -> float:
    """Print what a run tells; return its median latency over the delays to be crossed."""
    handovers = played.document["handovers"]
    assert len(handovers) == MOVES
    return over_bound(played, [each["latency_after_care_of"] for each in handovers], bound)
