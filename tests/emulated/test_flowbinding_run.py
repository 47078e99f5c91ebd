"""The use case of flow binding on the kernel (xia §3, figure 1), read by tshark in its captures."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from flowbinding_runs import ALTERNATIVE, EARLY_FLOW, Played, Said, play, topology

pytestmark = pytest.mark.root

STATE = "echo '<{0}>'; ip -6 rule; ip -6 route show table all; nft list ruleset; echo '</{0}>'"
SCENARIO = f"""
flows:
  call: {{kind: udp, from: mn1, to: cn, direction: both, interval: 20ms, size: 160, service: voip}}
  video: {{kind: udp, from: cn, to: mn1, size: 1000, interval: 8ms, service: video}}
  download: {{kind: tcp, from: mn1, to: cn, direction: down, rate: 750kbit/s, service: p2p}}
  sync: {{kind: tcp, from: backup, to: mn1, rate: 2500kbit/s, interface: wlan0}}
timeline:
  - {{at: 0, attach: mn1, to: cell1}}
  - {{at: 1s, start: [call, video, download]}}
  - {{at: 2.2s, attach: mn1, to: wlan1}}
  - {{at: 3.6s, node: lma, run: "{STATE.format("bound")}"}}
  - {{at: 3.6s, node: mn1, run: "{STATE.format("bound")}"}}
  - {{at: 4s, start: sync}}
  - {{at: 7.4s, detach: mn1, interface: wlan0}}
  - {{at: 9s, stop: [call, video, download, sync]}}
expect:
  - captures.dropped == 0
