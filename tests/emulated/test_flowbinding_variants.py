"""The other messages and layouts, inquiries that are refused, and an address that is shared."""

from __future__ import annotations

from ipaddress import IPv6Address
from pathlib import Path

import pytest
from flowbinding_runs import (
    ALTERNATIVE,
    EARLY_FLOW,
    FLOW,
    Played,
    Said,
    play,
    topology,
)

pytestmark = pytest.mark.root

SCENARIO = """
flows:
  call: {kind: udp, from: mn1, to: cn, direction: both, interval: 20ms, size: 160, service: voip}
  video: {kind: udp, from: cn, to: mn1, direction: both, size: 500, interval: 10ms, service: video}
  file: {kind: udp, from: cn, to: mn1, direction: both, size: 500, interval: 10ms, service: p2p}
timeline:
  - {at: 0, attach: mn1, to: cell1}
  - {at: 1s, start: [call, video, file]}
  - {at: 2s, attach: mn1, to: wlan1}
  - {at: 3.5s, stop: [call, video, file]}
expect:
  - captures.dropped == 0
  - flows.call.lost == 0
  - flows.call.moves == 0
  - flows.video.lost == 0
  - flows.file.lost == 0
  - flows.file.moves == 2
"""
REASON_SESSION, REASON_FLOWS = 2, 8  # RFC 7077 §4.1, RFC 7864 §4.2
LTE, WLAN = "lte0", "wlan0"


def reason(said: Said) -> int:
    return int.from_bytes(said.octets[8:10], "big")


def answered(played: Played, asked: Said) -> Said:
    (found,) = [
        each
        for each in played.spoken("UPA", asked.listener, "lma")
        if each.octets[6:8] == asked.octets[6:8]
    ]
    return found


@pytest.fixture(scope="module")
def standard(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """RFC 7077 and RFC 6089 in place of drafts of 2009, authenticated; no room for the video."""
    key = '{spi: 1000, key: "00112233445566778899aabb"}'
    options = {"carrier": "rfc7077", "layout": "rfc6089", "inquire": "always"}
    text = topology(**options, authentication=key).replace("8Mbit/s", "2Mbit/s")
    return play(tmp_path_factory.mktemp("standard"), text, SCENARIO)


def test_update_notifications_tell_of_interfaces_and_inquire(standard: Played) -> None:
    assert standard.spoken("GSR") == standard.spoken("GSA") == []
    notices = standard.spoken("UPN", "lma")
    alternatives = {each.listener: each for each in notices if each.options(ALTERNATIVE)}
    assert {reason(each) for each in alternatives.values()} == {REASON_SESSION}
    other = {"mag1": ("mag2", 4), "mag2": ("mag1", 8)}
    for told, each in alternatives.items():
        gateway, technology = other[told]
        wanted = bytes([0, technology]) + IPv6Address(standard.address(gateway)).packed
        assert each.options(ALTERNATIVE) == [wanted]
        assert answered(standard, each).status == 0
    inquiries = [each for each in standard.spoken("UPN", "lma", "mag2") if each.options(FLOW)]
    assert {reason(each) for each in inquiries} == {REASON_FLOWS}
    assert [answered(standard, each).status for each in inquiries] == [130, 0]


def test_flows_have_numbers_and_each_its_result(standard: Played) -> None:
    home = standard.came(WLAN)
    asked = standard.first("PBU", "mag1", "lma", FLOW, home)
    told = standard.first("PBA", "lma", "mag1", FLOW, home)
    numbers = [int.from_bytes(each[:2], "big") for each in asked.options(FLOW)]
    assert numbers == [1, 2]
    assert asked.options(EARLY_FLOW) == []
    assert told.row["mip6.ba.status"] == ["0"]
    results = {int.from_bytes(each[:2], "big"): each[5] for each in told.options(FLOW)}
    assert (results[1] >= 128, results[2]) == (True, 0)


def test_the_flow_that_was_granted_moves_and_the_other_stays(standard: Played) -> None:
    assert standard.gateways("video") == standard.gateways("video", up=True) == ["mag1"]
    assert standard.gateways("file") == ["mag1", "mag2"]
    _changed_upwards(standard, "file")
    assert standard.complaints() == []


def _changed_upwards(played: Played, flow: str) -> None:
    """From one gateway to the other; on the faster way some overtake what is on the slower."""
    ways = played.gateways(flow, up=True)
    assert (ways[0], ways[-1], {*ways}) == ("mag1", "mag2", {"mag1", "mag2"})


def test_a_shared_address_needs_one_header_and_no_other_packet_moves(tmp_path: Path) -> None:
    played = play(tmp_path, topology(shared_address="true"), SCENARIO)
    assert played.home(LTE) == played.home(WLAN)
    assert played.gateways("video") == ["mag1", "mag2"]
    _changed_upwards(played, "video")
    assert played.gateways("call") == ["mag1"]
    port = played.network.flows["video"].identifier
    fields, about = ("ipv6.src", "ipv6.dst"), f"udp.port == {port} && !icmpv6"
    lma, mag2, cn = (played.address(each) for each in ("lma", "mag2", "cn"))
    own = played.home(LTE)
    down, up = [(lma, mag2), (cn, own)], [(mag2, lma), (own, cn)]
    core = played.seen("mag2", *fields, display_filter=f"{about} && ipv6.nxt == 41")
    found = {(*row["ipv6.src"], *row["ipv6.dst"]) for row in core}
    assert found == {(*(a for a, _ in ways), *(b for _, b in ways)) for ways in (down, up)}
    access = played.seen("mn1", *fields, display_filter=about)
    assert {len(row["ipv6.src"]) for row in access} == {1}, "as they are"
    assert {name for _, name in played.on_access("call", up=True)} == {LTE}
