"""One run of the topology `pmipv6`, judged by its capture (tshark), kernel state and result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import emulated_runs as runs
import pytest
from verdict import held
from wire_views import Row, rows

from testbed.protocols import load
from testbed.topology.network import Network

pytestmark = pytest.mark.root

TOPOLOGY = Path(__file__).parents[2] / "topologies" / "pmipv6"
FIXED, FIXED_MAC = "fe80::200:5eff:fe00:5213", "00:00:5e:00:52:13"  # RFC 6543
GAP = 0.05
ERROR = 0x0080_0000  # tshark's severity of what is wrong
ADDRESSES = "ip -6 -o address show dev mn1-wlan0"

SCENARIO = f"""
flows:
  ping: {{kind: ping, from: cn, to: mn1, interval: 20ms}}
  voip: {{kind: udp, from: cn, to: mn1, direction: both, interval: 5ms, size: 160}}
  download: {{kind: tcp, from: cn, to: mn1, rate: 3Mbit/s}}
timeline:
  - {{at: 0, attach: mn1, to: wlan1}}
  - {{at: 1s, start: [ping, voip, download]}}
  - {{at: 1.9s, node: mn1, run: {ADDRESSES}}}
  - {{at: 2s, move: mn1, to: wlan2, gap: 50ms}}
  - {{at: 3.2s, node: mn1, run: {ADDRESSES}}}
  - {{at: 3.2s, node: lma, run: ip -6 route show table main}}
  - {{at: 3.2s, node: mag1, run: ip -6 route show table all}}
  - {{at: 3.2s, node: mag2, run: ip -6 route show table all}}
  - {{at: 4.4s, move: mn1, to: wlan1, gap: 50ms}}
  - {{at: 5.6s, node: mn1, run: {ADDRESSES}}}
  - {{at: 5.8s, stop: [ping, voip, download]}}
expect:
  - captures.dropped == 0
