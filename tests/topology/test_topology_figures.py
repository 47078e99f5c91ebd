"""Runs of `spmip` and `sdpmip` show the draft's figures message by message, judged by tshark."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import emulated_runs as runs
import pytest
from wire_views import Row, rows

from testbed.protocols import load
from testbed.topology.network import Network

pytestmark = pytest.mark.root

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
ERROR = 0x0080_0000  # tshark's severity of what is wrong

# Q is no flag that tshark knows: the lowest unassigned bits (draft-jikim-dmm-pmip §4).
QUERY, UPDATE = "mip6.mhtype == 5 && mipv6[9:1] & 08", "mip6.mhtype == 5 && !(mipv6[9:1] & 08)"
ANSWER = "mip6.mhtype == 6 && mipv6[7:1] & 01"
ACKNOWLEDGEMENT = "mip6.mhtype == 6 && !(mipv6[7:1] & 01)"
REQUEST = "icmpv6.type == 128"

SCENARIO = """
flows:
  first: {kind: ping, from: cn, to: mn1, interval: 20ms}
timeline:
  - {at: 0, attach: mn1, to: %s}
  - {at: 1s, start: first}
  - {at: 2s, move: mn1, to: %s, gap: 50ms}
  - {at: 3s, stop: first}
expect:
  - flows.first.lost <= 2
  - flows.first.duplicated == 0
  - captures.dropped == 0
