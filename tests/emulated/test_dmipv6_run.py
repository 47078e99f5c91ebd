"""A run of `dmipv6`, figure 1 of draft-liu-dmm-flows-distribution-and-handoff: four flows at once.

`call` goes over a home proxy of the domain of `cn1`, which knows no mobility, `video` over one of
that of `cn2`, which optimizes routes, `incoming` over the home agent, `fetch` over none. The mobile
node moves twice. Figure 10 (a) and what §5.2.2 makes of a move are read from the capture, message
by message; for figure 10 (b) see `test_dmipv6_figure_10b.py`.
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from itertools import pairwise

import pytest
from dmipv6_dialogue import Message, address_in, dialogue_of, records_in
from host_runs import Played, play

pytestmark = pytest.mark.root

UDP = 17
DATA = "(udp || tcp) && !udp.port == 53 && !icmpv6"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(tmp_path_factory.mktemp("dmipv6"), "dmipv6")


@pytest.fixture(scope="module")
def dialogue(played: Played) -> list[Message]:
    return dialogue_of(played, "mn1")


def opened(played: Played, flow: str) -> str:
    """The mobile node's address of ``flow``."""
    (event,) = played.named("flow_opened", flow=flow)
    return str(event["source"])


def care_of(played: Played) -> list[str]:
    return [played.care_of("mn1", access) for access in ("wlan1", "wlan2", "wlan1")]


def link_ups(played: Played) -> list[float]:
    return [each["at"] for each in played.named("link_up")]


def test_tshark_finds_nothing_malformed(played: Played) -> None:
    assert played.complaints() == []


def test_each_flow_has_the_way_that_its_service_asks_for(played: Played) -> None:
    chosen = {each["flow"]: each for each in played.named("flow_opened")}
    assert {flow: each["via"] for flow, each in chosen.items()} == {
        "call": "proxy",
        "video": "proxy",
        "fetch": "care-of",
    }
    assert chosen["call"]["proxy"] == played.address("dhp11")
    assert chosen["video"]["proxy"] == played.address("dhp22"), "dhp21 is loaded"
    assert chosen["fetch"]["source"] == care_of(played)[0]
    pools = {
        name: IPv6Network(played.network.nodes[name].pool or "::") for name in ("dhp11", "dhp22")
    }
    assert IPv6Address(opened(played, "call")) in pools["dhp11"]
    assert IPv6Address(opened(played, "video")) in pools["dhp22"]


def with_domain(played: Played, dialogue: list[Message], domain: int) -> list[Message]:
    """What was said to and by the nodes of a correspondent's domain before the first move."""
    prefix = IPv6Network(f"2001:db8:1{domain}::/48")
    moved = link_ups(played)[1]
    return [
        each
        for each in dialogue
        if each.at < moved and each.source != played.address("mn1") and each.concerns(prefix)
    ]


def test_figure_10a_with_a_correspondent_that_knows_no_mobility(
    played: Played, dialogue: list[Message]
) -> None:
    here, name = care_of(played)[0], "dhp-anycast.domain1.test"
    server, proxy = played.address("ns1"), played.address("dhp11")
    (anycast,) = played.network.names["ns1"][name]
    steps = with_domain(played, dialogue, 1)[:8]
    assert [(step.kind, step.source, step.destination) for step in steps] == [
        (name, here, server),
        (name, server, here),
        ("query", here, anycast),
        ("answer", proxy, here),
        ("request", here, proxy),
        ("response", proxy, here),
        ("BU", here, proxy),
        ("BA", proxy, here),
    ]
    query, answer, request, response = (step.octets for step in steps[2:6])
    assert (query[:2].hex(), query[4:]) == ("a000", bytes(4))
    assert (request[:2].hex(), request[4:]) == ("a600", bytes(4))
    assert (response[:2].hex(), response[4:8]) == ("a700", bytes(4))
    assert str(IPv6Address(response[8:])) == opened(played, "call")
    records = records_in(answer)
    assert [address_in(record) for record in records] == [proxy, played.address("dhp12")], (
        "who answers comes first"
    )
    assert [record[19] for record in records] == [3, 1], "security"
    assert [record[17] for record in records] == [100, 200], "capability"


def test_figure_10a_with_a_correspondent_that_optimizes_routes(
    played: Played, dialogue: list[Message]
) -> None:
    kinds = [step.kind for step in with_domain(played, dialogue, 2)]
    assert kinds[2:8] == ["query", "answer", "request", "response", "BU", "BA"]
    assert sorted(kinds[8:12]) == ["CoT", "CoTI", "HoT", "HoTI"]
    assert kinds[12:] == ["BU", "BA"]
    peer = played.address("cn2")
    update, answer = with_domain(played, dialogue, 2)[12:]
    assert (update.destination, answer.source) == (peer, peer)
    assert update.said is not None and update.said.home == opened(played, "video")


