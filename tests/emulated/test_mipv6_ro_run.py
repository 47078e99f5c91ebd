"""A run of `mipv6-ro`: return routability and data by the direct way, as tshark saw them.

One mobile node talks to a correspondent that supports route optimization, and to another mobile
node, and moves once.
"""

from __future__ import annotations

import pytest
from host_runs import Played, Said, play

pytestmark = pytest.mark.root

CALL, PEERS = 5001, 5003
SCENARIO = """
flows:
  voip: {kind: udp, from: cn, to: mn1, direction: both, interval: 5ms, size: 160}
  download: {kind: tcp, from: cn, to: mn1, rate: 3Mbit/s}
  peers: {kind: udp, from: mn2, to: mn1, direction: both, interval: 10ms, size: 160}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 0, attach: mn2, to: wlan2}
  - {at: 2s, start: [voip, download, peers]}
  - {at: 5s, move: mn1, to: wlan3, gap: 50ms}
  - {at: 8s, stop: [voip, download, peers]}
expect:
  - captures.dropped == 0
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(tmp_path_factory.mktemp("mipv6-ro"), "mipv6-ro", SCENARIO)


@pytest.fixture(scope="module")
def dialogue(played: Played) -> list[Said]:
    """What the mobile node and the correspondent said to each other, in order."""
    home, peer = played.address("mn1"), played.address("cn")
    ours = {home, *(played.care_of("mn1", access) for access in ("wlan1", "wlan3"))}
    said = played.said("mn1")
    return [
        s for s in said if peer in (s.source, s.destination) and {s.source, s.destination} & ours
    ]


def first(dialogue: list[Said], kind: str) -> Said:
    return next(said for said in dialogue if said.kind == kind)


def test_tshark_finds_nothing_malformed(played: Played) -> None:
    assert played.complaints() == []


def test_the_home_test_takes_the_tunnel_and_the_care_of_test_the_direct_way(
    played: Played, dialogue: list[Said]
) -> None:
    home, agent, peer = (played.address(node) for node in ("mn1", "ha", "cn"))
    here = played.care_of("mn1", "wlan1")
    ways = {
        "HoTI": ([here, home], [agent, peer]),
        "CoTI": ([here], [peer]),
        "HoT": ([agent, peer], [here, home]),
        "CoT": ([peer], [here]),
    }
    for kind, way in ways.items():
        row = first(dialogue, kind).row
        assert (row["ipv6.src"], row["ipv6.dst"]) == way, kind
        assert first(dialogue, kind).home == ""


def test_the_answers_carry_the_cookies_of_the_questions(dialogue: list[Said]) -> None:
    for asked, answered in (("HoTI", "HoT"), ("CoTI", "CoT")):
        cookie = first(dialogue, asked).value(f"mip6.{asked.lower()}.cookie")
        assert first(dialogue, answered).value(f"mip6.{answered.lower()}.cookie") == cookie
        assert int(cookie, 0) != 0


def test_the_update_names_the_nonces_of_both_tests_and_is_authenticated(
    played: Played, dialogue: list[Said]
) -> None:
    update, answer = first(dialogue, "BU"), first(dialogue, "BA")
    home, peer = played.address("mn1"), played.address("cn")
    here = played.care_of("mn1", "wlan1")
    assert (update.source, update.destination, update.home) == (here, peer, home)
    assert update.value("mip6.bu.h_flag") == "0"
    assert update.value("mip6.ni.hni") == first(dialogue, "HoT").value("mip6.hot.nindex")
    assert update.value("mip6.ni.cni") == first(dialogue, "CoT").value("mip6.cot.nindex")
    assert len(update.value("mip6.bad.auth")) == 2 * 12
    assert (answer.source, answer.destination, answer.home) == (peer, here, home)
    assert answer.value("mip6.ba.status") == "0"
    assert len(answer.value("mip6.bad.auth")) == 2 * 12


def test_after_a_move_the_home_test_still_holds(played: Played, dialogue: list[Said]) -> None:
    (moved,) = (each["at"] for each in played.named("link_up", access="wlan3"))
    there = played.care_of("mn1", "wlan3")
    after = [said for said in dialogue if said.at > moved]
    assert [said.kind for said in after] == ["CoTI", "CoT", "BU", "BA"]
    assert {after[0].source, after[2].source, after[1].destination} == {there}
    assert after[2].value("mip6.ni.hni") == first(dialogue, "HoT").value("mip6.hot.nindex")
    assert after[3].value("mip6.ba.status") == "0"


def data(played: Played, node: str, port: int, since: float) -> set[tuple[str, ...]]:
    """How the packets of a flow are addressed: header, Home Address option, routing header."""
    fields = ("ipv6.src", "ipv6.dst", "ipv6.opt.mipv6.home_address")
    wanted = f"udp.port == {port} && !icmpv6 && frame.time_epoch > {since}"
    found = played.seen(node, *fields, "ipv6.routing.mipv6.home_address", display_filter=wanted)
    return {tuple("|".join(values) for values in row.values()) for row in found}


def bound_at(played: Played, node: str) -> float:
    """When the latest of the bindings with ``node`` as the correspondent stood at both ends."""
    last = played.named("binding_accepted", node=node)[-1]["at"]
    return float(last) + 1.0


def test_data_carry_the_home_address_in_an_option_and_in_a_routing_header(played: Played) -> None:
    home, peer, there = played.address("mn1"), played.address("cn"), played.care_of("mn1", "wlan3")
    since = bound_at(played, "cn")
    expected = {(there, peer, home, ""), (peer, there, "", home)}
    assert data(played, "cn", CALL, since) == expected
    assert data(played, "core2", CALL, since) == expected
    assert data(played, "ha", CALL, since) == set()


def test_two_mobile_nodes_use_both_at_once(played: Played) -> None:
    one, two = played.address("mn1"), played.address("mn2")
    here, there = played.care_of("mn1", "wlan3"), played.care_of("mn2", "wlan2")
    since = max(bound_at(played, node) for node in ("mn1", "mn2"))
    expected = {(here, there, one, two), (there, here, two, one)}
    assert data(played, "mn1", PEERS, since) == expected
    assert data(played, "mn2", PEERS, since) == expected
    assert data(played, "ha", PEERS, since) == set()


def test_programs_see_home_addresses_alone(played: Played) -> None:
    for flow in ("voip", "peers"):
        found = played.flow(flow)
        assert found["duplicated"] == 0
        assert found["received"] > 0.8 * found["sent"]
    opened = played.seen(
        "cn",
        *("ipv6.dst", "ipv6.routing.mipv6.home_address"),
        display_filter="tcp.flags.syn == 1 && tcp.flags.ack == 0",
    )
    assert len(opened) == 2  # iperf3's control connection and the one with the data
    home = played.address("mn1")
    assert {
        "".join(row["ipv6.routing.mipv6.home_address"] or row["ipv6.dst"]) for row in opened
    } == {home}


def test_nobody_redirects_anybody(played: Played) -> None:
    for node in ("ha", "ar1", "ar2", "mn1", "mn2"):
        assert played.seen(node, "frame.number", display_filter="icmpv6.type == 137") == [], node