"""


@dataclass(frozen=True)
class Played:
    """What the run left."""

    folder: Path
    network: Network
    result: dict[str, Any]
    events: list[dict[str, Any]]

    @property
    def capture(self) -> Path:
        return self.folder / "capture.pcapng"

    def captured(self, node: str) -> Path:
        return self.folder / "captures" / f"{node}.pcapng"

    def printed(self, node: str) -> str:
        return (self.folder / "logs" / f"{node}.commands.log").read_text()

    def named(self, event: str, **details: Any) -> list[dict[str, Any]]:
        wanted = {"event": event, **details}
        return [each for each in self.events if wanted.items() <= each.items()]

    @property
    def home(self) -> str:
        mobile = self.network.nodes["mn1"].mobile
        assert mobile is not None
        return mobile.home_prefixes["mn1-wlan0"][0]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    place = tmp_path_factory.mktemp("pmipv6")
    scenario = place / "scenario.yaml"
    scenario.write_text(SCENARIO)
    folder = place / "run"
    words = ("run", TOPOLOGY, "--scenario", scenario, "--out", folder, "--json")
    result = held(*runs.call(*words))
    lines = (folder / "events.jsonl").read_text().splitlines()
    network = load(TOPOLOGY, scenario=scenario)
    return Played(folder, network, result, [json.loads(line) for line in lines])


def test_interfaces_are_named_by_node_and_nothing_was_dropped(played: Played) -> None:
    interfaces = {i.name: n.name for n in played.network.nodes.values() for i in n.interfaces}
    shown = {
        name for row in rows(played.capture, "frame.interface_name") for name in row.popitem()[1]
    }
    assert shown == {f"{node}:{interface}" for interface, node in interfaces.items()}
    assert played.result["captures"]["dropped"] == 0


def test_tshark_finds_nothing_malformed(played: Played) -> None:
    found = rows(
        played.capture, "_ws.malformed", "_ws.expert.severity", "_ws.expert.message", "frame.number"
    )
    assert len(found) == played.result["captures"]["packets"]
    wrong = [row for row in found if row["_ws.malformed"] or ERROR in _numbers(row)]
    assert not wrong, wrong[:3]


def _numbers(row: Row) -> list[int]:
    return [int(each, 0) for each in row["_ws.expert.severity"]]


def test_each_move_is_a_deregistration_and_a_registration(played: Played) -> None:
    fields = ("ipv6.src", "ipv6.dst", "mip6.mhtype", "mip6.bu.lifetime", "mip6.ba.status")
    at_anchor = 'mipv6 && frame.interface_name contains "lma:"'
    found = rows(played.capture, *fields, display_filter=at_anchor)
    by_address = {node.address: node.name for node in played.network.nodes.values()}
    updates = [row for row in found if row["mip6.mhtype"] == ["5"]]
    answers = [row for row in found if row["mip6.mhtype"] == ["6"]]
    told = [(by_address[row["ipv6.src"][0]], row["mip6.bu.lifetime"] != ["0"]) for row in updates]
    assert told == [
        ("mag1", True),
        ("mag1", False),
        ("mag2", True),
        ("mag2", False),
        ("mag1", True),
    ]
    assert [row["ipv6.dst"] for row in answers] == [row["ipv6.src"] for row in updates]
    assert all(row["mip6.ba.status"] == ["0"] for row in answers)


def test_tunnelled_packets_have_two_headers_and_nothing_between(played: Played) -> None:
    for node in ("core1", "core2"):
        found = rows(
            played.captured(node),
            *("ipv6.src", "ipv6.dst", "ipv6.nxt"),
            display_filter="(udp || tcp || icmpv6.type in {128, 129}) && !(icmpv6.type == 1)",
        )
        assert len(found) > 50, node
        nodes = played.network.nodes
        anchor, gateways = nodes["lma"].address, {nodes[name].address for name in ("mag1", "mag2")}
        mobile, peer = nodes["mn1"].address, nodes["cn"].address
        for row in found:
            outer, inner = (row["ipv6.src"][i : i + 2] for i in (0, 1))
            assert len(row["ipv6.src"]) == 2
            assert row["ipv6.nxt"][0] == "41"
            assert {row["ipv6.src"][1], row["ipv6.dst"][1]} == {mobile, peer}, inner
            assert anchor in (outer[0], row["ipv6.dst"][0])
            assert gateways & {outer[0], row["ipv6.dst"][0]}


def test_ping_loses_what_the_moves_explain(played: Played) -> None:
    (ping,) = [flow for flow in played.result["flows"] if flow["name"] == "ping"]
    outages = [handover["interruption"]["ping"] for handover in played.result["handovers"]]
    silent = sum(max(each["down"], each["up"]) for each in outages)
    assert ping["sent"] > 100
    assert 2 * GAP / 0.04 <= ping["lost"] <= silent / 0.02 + 4
    assert ping["duplicated"] == 0


def test_the_download_is_one_connection_from_before_the_moves_to_after_them(
    played: Played,
) -> None:
    found = rows(
        played.captured("mn1"),
        *("tcp.stream", "frame.time_epoch", "tcp.len"),
        display_filter="tcp.srcport >= 32768 && tcp.len > 1000 || tcp.flags.syn == 1",
    )
    data = [row for row in found if int(row["tcp.len"][0]) > 1000]
    (stream,) = {row["tcp.stream"][0] for row in data}
    opened = [row for row in found if row["tcp.stream"] == [stream] and row not in data]
    assert len(opened) == 2  # SYN and its answer, once
    times = [float(row["frame.time_epoch"][0]) for row in data]
    first, second = (each["at"] for each in played.named("link_up")[1:])
    assert times[0] < first
    assert sum(first < at < second for at in times) > 50
    assert sum(at > second for at in times) > 50


def test_the_mobile_is_an_unmodified_host_that_keeps_its_address(played: Played) -> None:
    assert "mn1" not in played.network.agents
    assert not (played.folder / "logs" / "mn1.log").exists()
    shown = [
        [word for word in line.split() if "/64" in word]
        for line in played.printed("mn1").splitlines()
        if "inet6" in line
    ]
    addresses = [f"{played.network.nodes['mn1'].address}/64"]
    assert [words for words in shown if not words[0].startswith("fe80")] == [addresses] * 3
    assert len(shown) == 6  # the link-local address, too, never changes


def test_advertisements_go_to_one_node_from_the_shared_addresses(played: Played) -> None:
    found = rows(
        played.captured("mn1"),
        *("eth.src", "eth.dst", "ipv6.src", "icmpv6.opt.mtu", "icmpv6.opt.prefix"),
        display_filter="icmpv6.type == 134",
    )
    mac = played.network.nodes["mn1"].interfaces[0].mac
    assert len(found) >= 3
    for row in found:
        assert (row["eth.src"], row["eth.dst"]) == ([FIXED_MAC], [mac])
        assert row["ipv6.src"] == [FIXED]
        assert row["icmpv6.opt.mtu"] == ["1460"]
        assert row["icmpv6.opt.prefix"] == [played.home.partition("/")[0]]


def test_routes_follow_the_mobile(played: Played) -> None:
    mag2 = played.network.nodes["mag2"].address
    anchor = played.network.nodes["lma"].address
    (down,) = [line for line in played.printed("lma").splitlines() if line.startswith(played.home)]
    assert mag2 in down
    assert played.home not in played.printed("mag1")
    here = [line for line in played.printed("mag2").splitlines() if played.home in line]
    assert any(line.startswith(played.home) and "dev mag2-eth1" in line for line in here)
    assert any(line.startswith(f"default from {played.home}") and anchor in line for line in here)


def test_each_handover_runs_through_its_phases_in_order(played: Played) -> None:
    order = ("link_down", "link_up", "binding_sent", "binding_acknowledged", "first_packet")
    handovers = played.result["handovers"]
    assert [(each["from"], each["to"]) for each in handovers] == [
        ("wlan1", "wlan2"),
        ("wlan2", "wlan1"),
    ]
    for handover in handovers:
        phases = handover["phases"]
        _ascend([phases[name] for name in order])
        assert phases["link_up"] - phases["link_down"] >= GAP
        assert phases["binding_acknowledged"] - phases["binding_sent"] >= 2 * (0.004 + 0.006)
        assert phases["binding_acknowledged"] <= phases["route_installed"] + 0.001
        assert handover["latency"] >= 0.02


def _ascend(times: Sequence[float]) -> None:
    assert all(before <= after for before, after in pairwise(times)), times
