"""What the first packet of a flow waits for: its way and one query, and little more.

Run with ``pytest tests/benchmarks/test_first_packet.py -s`` to see the figures.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

import pytest
from benchmark_runs import Played, lowest_of_runs, play

from testbed.protocols import load

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

FLOWS = 12  # each to a mobile that nobody has sent to before
WIRE, EDGE, ANCHOR, ACCESS = 0.001, 0.006, 0.010, 0.002  # s, one way
PATH = WIRE + 2 * EDGE + ACCESS
QUERY = {
    "spmip": 2 * (EDGE + ANCHOR),  # to the anchor and back
    "sdpmip": 2 * (EDGE + EDGE),  # the way of the query to the gateway, and its answer
}
MOST = 1.1  # times the delays that must be crossed
NL = "\n"
MOBILES, NAMES = ([f"{kind}{n}" for n in range(FLOWS)] for kind in ("mn", "f"))

TOPOLOGY = f"""
name: first-packet
protocol: pmipv6
domains:
  home: {{prefix: "2001:db8:1::/48"}}
  edge: {{prefix: "2001:db8:2::/48"}}
nodes:
  lma: {{place: anchor, domain: home}}
  core: {{place: router, domain: edge}}
  mag1: {{place: access-router, domain: edge}}
  mag2: {{place: access-router, domain: edge}}
  cn: {{place: correspondent}}
{"".join(f"  {name}: {{place: mobile}}{NL}" for name in MOBILES)}
links:
  - {{ends: [cn, mag1], delay: {WIRE}s}}
  - {{ends: [mag1, core], delay: {EDGE}s}}
  - {{ends: [core, mag2], delay: {EDGE}s}}
  - {{ends: [core, lma], delay: {ANCHOR}s}}
access:
  wlan: {{router: mag2, delay: {ACCESS}s}}
flows:
{"".join(f"  f{n}: {{kind: udp, from: cn, to: mn{n}, interval: 5ms}}{NL}" for n in range(FLOWS))}
timeline:
  - {{at: 0, attach: [{", ".join(MOBILES)}], to: wlan}}
{"".join(f"  - {{at: {1 + n / 8}s, start: {name}}}{NL}" for n, name in enumerate(NAMES))}
  - {{at: {1.5 + FLOWS / 8}s, stop: [{", ".join(NAMES)}]}}
"""


@pytest.fixture
def topology(tmp_path: Path) -> Path:
    path = tmp_path / "topology.yaml"
    path.write_text(TOPOLOGY)
    return path


def flows(played: Played) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = played.document["flows"]
    assert len(found) == FLOWS
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("protocol", QUERY)
def test_a_first_packet_waits_for_little_more_than_the_delays_it_must_cross(
    topology: Path, protocol: str, tmp_path: Path
) -> None:
    network = load(topology, protocol=protocol)

    def ratio(played: Played) -> float:
        _nothing_was_lost_to_the_query(played)
        assert {flow["stretch"] for flow in flows(played)} == {1.0}
        return _ratio(played, protocol)

    assert lowest_of_runs(network, tmp_path, MOST, ratio) <= MOST


def _nothing_was_lost_to_the_query(played: Played) -> None:
    for flow in flows(played):
        assert flow["received"] > 10
        assert (flow["lost"], flow["duplicated"]) == (0, 0), flow["name"]
    assert not played.document["drops"]
    assert [query["tries"] for query in played.document["queries"]] == [1] * FLOWS
    kept = played.counters["mag1"]["packets diverted"]
    assert kept > FLOWS, "more than the first packet of each flow waited"


def _ratio(played: Played, protocol: str) -> float:
    """Print what a run tells; return the median of the first packets' delays over the bound."""
    bound = PATH + QUERY[protocol]
    firsts = [flow["first_delay"] for flow in flows(played)]
    asked = [query["delay"] for query in played.document["queries"]]
    assert min(firsts) >= bound
    ratio = median(firsts) / bound
    print(
        f"\n{protocol}: first packet {median(firsts) * 1e3:.2f} ms of {bound * 1e3:g} ms:", end=""
    )
    print(f" {ratio:.3f}; the query {median(asked) * 1e3:.2f} ms of {QUERY[protocol] * 1e3:g} ms;")
    later = median(flow["delay"]["median"] for flow in flows(played))
    print(f"  later packets {later * 1e3:.2f} ms of {PATH * 1e3:g} ms, nothing lost")
    return ratio


@pytest.mark.timeout(300)
def test_what_goes_by_the_anchor_takes_the_detour_all_the_time(
    topology: Path, tmp_path: Path
) -> None:
    found = flows(play(load(topology), tmp_path / "run"))
    first = median(flow["first_delay"] for flow in found)
    later = median(flow["delay"]["median"] for flow in found)
    stretch = {flow["stretch"] for flow in found}
    print(f"\npmipv6: first packet {first * 1e3:.2f} ms, later ones {later * 1e3:.2f} ms")
    assert stretch == {1.5}, "by the anchor there are 6 links, without it 4"
    assert later >= PATH + 2 * ANCHOR
