"""What a home proxy near the correspondent saves, and what moving with it takes.

Run with ``pytest tests/benchmarks/test_dmipv6.py -s`` to see the figures.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark_runs import Played, lowest_of_runs, over_bound, written

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

HOME, NEAR, INNER, ACCESS = 0.025, 0.005, 0.001, 0.002  # s, one way
DIRECT = ACCESS + 2 * NEAR + 2 * INNER
MOVES = 10
MOST_DELAY = 1.05  # of the direct path's
MOST_HANDOVER = 1.1  # times the delays that the exchange must cross
BOUND = 2 * (ACCESS + 2 * NEAR)  # a Binding Update to the proxy, and what it then sends on

TOPOLOGY = f"""
name: proxy
protocol: dmipv6
protocols:
  dmipv6:
    services: {{call: {{business: conversational}}, fetch: {{mobility: false}}}}
domains:
  home: {{prefix: "2001:db8:1::/48"}}
  edge: {{prefix: "2001:db8:2::/48"}}
  far: {{prefix: "2001:db8:3::/48"}}
nodes:
  ha: {{place: anchor, domain: home}}
  core: {{place: router, domain: edge}}
  ar1: {{place: access-router, domain: edge}}
  ar2: {{place: access-router, domain: edge}}
  dhp: {{place: home-proxy, domain: far}}
  gw: {{place: router, domain: far}}
  cn: {{place: correspondent, role: none}}
  ns: {{place: name-server}}
  mn1: {{place: mobile}}
links:
  - {{ends: [core, ha], delay: {HOME}s}}
  - {{ends: [core, ar1], delay: {NEAR}s}}
  - {{ends: [core, ar2], delay: {NEAR}s}}
  - {{ends: [core, dhp], delay: {NEAR}s}}
  - {{ends: [dhp, gw], delay: {INNER}s}}
  - {{ends: [gw, cn], delay: {INNER}s}}
  - {{ends: [gw, ns], delay: {INNER}s}}
access:
  wlan1: {{router: ar1, delay: {ACCESS}s}}
  wlan2: {{router: ar2, delay: {ACCESS}s}}
flows:
  direct: {{kind: udp, from: mn1, to: cn, direction: both, interval: 10ms, service: fetch}}
  proxied: {{kind: udp, from: mn1, to: cn, direction: both, interval: 10ms, service: call}}
  triangle: {{kind: udp, from: cn, to: mn1, direction: both, interval: 10ms}}
  probe: {{kind: udp, from: mn1, to: cn, direction: down, interval: 2ms, size: 32, service: call}}
"""

STILL = """
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 2s, start: [direct, proxied, triangle]}
  - {at: 6s, stop: [direct, proxied, triangle]}
"""

MOVING = f"""
timeline:
  - {{at: 0, attach: mn1, to: wlan1}}
  - {{at: 2s, start: probe}}
  - {{at: 4s, pingpong: mn1, between: [wlan2, wlan1], every: 600ms, times: {MOVES}, gap: 20ms}}
"""


@pytest.mark.timeout(300)
def test_the_way_over_a_proxy_is_hardly_longer_than_the_direct_one(tmp_path: Path) -> None:
    def ratio(played: Played) -> float:
        flows = {flow["name"]: flow for flow in played.document["flows"]}
        assert (flows["direct"]["via"], flows["proxied"]["via"]) == ("care-of", "proxy")
        delays = {name: flows[name]["delay"]["median"] for name in flows if name != "probe"}
        words = ", ".join(f"{name} {delay * 1000:.2f} ms" for name, delay in delays.items())
        found: float = delays["proxied"] / delays["direct"]
        print(f"\n{words}: {found:.3f}")
        assert delays["direct"] >= DIRECT
        assert delays["triangle"] >= DIRECT + 2 * HOME
        return found

    network = written(tmp_path, TOPOLOGY + STILL)
    assert lowest_of_runs(network, tmp_path, MOST_DELAY, ratio) <= MOST_DELAY


@pytest.mark.timeout(300)
def test_a_move_takes_little_more_than_one_exchange_with_the_proxy(tmp_path: Path) -> None:
    network = written(tmp_path, TOPOLOGY + MOVING)
    assert lowest_of_runs(network, tmp_path, MOST_HANDOVER, _ratio) <= MOST_HANDOVER


def _ratio(run: Played) -> float:
    """Print what a run tells; return its median latency over the delays to be crossed."""
    handovers = run.document["handovers"]
    assert len(handovers) == MOVES
    return over_bound(run, [each["latency_after_care_of"] for each in handovers], BOUND)
