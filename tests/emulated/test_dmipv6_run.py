"""Runs of the topology `dmipv6`: figure 10 and four flows through two moves, as tshark saw them."""

from __future__ import annotations

import json
from ipaddress import IPv6Address
from pathlib import Path
from typing import NamedTuple

import emulated_runs as runs
import pytest
import yaml
from host_runs import TOPOLOGIES, Played
from wire_views import Row

from testbed.protocols import load

pytestmark = pytest.mark.root

SHELVED = TOPOLOGIES / "dmipv6" / "topology.yaml"
SIGNALLING = "(icmpv6.type >= 160 && icmpv6.type <= 167) || mip6.mhtype == 5 || mip6.mhtype == 6"
FIELDS = ("frame.time_epoch", "ipv6.src", "ipv6.dst", "ipv6.hlim", "icmpv6.type", "mip6.mhtype")
ACCESSES = ("wlan1", "wlan2")
CALL = """
flows:
  call: {kind: udp, from: mn1, to: cn1, direction: both, interval: 10ms, size: 160, service: voip}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 3s, start: call}
  - {at: 6s, stop: call}
expect:
  - flows.call.received > 50
  - flows.call.via == proxy
"""


class Message(NamedTuple):
    """A message of DMIPv6, or of a binding: its type, its ends and its hop limit."""

    kind: str
    source: str
    destination: str
    hop_limit: int