"""


@dataclass(frozen=True)
class Played:
    """What a run left."""

    capture: Path
    network: Network
    result: dict[str, Any]

    def address(self, node: str) -> str:
        return self.network.nodes[node].address

    def rows(self, display_filter: str, *fields: str) -> list[Row]:
        return rows(self.capture, *fields, display_filter=display_filter)

    def first(self, display_filter: str) -> int:
        """The number of the first frame that the filter lets through."""
        found = self.rows(display_filter, "frame.number")
        assert found, f"no frame is {display_filter}"
        return int(found[0]["frame.number"][0])

    def crosses(self, source: str, destination: str) -> str:
        """A filter of packets between two nodes, whatever is in them."""
        return f"ipv6.src == {self.address(source)} && ipv6.dst == {self.address(destination)}"


def play(name: str, place: Path, *accesses: str) -> Played:
    scenario, folder = place / "scenario.yaml", place / "run"
    scenario.write_text(SCENARIO % accesses)
    words = ("run", TOPOLOGIES / name, "--scenario", scenario, "--out", folder, "--json")
    status, output, errors = runs.call(*words)
    assert status == 0, errors or output
    network = load(TOPOLOGIES / name, scenario=scenario)
    return Played(folder / "capture.pcapng", network, json.loads(output))


@pytest.fixture(scope="module")
def spmip(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play("spmip", tmp_path_factory.mktemp("spmip"), "wlan2", "wlan3")


@pytest.fixture(scope="module")
def sdpmip(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play("sdpmip", tmp_path_factory.mktemp("sdpmip"), "wlan3", "wlan4")


def at(interface: str) -> str:
    node = interface.partition("-")[0]
    return f'frame.interface_name == "{node}:{interface}"'


def test_figure_1(spmip: Played) -> None:
    steps = [
        f"{UPDATE} && {spmip.crosses('mag2', 'lma')} && {at('mag2-eth0')}",
        f"{ACKNOWLEDGEMENT} && {spmip.crosses('lma', 'mag2')} && {at('mag2-eth0')}",
        f"{REQUEST} && icmpv6.echo.sequence_number == 1 && {at('mag1-eth0')}",
        f"{QUERY} && {spmip.crosses('mag1', 'lma')} && {at('mag1-eth1')}",
        f"{ANSWER} && {spmip.crosses('lma', 'mag1')} && {at('mag1-eth1')}",
        f"{REQUEST} && {spmip.crosses('mag1', 'mag2')} && {at('mag1-eth1')}",
        f"{REQUEST} && ipv6.nxt != 41 && {at('mn1-wlan0')}",
    ]
    frames = [spmip.first(step) for step in steps]
    assert frames == sorted(frames)


def test_the_answer_names_the_gateway_of_the_node(spmip: Played, sdpmip: Played) -> None:
    for played, serving in ((spmip, "mag2"), (sdpmip, "mag3")):
        shown = f"{ANSWER} && ipv6.dst == {played.address('mag1')} && {at('mag1-eth1')}"
        answer = played.rows(shown, "mip6.acoa.acoa", "mip6.ba.status")[0]
        assert answer["mip6.acoa.acoa"] == [played.address(serving)]
        assert answer["mip6.ba.status"] == ["0"]


def test_no_packet_of_a_flow_passes_the_anchor(spmip: Played) -> None:
    assert spmip.first(f"mipv6 && {at('lma-eth0')}")
    echoes = "icmpv6.type == 128 || icmpv6.type == 129"
    assert spmip.rows(f"({echoes}) && {at('lma-eth0')}", "frame.number") == []


def test_figure_2(sdpmip: Played) -> None:
    steps = [
        f"{REQUEST} && icmpv6.echo.sequence_number == 1 && {at('mag1-eth0')}",
        f"{QUERY} && {at('mag1-eth1')}",
        f"{QUERY} && {at('mag3-eth0')}",
        f"{ANSWER} && {sdpmip.crosses('mag3', 'mag1')} && {at('mag1-eth1')}",
        f"{REQUEST} && {sdpmip.crosses('mag1', 'mag3')} && {at('mag1-eth1')}",
        f"{REQUEST} && ipv6.nxt != 41 && {at('mn1-wlan0')}",
    ]
    frames = [sdpmip.first(step) for step in steps]
    assert frames == sorted(frames)
    assert sdpmip.rows(UPDATE, "frame.number") == []


def test_a_query_is_carried_to_the_group_in_one_more_header(sdpmip: Played) -> None:
    group = sdpmip.network.agents["mag1"].config["group"]
    shown = sdpmip.rows(f"{QUERY} && {at('mag1-eth1')}", "ipv6.src", "ipv6.dst", "ipv6.nxt")
    assert shown[0]["ipv6.src"] == [sdpmip.address("mag1")] * 2
    assert shown[0]["ipv6.dst"] == [group] * 2
    assert shown[0]["ipv6.nxt"] == ["41", "135"]


def test_a_query_crosses_each_link_of_its_tree_once(sdpmip: Played) -> None:
    """Routers copy it where the tree branches; what leads to no member stays without it."""
    network, source = sdpmip.network, sdpmip.address("mag1")
    routes = [r for some in network.multicast.values() for r in some if r.source == source]
    peers = {
        end: link.ends[1 - i] for link in network.links.values() for i, end in enumerate(link.ends)
    }
    branches = [end for route in routes for end in route.outbound]
    expected = Counter([*branches, *(peers[end] for end in branches)])
    found = sdpmip.rows(f"{QUERY} && ipv6.src == {source}", "mip6.bu.seqnr", "frame.interface_name")
    first = found[0]["mip6.bu.seqnr"]
    seen = Counter(
        row["frame.interface_name"][0].partition(":")[2]
        for row in found
        if row["mip6.bu.seqnr"] == first
    )
    assert seen == expected
    assert max(len(route.outbound) for route in routes) > 1


def test_only_the_gateways_of_the_node_answer(sdpmip: Played) -> None:
    sources = {row["ipv6.src"][0] for row in sdpmip.rows(ANSWER, "ipv6.src")}
    assert sources == {sdpmip.address("mag3"), sdpmip.address("mag4")}


@pytest.mark.parametrize("name", ["spmip", "sdpmip"])
def test_who_was_never_contacted_gets_every_packet_in_order(
    name: str, request: pytest.FixtureRequest
) -> None:
    played: Played = request.getfixturevalue(name)
    fields = ("icmpv6.echo.sequence_number", "frame.time_epoch")
    sent = played.rows(f"{REQUEST} && {at('cn-eth0')}", *fields)
    received = played.rows(f"{REQUEST} && ipv6.nxt != 41 && {at('mn1-wlan0')}", *fields)
    before = [row[fields[0]][0] for row in sent][:30]
    assert [row[fields[0]][0] for row in received][:30] == before
    assert len(before) == 30


@pytest.mark.parametrize("name", ["spmip", "sdpmip"])
def test_after_the_move_packets_go_straight_to_the_new_gateway(
    name: str, request: pytest.FixtureRequest
) -> None:
    played: Played = request.getfixturevalue(name)
    old, new = ("mag2", "mag3") if name == "spmip" else ("mag3", "mag4")
    notified = played.first(f"mip6.mhtype == 19 && {at('mag1-eth1')}")
    assert played.first(f"{REQUEST} && {played.crosses(old, new)}")
    straight = played.first(f"{REQUEST} && {played.crosses('mag1', new)} && {at('mag1-eth1')}")
    assert notified < straight
    last = played.rows(f"{REQUEST} && {at('mag1-eth1')}", "ipv6.dst")[-1]
    assert last["ipv6.dst"][0] == played.address(new)


@pytest.mark.parametrize("name", ["spmip", "sdpmip"])
def test_tshark_finds_nothing_wrong(name: str, request: pytest.FixtureRequest) -> None:
    played: Played = request.getfixturevalue(name)
    found = played.rows("", "_ws.malformed", "_ws.expert.severity")
    assert len(found) == played.result["captures"]["packets"]
    wrong = [
        row
        for row in found
        if row["_ws.malformed"] or ERROR in (int(each, 0) for each in row["_ws.expert.severity"])
    ]
    assert not wrong, wrong[:3]
