"""Home proxies and servers answer every kind of query (draft-liu §4.3): bytes and rules."""

from __future__ import annotations

from itertools import pairwise

from dmipv6_domain import ANYCAST, DHPS, GROUP, MOBILE, SERVER, STRANGER, Domain

from agents.core import actions as do
from agents.wire.address import Address
from agents.wire.dmipv6_messages import (
    DhpDiscoveryAcknowledgement,
    DhpDiscoveryQuery,
    DhpRecord,
    MulticastDhpAcknowledgement,
    MulticastDhpQuery,
    ServerDhpQuery,
    ServerDhpRequirements,
    ServerDhpResponse,
)

NEAR = DhpRecord(DHPS[0], 0, 100, 2, 3)
FAR = DhpRecord(DHPS[1], 0, 100, 3, 3)
HEAD = "0000 0000 0000 0000".replace(" ", "")  # flags and the reserved octets


def record(dhp: Address, load: int, distance: int) -> str:
    return dhp.hex() + bytes((load, 100, distance, 3)).hex()


def settled(**changes: object) -> Domain:
    """Return a domain whose home proxies have made their initial announcements."""
    domain = Domain(**changes)  # type: ignore[arg-type]
    domain.run(4)
    return domain


def test_the_nearest_answers_an_anycast_query_for_all_and_from_its_own_address() -> None:
    domain = settled()
    assert domain.ask(DhpDiscoveryQuery(), ANYCAST) == [DhpDiscoveryAcknowledgement((NEAR, FAR))]
    query, answer = domain.sent[-2:]
    assert query.octets[:2].hex() == "a000" and query.octets[4:].hex() == "00000000"
    assert len(query.octets) == 8
    assert answer.source == DHPS[0] and answer.destination == MOBILE
    assert answer.octets[:2].hex() == "a100"
    assert answer.octets[4:].hex() == HEAD + record(DHPS[0], 0, 2) + record(DHPS[1], 0, 3)


def test_the_one_that_answers_names_itself_first() -> None:
    domain = settled()
    domain.kill(DHPS[0])
    (answer,) = domain.ask(DhpDiscoveryQuery(), ANYCAST)
    assert answer.records == (FAR, NEAR)


def test_a_home_proxy_that_falls_silent_drops_out_of_the_list() -> None:
    domain = settled()
    domain.kill(DHPS[1])
    domain.run(16)
    (answer,) = domain.ask(DhpDiscoveryQuery(), ANYCAST)
    assert answer.records == (NEAR,)
    (answer,) = domain.ask(ServerDhpQuery(), SERVER)
    assert answer.records == (NEAR,)


def test_each_of_the_group_answers_a_multicast_query_for_itself_after_a_random_delay() -> None:
    domain = settled()
    joins = [a for _, _, a in domain.log if isinstance(a, do.JoinGroup)]
    assert joins == [do.JoinGroup(GROUP, tunnelled=False)] * 2
    answers = domain.ask(MulticastDhpQuery(), GROUP)
    assert sorted(answers, key=str) == [
        MulticastDhpAcknowledgement((NEAR,)),
        MulticastDhpAcknowledgement((FAR,)),
    ]
    mine = [sent for sent in domain.sent if sent.destination == MOBILE]
    (query,) = [sent for sent in domain.sent if sent.destination == GROUP]
    assert query.octets[:2].hex() == "a200" and query.octets[4:] == bytes(8)
    assert {sent.source for sent in mine} == set(DHPS)
    assert all(sent.octets[:2].hex() == "a300" and len(sent.octets) == 32 for sent in mine)
    delays = {round(sent.at - query.at, 6) for sent in mine}
    assert len(delays) == 2 and all(0.01 <= delay <= 0.51 for delay in delays)