"""
SETTLED = 0.6  # s from a decision until the last packet on the old way is through its queues
FORWARD_AND_ADD = bytes([0, 0, 1, 0, 0])  # FID, Action, Status, PRO
LTE, WLAN = "lte0", "wlan0"
V58 = bytes.fromhex(
    "6000000000643c4020010db8000f0000000000000000000120010db8000f000000000000000000a2"
    "2900040104010100"
    "600000000034294020010db8000f0000000000000000000120010db8000b00020000000000000100"
    "60000000000c114020010db800090000000000000000000920010db8000a00010000000000000100"
    "138c138c000cb76861626364"
)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    half = topology(inquire="always").replace("8Mbit/s", "4Mbit/s")
    half = half.replace("2200kbit/s", "1100kbit/s").replace("1600kbit/s", "800kbit/s")
    return play(tmp_path_factory.mktemp("xia"), half, SCENARIO)


def moment(played: Played, event: str, service: str, **details: object) -> float:
    (found,) = played.named(event, service=service, node="lma", **details)
    return float(found["at"])


def congested(played: Played) -> float:
    return moment(played, "flow_returned", "video")


def test_the_eleven_steps_of_figure_1_in_order(played: Played) -> None:
    home = played.came(WLAN)
    first = [played.spoken(kind, *ends)[0] for kind, *ends in STEPS_1_TO_3]
    assert [each.at for each in first] == sorted(each.at for each in first)
    assert first[-1].at < home
    asked = played.first("GSR", "lma", "mag2", EARLY_FLOW, home)
    then = [
        played.spoken("PBU", "mag2", "lma", home)[0],  # 4
        played.spoken("PBA", "lma", "mag2", home)[0],
        played.first("GSR", "lma", "mag1", ALTERNATIVE, home),  # 5
        played.first("PBU", "mag1", "lma", EARLY_FLOW, home),  # 6
        asked,  # 7
        answer_to(played, "mag2", asked),  # 8
        played.first("PBA", "lma", "mag1", EARLY_FLOW, home),  # 9
    ]
    times = [each.at for each in then]
    assert times == sorted(times)
    asked_at, told_at = (played.spoken(kind, since=home)[0].at for kind in ("RS", "RA"))
    assert max(asked_at, times[1]) < told_at < times[-1]
    on_wlan = min(at for at, name in played.on_access("video") if name == WLAN)
    assert times[-1] < on_wlan  # 10 and 11


STEPS_1_TO_3 = (
    ("PBU", "mag1", "lma"),
    ("PBA", "lma", "mag1"),
    ("RA", "mag1", "mn1"),
)


def inquiries(played: Played) -> list[Said]:
    return [s for s in played.spoken("GSR", "lma", "mag2") if s.options(EARLY_FLOW)]


def answer_to(played: Played, gateway: str, asked: Said) -> Said:
    (told,) = [
        s for s in played.spoken("GSA", gateway, "lma") if s.octets[8:10] == asked.octets[8:10]
    ]
    return told


def test_interfaces_register_with_their_technologies_and_have_prefixes_of_their_own(
    played: Played,
) -> None:
    for gateway, technology in (("mag1", "8"), ("mag2", "4")):
        update = played.spoken("PBU", gateway, "lma")[0]
        assert update.row["mip6.att"] == [technology]
        assert update.row["mip6.hi"] != ["5"]
        assert played.spoken("PBA", "lma", gateway)[0].row["mip6.ba.status"] == ["0"]
    sip, tip = (IPv6Address(played.home(each)).packed for each in (LTE, WLAN))
    assert sip[:8] != tip[:8]


def test_step_5_names_the_other_interface(played: Played) -> None:
    other = {"mag1": ("mag2", 4), "mag2": ("mag1", 8)}
    for told, (gateway, technology) in other.items():
        notice = played.first("GSR", "lma", told, ALTERNATIVE, 0.0)
        wanted = bytes([0, technology]) + IPv6Address(played.address(gateway)).packed
        assert notice.options(ALTERNATIVE) == [wanted]
        assert answer_to(played, told, notice).status == 0


def test_steps_6_to_9_name_flows_and_results(played: Played) -> None:
    """FID is 0 and no BID is said; the answer repeats what was asked, with status 0."""
    home = played.came(WLAN)
    asked = played.first("PBU", "mag1", "lma", EARLY_FLOW, home)
    flows = asked.options(EARLY_FLOW)
    assert asked.row["mip6.hi"] == ["5"]
    assert asked.options(ALTERNATIVE) == [b"\0\4" + IPv6Address(played.address("mag2")).packed]
    assert len(flows) == 2
    assert all(each[1:6] == FORWARD_AND_ADD for each in flows)
    ends = [IPv6Address(each).packed for each in (played.address("cn"), played.home(LTE))]
    assert all(end in each for each in flows for end in ends)
    assert len(inquiries(played)) == 2
    assert [answer_to(played, "mag2", each).status for each in inquiries(played)] == [0, 0]
    told = played.first("PBA", "lma", "mag1", EARLY_FLOW, home)
    assert told.row["mip6.ba.status"] == ["0"]
    assert told.options(EARLY_FLOW) == flows


def test_packets_of_a_bound_flow_are_those_of_v58(played: Played) -> None:
    """Octet by octet, but for the encapsulation limit, addresses, lengths and what varies."""
    named = {"lma": "2001:db8:f::1", "cn": "2001:db8:9::9", "mag2": "2001:db8:f::a2"}
    addresses = {IPv6Address(old): played.address(node) for node, old in named.items()}
    addresses[IPv6Address("2001:db8:b:2::100")] = played.home(WLAN)
    addresses[IPv6Address("2001:db8:a:1::100")] = played.home(LTE)
    port = played.network.flows["video"].identifier
    seen = played.octets("mag2", f"udp.port == {port} && !icmpv6 && {at('mag2', 0)}")
    assert len(seen) > 100
    wanted = skeleton(V58[:6] + b"\x29" + V58[7:40] + V58[48:])
    for old, new in addresses.items():
        wanted = [each.replace(old.packed, IPv6Address(new).packed) for each in wanted]
    for octets in seen:
        assert skeleton(octets) == wanted
        assert octets[120:124] == port.to_bytes(2, "big") * 2


def skeleton(octets: bytes) -> list[bytes]:
    """The version, the next header and the addresses of each header down to UDP."""
    found = []
    while octets[:1] and octets[0] >> 4 == 6:
        found.append(octets[:1] + octets[6:7] + octets[8:40])
        if octets[6] != 41:
            break
        octets = octets[40:]
    return found


def at(node: str, number: int) -> str:
    return f'frame.interface_name == "{node}:{node}-eth{number}"'


def test_each_header_is_stripped_where_figure_1_says(played: Played) -> None:
    port = played.network.flows["video"].identifier
    about = f"udp.port == {port} && !icmpv6"
    lma, mag2, tip, cn, sip = (
        *(played.address(each) for each in ("lma", "mag2")),
        *(played.home(WLAN), played.address("cn"), played.home(LTE)),
    )
    both = [(lma, mag2), (lma, tip), (cn, sip)]
    places = [("mag2", at("mag2", 0), both), ("mag2", at("mag2", 1), both[1:])]
    places.append(("mn1", 'frame.interface_name == "mn1:mn1-wlan0"', both[1:]))
    for node, where, headers in places:
        found = played.seen(node, "ipv6.src", "ipv6.dst", display_filter=f"{about} && {where}")
        assert found
        ways = {(*row["ipv6.src"], *row["ipv6.dst"]) for row in found}
        assert ways == {(*(a for a, _ in headers), *(b for _, b in headers))}
    elsewhere = played.seen("cn", "ipv6.src", display_filter="ipv6.nxt == 41 || mipv6")
    assert elsewhere == []


def test_the_anchor_sends_each_flow_where_the_policy_says(played: Played) -> None:
    assert played.gateways("call") == ["mag1"]
    assert played.gateways("video") == ["mag1", "mag2", "mag1"]
    assert played.gateways("download") == ["mag1", "mag2", "mag1"]
    assert played.gateways("sync") == ["mag2", "mag1"]


def test_each_flow_is_on_the_access_link_that_the_policy_says_at_each_moment(
    played: Played,
) -> None:
    home, sync = played.came(WLAN), played.named("flow_started", flow="sync")[0]["at"]
    bound = max(moment(played, "flow_moved", each) for each in ("video", "p2p")) + SETTLED
    full, away = congested(played) + SETTLED, played.left(WLAN)
    end = played.named("flow_stopped")[0]["at"]
    moments = {
        "alone": (home - 0.5, home, {LTE}, {LTE}),
        "at home": (bound, sync, {WLAN}, {WLAN}),
        "congested": (full, away, {LTE}, {WLAN}),
        "away": (away + SETTLED, end, {LTE}, {LTE}),
    }
    for start, until, video, download in moments.values():
        assert played.between("video", start, until) == video
        assert played.between("download", start, until) == download
        assert played.between("download", start, until, up=True) == download
        assert played.between("call", start, until) == {LTE}
        assert played.between("call", start, until, up=True) == {LTE}
    assert played.between("sync", full, away) == {WLAN}
    assert played.between("sync", away + SETTLED, end) == {LTE}
    assert played.between("sync", away + SETTLED, end, up=True) == {LTE}


def test_the_call_never_moves_and_loses_nothing(played: Played) -> None:
    call = played.flow("call")
    assert (call["lost"], call["duplicated"], call["reordered"]) == (0, 0, 0)
    assert not [each for each in played.result["flow_moves"] if each["flow"] == "call"]
    assert {name for up in (False, True) for _, name in played.on_access("call", up=up)} == {LTE}


def test_moved_flows_lose_nothing_and_reorder_no_more_than_the_ways_differ(
    played: Played,
) -> None:
    away = played.left(WLAN) - played.named("ready")[0]["at"]
    moves = played.result["flow_moves"]
    down = [each for each in moves if each["direction"] == "down"]
    assert sorted((each["flow"], each["to"][4:]) for each in down) == [
        *[("download", LTE), ("download", WLAN), ("sync", LTE)],
        *[("video", LTE), ("video", WLAN)],
    ]
    assert [each["lost"] for each in moves if each["at"] < away] == [0, 0, 0]
    assert all(each["reordered_beyond"] == 0 for each in moves)
    assert played.flow("video")["lost"] == 0, "nor what the Wi-Fi had when it was left"


def test_congestion_is_measured_from_what_comes(played: Played) -> None:
    began, *_ = played.named("congestion_began", node="mag2")  # again: TCP that catches up
    assert began["utilisation"] >= 0.9
    sync = played.named("flow_started", flow="sync")[0]["at"]
    assert sync < began["at"] < congested(played)
    asked = played.named("flow_requested", node="mag2", cause="congestion")
    assert [each["service"] for each in asked] == ["video"]


def test_kernels_have_what_flows_need_and_no_more(played: Played) -> None:
    """One way by the other interface at the anchor; one flow of TCP upwards at the node."""
    tip, lma = played.home(WLAN), played.address("lma")
    anchor = "\n".join(played.state("lma", "bound"))
    assert anchor.count(f"[ {tip} ]") == 1
    mobile = "\n".join(played.state("mn1", "bound"))
    assert f"[ {lma} ]" in mobile
    for address in (played.home(LTE), tip):
        assert f"from {address}" in mobile


def test_tshark_finds_nothing_wrong(played: Played) -> None:
    assert played.complaints() == []