def test_a_binding_update_to_a_home_proxy_names_its_flow(
    played: Played, dialogue: list[Message]
) -> None:
    for flow, proxy in (("call", "dhp11"), ("video", "dhp22")):
        address = played.address(proxy)
        updates = [
            m.said for m in dialogue if m.kind == "BU" and m.destination == address and m.said
        ]
        assert {said.home for said in updates} == {opened(played, flow)}
        assert [said.source for said in updates[:3]] == care_of(played)
        assert [said.value("mip6.acoa.acoa") for said in updates[:3]] == care_of(played)
        assert {said.value("mip6.bu.h_flag") for said in updates} == {"1"}
        assert int(updates[-1].value("mip6.bu.lifetime")) == 0, "when the flow is over"
        port = played.network.flows[flow].identifier
        wanted = f"mip6.mhtype == 5 && ipv6.dst == {address} && mip6.bu.lifetime > 0"
        option = bytes([0xF2, 4]) + port.to_bytes(2, "big") + bytes([UDP, 0])
        assert all(option in octets for octets in played.octets("mn1", wanted))


def test_a_move_binds_each_address_anew_and_asks_nobody_for_another(
    played: Played, dialogue: list[Message]
) -> None:
    _, first, second = link_ups(played)
    agents = {played.address(name) for name in ("ha", "dhp11", "dhp22", "cn2")}
    for begin, end, place in zip(
        (first, second), (second, second + 3), care_of(played)[1:], strict=True
    ):
        said = [m for m in dialogue if begin < m.at < end]
        assert {m.kind for m in said} == {"BU", "BA", "CoTI", "CoT"}
        updates = [m for m in said if m.kind == "BU"]
        assert {m.destination for m in updates} == agents and len(updates) == len(agents)
        assert {m.source for m in updates} == {place}
        answers = [m.said for m in said if m.kind == "BA" and m.said]
        assert {m.source for m in answers} == agents
        assert {m.value("mip6.ba.status") for m in answers} == {"0"}


def test_three_flows_survive_two_moves_and_the_fourth_ends_with_its_address(
    played: Played,
) -> None:
    _, first, second = link_ups(played)
    stopped = {each["flow"]: each["at"] for each in played.named("flow_stopped")}
    for flow in ("incoming", "call", "video"):
        port = played.network.flows[flow].identifier
        wanted = f"udp.port == {port} && !icmpv6"
        times = [
            float(row["frame.time_epoch"][0])
            for row in played.seen("mn1", "frame.time_epoch", display_filter=wanted)
        ]
        for begin, end in pairwise((0.0, first, second, stopped[flow])):
            assert sum(begin < at < end for at in times) > 50, flow
        assert stopped[flow] > second
    (ended,) = [each for each in played.named("flow_ended") if each["flow"] == "fetch"]
    assert ended["why"] == "care-of address gone"
    assert first - 0.1 < ended["at"] < first + 1
    assert stopped["fetch"] < second, "its program was told"


def test_the_correspondent_that_knows_no_mobility_learns_no_care_of_address(played: Played) -> None:
    for place in set(care_of(played)):
        octets = ":".join(f"{octet:02x}" for octet in IPv6Address(place).packed)
        assert played.octets("cn1", f"frame contains {octets}") == []
        assert played.octets("dhp11", f"frame contains {octets}")
    seen = played.seen("cn1", "ipv6.src", "ipv6.dst", display_filter=DATA)
    ends = {end for row in seen for field in row.values() for end in field}
    assert ends == {played.address("cn1"), played.address("mn1"), opened(played, "call")}


def addressed(played: Played, node: str, flow: str, since: float) -> set[tuple[str, ...]]:
    """How the packets of ``flow`` are addressed at ``node``: headers, option, routing header."""
    fields = ("ipv6.src", "ipv6.dst", "ipv6.opt.mipv6.home_address")
    port = played.network.flows[flow].identifier
    wanted = f"udp.port == {port} && !icmpv6 && frame.time_epoch > {since}"
    found = played.seen(node, *fields, "ipv6.routing.mipv6.home_address", display_filter=wanted)
    return {tuple("|".join(values) for values in row.values()) for row in found}


def test_a_call_takes_the_tunnel_to_its_home_proxy(played: Played) -> None:
    there = care_of(played)[2]
    call, proxy, peer = opened(played, "call"), played.address("dhp11"), played.address("cn1")
    since = link_ups(played)[2] + 1
    assert addressed(played, "mn1", "call", since) == {
        (f"{there}|{call}", f"{proxy}|{peer}", "", ""),
        (f"{proxy}|{peer}", f"{there}|{call}", "", ""),
    }
    assert addressed(played, "ha", "call", 0) == set()


def test_optimized_data_pass_by_their_home_proxy(played: Played) -> None:
    there, video, peer = care_of(played)[2], opened(played, "video"), played.address("cn2")
    since = link_ups(played)[2] + 1
    assert addressed(played, "mn1", "video", since) == {(peer, there, "", video)}
    assert addressed(played, "dhp22", "video", since) == set()
    assert addressed(played, "ha", "video", 0) == set()


def test_what_comes_to_the_home_address_takes_the_triangle(played: Played) -> None:
    home, agent, peer = (played.address(name) for name in ("mn1", "ha", "cn1"))
    there = care_of(played)[2]
    since = link_ups(played)[2] + 1
    assert addressed(played, "mn1", "incoming", since) == {
        (f"{there}|{home}", f"{agent}|{peer}", "", ""),
        (f"{agent}|{peer}", f"{there}|{home}", "", ""),
    }
    near, far = played.flow("call")["delay"]["median"], played.flow("incoming")["delay"]["median"]
    assert far > near + 2 * 0.018, "to the home agent and back"