def test_the_delays_spread_over_half_a_second_and_repeated_queries_get_one_answer() -> None:
    delays = []
    for seed in range(40):
        domain = settled(seed=seed)
        domain.ask(MulticastDhpQuery(), GROUP)
        domain.ask(MulticastDhpQuery(), GROUP)
        asked = [sent.at for sent in domain.sent if sent.destination == GROUP]
        answers = [sent.at - asked[0] for sent in domain.sent if sent.destination == MOBILE]
        delays += [delay for delay in answers if delay < 0.6]
    assert min(delays) < 0.05 and max(delays) > 0.45
    domain = settled()
    for _ in range(3):  # at the same time
        domain.send(do.SendMessage(MulticastDhpQuery(), MOBILE, GROUP))
    assert len(domain.ask(MulticastDhpQuery(), GROUP)) >= 2
    assert len([s for s in domain.sent if s.destination == MOBILE and s.source == DHPS[0]]) == 1


def test_a_server_tells_of_all_who_asks_actively() -> None:
    domain = settled()
    assert domain.ask(ServerDhpQuery(), SERVER) == [ServerDhpResponse((NEAR, FAR))]
    query, answer = domain.sent[-2:]
    assert query.octets[:2].hex() == "a400" and query.octets[4:] == bytes(4)
    assert (answer.source, answer.destination) == (SERVER, MOBILE)
    assert answer.octets[:2].hex() == "a500"
    assert answer.octets[4:].hex() == HEAD + record(DHPS[0], 0, 2) + record(DHPS[1], 0, 3)


def test_a_server_chooses_one_for_who_asks_passively() -> None:
    domain = settled()
    query = ServerDhpRequirements(business=1, capability=1600, load=15, routing=255, security=3)
    assert domain.ask(query, SERVER) == [ServerDhpResponse((NEAR,), flags=0x8000)]
    asked, answer = domain.sent[-2:]
    assert asked.octets[4:].hex() == "800000000000000001640fff03000000"
    assert answer.octets[4:].hex() == "8000000000000000" + record(DHPS[0], 0, 2)


def test_a_server_chooses_by_the_rule_of_the_business_class() -> None:
    # The near one is loaded: nearest for conversations, least loaded for interactive traffic.
    domain = settled(dhps={0: {"load": 200}, 1: {"load": 20}})
    chosen = {
        business: domain.ask(ServerDhpRequirements(business, 0, 15, 255), SERVER)[0].records[0]
        for business in (1, 3)
    }
    assert chosen[1].address == DHPS[0] and chosen[1].load == 200
    assert chosen[3].address == DHPS[1] and chosen[3].load == 20


def test_a_server_may_be_given_other_rules() -> None:
    rules = {"1": ["load"], "9": {"distance": 1, "load": 0.1}}
    domain = settled(dhps={0: {"load": 200}, 1: {"load": 20}}, server={"rules": rules})
    for business, dhp in ((1, DHPS[1]), (9, DHPS[1]), (2, DHPS[1])):
        (answer,) = domain.ask(ServerDhpRequirements(business, 0, 15, 255), SERVER)
        assert answer.records[0].address == dhp


def test_a_server_that_finds_none_fitting_answers_with_an_empty_list() -> None:
    domain = settled()
    none = ServerDhpResponse((), flags=0x8000)
    for demand in (
        ServerDhpRequirements(1, 1601, 15, 255),
        ServerDhpRequirements(1, 0, 15, 1),
        ServerDhpRequirements(1, 0, 15, 255, security=4),
    ):
        assert domain.ask(demand, SERVER) == [none]
    domain.command(DHPS[0], "set_status", load=18)
    domain.command(DHPS[1], "set_status", load=18)
    domain.run(1)
    assert domain.ask(ServerDhpRequirements(1, 0, 1, 255), SERVER) == [none]
    assert len(domain.ask(ServerDhpRequirements(1, 0, 2, 255), SERVER)[0].records) == 1


