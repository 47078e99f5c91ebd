"""One run of the topology `mipv6`, judged by its capture (tshark), kernel state and result."""

from __future__ import annotations

from itertools import pairwise

import pytest
from host_runs import Played, Said, play

pytestmark = pytest.mark.root

GAP = 0.05
ONE_WAY = 0.010 + 0.003 + 0.002  # s, from the nearer access link to the home agent
DATA = "(udp || tcp || icmpv6.type in {128, 129}) && !icmpv6.type in {1, 2, 3, 4}"
SCENARIO = """
flows:
  ping: {kind: ping, from: cn, to: mn1, interval: 20ms}
  voip: {kind: udp, from: cn, to: mn1, direction: both, interval: 5ms, size: 160}
  download: {kind: tcp, from: cn, to: mn1, rate: 3Mbit/s}
timeline:
  - {at: 0, attach: mn1, to: home}
  - {at: 2s, start: [ping, voip, download]}
  - {at: 3s, node: mn1, run: ip -6 -o address}
  - {at: 3.2s, move: mn1, to: wlan1, gap: 50ms}
  - {at: 5s, node: mn1, run: "ip -6 -o address; ip -6 route show table all"}
  - {at: 5s, node: ha, run: "ip -6 route show table all; ip -6 neigh show proxy"}
  - {at: 5.4s, move: mn1, to: wlan2, gap: 50ms}
  - {at: 7.4s, node: mn1, run: ip -6 -o address}
  - {at: 7.8s, move: mn1, to: home, gap: 50ms}
  - {at: 9.8s, node: ha, run: "ip -6 route show table all; ip -6 neigh show proxy"}
  - {at: 10s, stop: [ping, voip, download]}
expect:
  - captures.dropped == 0
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(tmp_path_factory.mktemp("mipv6"), "mipv6", SCENARIO)


@pytest.fixture(scope="module")
def dialogue(played: Played) -> list[Said]:
    """Every message of the Mobility Header that the mobile sent or received."""
    return played.said("mn1")


def test_tshark_finds_nothing_malformed(played: Played) -> None:
    assert played.complaints() == []


def test_each_care_of_address_is_registered_once_and_home_ends_it(
    played: Played, dialogue: list[Said]
) -> None:
    home, agent = played.address("mn1"), played.address("ha")
    places = [played.care_of("mn1", access) for access in ("wlan1", "wlan2")]
    updates = [said for said in dialogue if said.kind == "BU"]
    assert [said.source for said in updates] == [*places, home]
    assert {said.destination for said in updates} == {agent}
    assert [said.home for said in updates] == [home, home, ""]
    lifetimes = [int(said.value("mip6.bu.lifetime")) for said in updates]
    assert lifetimes[0] > 0 and lifetimes[1] > 0 and lifetimes[2] == 0
    for said in updates:
        assert said.value("mip6.bu.a_flag") == said.value("mip6.bu.h_flag") == "1"
        assert said.headers == 1
    sequences = [int(said.value("mip6.bu.seqnr")) for said in updates]
    assert [after - before & 0xFFFF for before, after in pairwise(sequences)] == [1, 1]


def test_each_registration_is_acknowledged_to_where_it_came_from(
    played: Played, dialogue: list[Said]
) -> None:
    updates = [said for said in dialogue if said.kind == "BU"]
    answers = [said for said in dialogue if said.kind == "BA"]
    assert [said.destination for said in answers] == [said.source for said in updates]
    assert [said.home for said in answers] == [said.home for said in updates]
    assert [said.value("mip6.ba.status") for said in answers] == ["0"] * 3
    assert [said.value("mip6.ba.seqnr") for said in answers] == [
        said.value("mip6.bu.seqnr") for said in updates
    ]
    assert {said.source for said in answers} == {played.address("ha")}


def test_away_from_home_all_data_travel_in_the_tunnel(played: Played) -> None:
    home, agent, peer = (played.address(node) for node in ("mn1", "ha", "cn"))
    places = {played.care_of("mn1", access) for access in ("wlan1", "wlan2")}
    for router in ("ar1", "ar2"):
        found = played.seen(router, "ipv6.src", "ipv6.dst", "ipv6.nxt", display_filter=DATA)
        assert len(found) > 500, router
        for row in found:
            assert len(row["ipv6.src"]) == 2, row
            assert row["ipv6.nxt"][0] == "41"
            outer, inner = ({row["ipv6.src"][i], row["ipv6.dst"][i]} for i in (0, 1))
            assert inner == {home, peer}
            assert agent in outer and outer - {agent} <= places


def test_the_correspondent_sees_the_home_address_and_no_other(played: Played) -> None:
    found = played.seen("cn", "ipv6.src", "ipv6.dst", "ipv6.nxt", display_filter=DATA)
    ends = {frozenset((*row["ipv6.src"], *row["ipv6.dst"])) for row in found}
    assert ends == {frozenset((played.address("mn1"), played.address("cn")))}


def test_at_home_nothing_is_tunnelled(played: Played) -> None:
    left, (returned,) = played.named("link_down")[0]["at"], played.named("home_returned")
    times = f"(frame.time_epoch < {left} || frame.time_epoch > {returned['at'] + 0.1})"
    at_home = f'{DATA} && frame.interface_name contains "ha-eth1" && {times}'
    found = played.seen("ha", "ipv6.src", display_filter=at_home)
    assert len(found) > 300
    assert all(len(row["ipv6.src"]) == 1 for row in found)


def test_no_router_redirects_the_tunnelled_path(played: Played) -> None:
    assert played.seen("mn1", "frame.number", display_filter="icmpv6.type == 137") == []
    assert played.seen("cn", "frame.number", display_filter="icmpv6.type == 137") == []


def test_the_home_agent_defends_the_home_address_while_its_owner_is_away(played: Played) -> None:
    home = played.address("mn1")
    mac = next(each.mac for each in played.network.nodes["ha"].interfaces if each.name == "ha-eth1")
    told = "icmpv6.type == 136 && eth.dst == 33:33:00:00:00:01 && icmpv6.nd.na.target_address == "
    found = played.seen("ha", "frame.time_epoch", "icmpv6.opt.linkaddr", display_filter=told + home)
    away, _, back = (each["at"] for each in played.named("link_up")[1:])
    of_agent = [row for row in found if row["icmpv6.opt.linkaddr"] == [mac]]
    assert of_agent
    assert all(away < float(row["frame.time_epoch"][0]) < back for row in of_agent)
    of_mobile = [row for row in found if row not in of_agent]
    assert of_mobile and all(float(row["frame.time_epoch"][0]) > back for row in of_mobile)
    away_state, home_state = played.printed("ha").split("unreachable")[0], played.printed("ha")
    assert f"{home} dev ha-eth1 proxy" in away_state + home_state


def test_the_mobile_has_its_home_address_always_and_one_care_of_address_at_a_time(
    played: Played,
) -> None:
    home = played.address("mn1")
    shown = [line.split() for line in played.printed("mn1").splitlines() if "inet6" in line]
    found = [(words[1], words[3].partition("/")[0]) for words in shown if "global" in words]
    assert found.count(("lo", home)) == 3
    places = [home, *(played.care_of("mn1", access) for access in ("wlan1", "wlan2"))]
    assert [each for each in found if each[0] != "lo"] == [("mn1-wlan0", at) for at in places]


def test_the_download_is_one_connection_through_all_moves(played: Played) -> None:
    opened = played.seen(
        "cn", "tcp.srcport", display_filter="tcp.flags.syn == 1 && tcp.flags.ack == 0"
    )
    assert len(opened) == 2  # iperf3's control connection and the one with the data
    data = played.seen("mn1", "frame.time_epoch", display_filter="tcp.len > 1000")
    times = [float(row["frame.time_epoch"][0]) for row in data]
    ups = [each["at"] for each in played.named("link_up")[1:]]
    for begin, end in pairwise([*ups, times[-1]]):
        assert sum(begin < at < end for at in times) > 50


def test_each_handover_runs_through_its_phases_in_order(played: Played) -> None:
    handovers = played.result["handovers"]
    ways = [(each["from"], each["to"]) for each in handovers]
    assert ways == [("home", "wlan1"), ("wlan1", "wlan2"), ("wlan2", "home")]
    order = ("link_down", "link_up", "care_of_usable", "binding_sent", "binding_acknowledged")
    for handover in handovers[:2]:
        phases = handover["phases"]
        times = [phases[name] for name in order]
        assert all(before <= after for before, after in pairwise(times)), times
        assert times[1] - times[0] >= GAP
        # The home agent may send what has come meanwhile before its acknowledgement.
        assert phases["binding_sent"] + 2 * ONE_WAY < phases["first_packet"]