def played(place: Path, discovery: str, scenario: str) -> Played:
    """Run the shelved topology with another scenario and another way to find home proxies."""
    file, given, folder = place / "topology.yaml", place / "scenario.yaml", place / "run"
    text = SHELVED.read_text()
    assert "discovery: anycast" in text
    file.write_text(text.replace("discovery: anycast", f"discovery: {discovery}"))
    given.write_text(scenario)
    status, output, errors = runs.call("run", file, "--scenario", given, "--out", folder, "--json")
    assert status == 0, errors
    return Played(folder, load(file, scenario=given), json.loads(output))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The scenario of the shelf, without what it expects of the speed of the machine."""
    shelved = yaml.safe_load(SHELVED.read_text())
    scenario = {key: shelved[key] for key in ("flows", "timeline")}
    scenario["expect"] = ["captures.dropped == 0"]
    return played(tmp_path_factory.mktemp("dmipv6"), "anycast", yaml.safe_dump(scenario))


def exchange(run: Played, *nodes: str) -> list[Message]:
    """What the mobile and these nodes said to each other before the first move."""
    found = run.seen("mn1", *FIELDS, display_filter=SIGNALLING)
    ends = {run.address(node) for node in nodes} | anycasts(run)
    moves = [each["at"] for each in run.named("link_down")] or [float("inf")]
    return [
        message(row)
        for row in found
        if {row["ipv6.src"][-1], row["ipv6.dst"][-1]} & ends
        and float(row["frame.time_epoch"][0]) < moves[0]
    ]


def anycasts(run: Played) -> set[str]:
    return {a for names in run.network.names.values() for each in names.values() for a in each}


def message(row: Row) -> Message:
    kinds = [*row["icmpv6.type"], *({"5": "BU", "6": "BA"}[kind] for kind in row["mip6.mhtype"])]
    ends = row["ipv6.src"][-1], row["ipv6.dst"][-1]
    return Message(kinds[0], *ends, int(row["ipv6.hlim"][-1]))


def lifetimes(run: Played, agent: str) -> list[str]:
    asked = f"mip6.mhtype == 5 && ipv6.dst == {run.address(agent)}"
    return [
        row["mip6.bu.lifetime"][0]
        for row in run.seen("mn1", "mip6.bu.lifetime", display_filter=asked)
    ]


def test_tshark_finds_nothing_malformed(whole: Played) -> None:
    assert whole.complaints() == []


def test_figure_10_a_from_the_capture(whole: Played) -> None:
    care_of, proxy = whole.care_of("mn1", "wlan1"), whole.address("dhp11")
    anycast = whole.network.names["ns1"]["dhp-anycast.domain1.test"][0]
    said = [m for m in exchange(whole, "dhp11") if {m.source, m.destination} & {proxy, anycast}]
    assert [(m.kind, m.source, m.destination) for m in said] == [
        ("160", care_of, anycast),
        ("161", proxy, care_of),
        ("166", care_of, proxy),
        ("167", proxy, care_of),
        ("BU", care_of, proxy),
        ("BA", proxy, care_of),
    ]
    assert {m.hop_limit for m in said if m.source == care_of and m.kind.isdigit()} == {255}


def test_the_addresses_of_the_domain_come_from_its_name_server(whole: Played) -> None:
    asked = whole.seen(
        "mn1", "ipv6.src", "ipv6.dst", "dns.qry.name", display_filter="dns.flags.response == 0"
    )
    names = {row["dns.qry.name"][0]: row["ipv6.dst"][-1] for row in asked}
    assert names == {f"dhp-anycast.domain{n}.test": whole.address(f"ns{n}") for n in (1, 2)}
    assert {row["ipv6.src"][-1] for row in asked} == {whole.care_of("mn1", "wlan1")}


def test_four_flows_at_once_and_three_survive_two_moves(whole: Played) -> None:
    vias = {each["flow"]: each["via"] for each in whole.named("flow_opened")}
    assert vias == {"call": "proxy", "video": "proxy", "fetch": "care-of"}
    ended = {each["flow"]: each["why"] for each in whole.named("flow_ended")}
    assert ended == {"fetch": "care-of address gone", "call": "closed", "video": "closed"}
    last = max(each["at"] for each in whole.named("link_up"))
    home = whole.address("mn1")
    ends = [each["source"] for each in whole.named("flow_opened") if each["via"] == "proxy"]
    for address in (home, *ends):
        named = f"(ipv6.addr == {address} || ipv6.routing.mipv6.home_address == {address})"
        after = f"frame.time_epoch > {last + 1} && udp && {named}"
        assert len(whole.seen("mn1", "frame.number", display_filter=after)) > 50, address


def test_each_flow_takes_its_own_way(whole: Played) -> None:
    sources = {each["flow"]: each["source"] for each in whole.named("flow_opened")}
    agents = {sources["call"]: "dhp11", whole.address("mn1"): "ha"}
    peer = whole.address("cn1")
    data = f"udp && ipv6.addr == {peer} && !icmpv6"
    for row in whole.seen("mn1", "ipv6.src", "ipv6.dst", display_filter=data):
        assert len(row["ipv6.src"]) == 2, row
        (home,) = {row["ipv6.src"][1], row["ipv6.dst"][1]} - {peer}
        assert whole.address(agents[home]) in (row["ipv6.src"][0], row["ipv6.dst"][0])
    optimized = f"udp && ipv6.routing.mipv6.home_address == {sources['video']}"
    direct = whole.seen("cn2", "ipv6.dst", display_filter=optimized)
    places = {whole.care_of("mn1", access) for access in ACCESSES}
    assert len(direct) > 100 and {row["ipv6.dst"][0] for row in direct} <= places


def test_no_care_of_address_reaches_the_correspondent_behind_the_tunnel(whole: Played) -> None:
    octets = (whole.folder / "captures" / "cn1.pcapng").read_bytes()
    assert IPv6Address(whole.address("mn1")).packed in octets
    for access in ACCESSES:
        assert IPv6Address(whole.care_of("mn1", access)).packed not in octets


def test_a_closed_flow_gives_its_binding_back(whole: Played) -> None:
    for proxy in ("dhp11", "dhp22"):
        found = lifetimes(whole, proxy)
        assert found[-1] == "0" and "0" not in found[:-1] and len(found) == 4
    released = {each["node"] for each in whole.named("address_released")}
    assert released == {"dhp11", "dhp22"}


def test_the_update_has_the_flows_port_in_its_option(whole: Played) -> None:
    port = next(f.identifier for f in whole.network.flows.values() if f.name == "call")
    option = bytes.fromhex("f204") + port.to_bytes(2, "big") + bytes((17, 0))
    octets = (whole.folder / "captures" / "dhp11.pcapng").read_bytes()
    assert octets.count(option) >= 3


@pytest.mark.parametrize(
    ("discovery", "server", "query"),
    [("server-active", "ms1", "164"), ("server-passive", "ms1", "164"), ("multicast", "", "162")],
)
def test_figure_10_by_the_other_ways(
    tmp_path: Path, discovery: str, server: str, query: str
) -> None:
    run = played(tmp_path, discovery, CALL)
    care_of, proxy = run.care_of("mn1", "wlan1"), run.address("dhp11")
    said = exchange(run, "dhp11", "dhp12", *([server] if server else []))
    asked, *answers = [m for m in said if m.kind in ("162", "163", "164", "165")]
    assert (asked.kind, asked.source, asked.hop_limit) == (query, care_of, 255)
    if server:  # figure 10 (b)
        assert asked.destination == run.address(server)
        assert [(m.kind, m.source) for m in answers] == [("165", run.address(server))]
    else:
        everyone = {run.address("dhp11"), run.address("dhp12")}
        assert asked.destination == run.network.names["ns1"]["dhp-multicast.domain1.test"][0]
        assert {(m.kind, m.source) for m in answers} == {("163", each) for each in everyone}
    rest = [m for m in said if m not in (asked, *answers)]
    assert [m.kind for m in rest] == ["166", "167", "BU", "BA", "BU", "BA"]  # the last two: closed
    assert all({m.source, m.destination} == {care_of, proxy} for m in rest)