def test_what_is_set_is_announced_at_once_to_peers_and_servers() -> None:
    domain = settled()
    before = len(domain.sent)
    domain.command(DHPS[1], "set_status", load=77, security=9)
    told = domain.sent[before:]
    status = MulticastDhpAcknowledgement((DhpRecord(DHPS[1], 77, 100, 3, 9),))
    assert [(s.message, s.source) for s in told] == [(status, DHPS[1])] * 2
    assert {sent.destination for sent in told} == {DHPS[0], SERVER}
    domain.run(1)
    (answer,) = domain.ask(DhpDiscoveryQuery(), ANYCAST)
    assert answer.records[1] == status.records[0]


def test_a_load_that_was_set_can_be_measured_again() -> None:
    domain = settled()
    domain.command(DHPS[0], "set_status", load=200)
    domain.address()
    assert domain.records("status_set")[-1]["load"] == 200
    domain.command(DHPS[0], "set_status", load=None)
    assert domain.records("status_set")[-1]["load"] == 3  # 1 of 100, rounded up, of 255


def test_a_status_that_cannot_be_is_refused_with_one_line() -> None:
    domain = settled()
    before = len(domain.records("status_set"))
    for arguments in ({"load": 256}, {"speed": 1}, {}, {"security": None}, {"distance": "far"}):
        domain.command(DHPS[0], "set_status", **arguments)
        (reply,) = [a for _, _, a in domain.log[-1:] if isinstance(a, do.Reply)]
        assert "set_status" in reply.details["error"] and "\n" not in reply.details["error"]
    assert len(domain.records("status_set")) == before
    domain.command(DHPS[0], "dance")
    assert domain.drops()[-1] == "unknown command"


def test_announcements_come_at_intervals() -> None:
    domain = settled()
    domain.run(59)
    to_server = [s.at for s in domain.sent if (s.source, s.destination) == (DHPS[0], SERVER)]
    gaps = [late - early for early, late in pairwise(to_server)]
    assert all(0.9 <= gap <= 1 for gap in gaps[:3])
    assert len(gaps) in (14, 15, 16) and all(4.5 <= gap <= 5 for gap in gaps[3:])


def test_only_known_home_proxies_are_believed_and_only_about_themselves() -> None:
    domain = settled()
    evil = DhpRecord(STRANGER, 0, 255, 0, 255)
    for source, records, why in (
        (STRANGER, (evil,), "status of a stranger"),
        (DHPS[1], (evil,), "status of another"),
        (DHPS[1], (NEAR, evil), "status of another"),
        (DHPS[1], (), "status of another"),
    ):
        for node in (DHPS[0], SERVER):
            domain.ask(MulticastDhpAcknowledgement(records), node, source)
            assert domain.drops()[-1] == why
    assert domain.ask(ServerDhpQuery(), SERVER)[0].records == (NEAR, FAR)


def test_a_flood_of_queries_is_answered_in_part_and_others_are_served() -> None:
    domain = settled()
    for _ in range(500):
        domain.send(do.SendMessage(ServerDhpQuery(), STRANGER, SERVER))
        domain.send(do.SendMessage(DhpDiscoveryQuery(), STRANGER, DHPS[0]))
        domain.send(do.SendMessage(MulticastDhpQuery(), STRANGER, GROUP))
    domain.run(1)
    answered = [sent for sent in domain.sent if sent.destination == STRANGER]
    assert len(answered) <= 3 * 40
    assert "too many queries" in domain.drops()
    assert domain.ask(ServerDhpQuery(), SERVER) and domain.ask(DhpDiscoveryQuery(), ANYCAST)


def test_queries_from_no_node_and_for_others_are_dropped() -> None:
    domain = settled()
    assert domain.ask(DhpDiscoveryQuery(), ANYCAST, Address(bytes(16))) == []
    assert domain.drops()[-1] == "query from no node"
    assert domain.ask(MulticastDhpQuery(), DHPS[0]) == []  # not to the group
    assert domain.drops()[-1] == "query for another"
    assert domain.ask(ServerDhpResponse(()), DHPS[0]) == []
    assert domain.drops()[-1] == "message not for a home proxy"
    assert domain.ask(DhpDiscoveryQuery(), SERVER) == []
    assert domain.drops()[-1] == "event not for a management server"
