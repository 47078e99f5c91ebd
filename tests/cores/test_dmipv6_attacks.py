"""What others send or start does no harm to a mobile node and its flows (draft-liu §6)."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from dmipv6_flows import A1, A, B
from dmipv6_nodes import ADDRESS, COA1, COA2, HOA
from dmipv6_world import World
from misfortunes import mutated

from agents.core.events import MessageReceived
from agents.wire import icmpv6, mobility
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.dmipv6_messages import (
    DhoaResponse,
    DhpDiscoveryAcknowledgement,
    DhpRecord,
    MulticastDhpAcknowledgement,
    ServerDhpResponse,
)
from agents.wire.errors import WireError
from agents.wire.messages import BindingAcknowledgement, BindingUpdate, MobilityMessage
from agents.wire.options import AlternateCareOfAddress

EVIL = Address.parse("2001:db8:bad::1")
TEMPTING = DhpRecord(EVIL, 0, 255, 0, 255)
MUTATIONS = 4000


def opening(world: World, wait: float = 0.005, **more: Any) -> str:
    """Begin with a flow, and stop while it waits for an answer."""
    token = world.command("mn", "open_flow", flow="f", destination=str(A), port=9, **more)
    world.run(wait)
    return token


@pytest.mark.parametrize(
    ("discovery", "answer"),
    [
        ("anycast", DhpDiscoveryAcknowledgement((TEMPTING,))),
        ("multicast", MulticastDhpAcknowledgement((TEMPTING,))),
        ("server-active", ServerDhpResponse((TEMPTING,))),
        ("server-passive", ServerDhpResponse((TEMPTING,), 0x8000)),
    ],
)
def test_a_forged_answer_leads_to_no_home_proxy_of_the_forgers(discovery: str, answer: Any) -> None:
    for source in (EVIL, A1, ADDRESS["server-a"]):
        world = World(mn={"discovery": discovery}).ready()
        token = opening(world, 0.025)
        world.forge("mn", answer, source, destination=COA1)
        world.run(6)
        assert world.replies[token]["via"] in ("proxy", "home")
        assert world.replies[token]["proxy"] in ("", str(A1))
        assert EVIL not in {sent.destination for sent in world.sent}


def test_an_answer_in_the_name_of_another_home_proxy_of_a_group_is_not_believed() -> None:
    world = World(mn={"discovery": "multicast"}).ready()
    token = opening(world, 0.025)
    better = DhpRecord(ADDRESS["a2"], 0, 255, 0, 255)
    world.forge("mn", MulticastDhpAcknowledgement((better,)), A1, destination=COA1)
    world.run(3)
    assert world.replies[token]["proxy"] == str(A1)


def test_answers_that_nobody_asked_for_are_dropped() -> None:
    world = World().ready()
    for message, why in (
        (DhpDiscoveryAcknowledgement((TEMPTING,)), "answer to no query"),
        (MulticastDhpAcknowledgement((TEMPTING,)), "answer to no query"),
        (ServerDhpResponse((TEMPTING,)), "answer to no query"),
        (DhoaResponse(EVIL), "response to no request"),
    ):
        world.forge("mn", message, A1, destination=COA1)
        assert world.drops()[-1] == why
    assert world.kernel.addresses.keys() == {HOA, COA1}


def test_only_who_was_asked_can_give_an_address() -> None:
    world = World().ready()
    token = opening(world, 0.045)
    assert world.messages("DhoaRequest")
    for source in (EVIL, ADDRESS["a2"], A):
        world.forge("mn", DhoaResponse(Address.parse("2001:db8:bad::2")), source, destination=COA1)
        assert world.drops()[-1] == "response to no request"
    for impossible in ("ff02::1", "fe80::1", "::1"):
        world.forge("mn", DhoaResponse(Address.parse(impossible)), A1, destination=COA1)
        assert world.drops()[-1] == "address that nobody can have"
    world.forge("mn", DhoaResponse(HOA), A1, destination=COA1)  # it is its own already
    world.run(1)
    assert world.replies[token]["via"] == "proxy"
    assert world.kernel.addresses[HOA] == "lo"


def test_a_forged_refusal_costs_a_flow_one_home_proxy_at_most() -> None:
    world = World().ready()
    token = opening(world, 0.045)
    world.forge("mn", DhoaResponse(UNSPECIFIED), A1, destination=COA1)
    world.run(3)
    assert world.replies[token]["proxy"] == str(ADDRESS["a2"])


def test_a_spoofed_dhp_binding_update_moves_nothing() -> None:
    world = World().ready()
    source = Address.parse(world.open("call", A)["source"])
    for flags, lifetime in ((0xC000, 25), (0xC000, 0), (0x8000, 25)):
        for care_of in (EVIL, COA1):
            update = BindingUpdate(60000, flags, lifetime, (AlternateCareOfAddress(EVIL),))
            world.forge("a1", update, care_of, home_address=source)
    world.run(1)
    world.assert_works(source, A, "a1")
    assert {row["care_of"] for row in world.rows("a1")} == {str(COA1)}


def test_a_replayed_dhp_binding_update_moves_nothing() -> None:
    world = World().ready()
    source = Address.parse(world.open("call", A)["source"])
    world.attach("wlan2")
    world.run(1)
    old = [s for s in world.messages("BindingUpdate") if s.destination == A1 and s.source == COA1]
    for sent in old:
        event = MessageReceived(
            mobility.parse(sent.octets), COA1, A1, octets=sent.octets, home_address=source
        )
        world.give("a1", event)
    world.run(1)
    world.assert_works(source, A, "a1")
    assert {row["care_of"] for row in world.rows("a1")} == {str(COA2)}


def test_a_forged_acknowledgement_ends_no_flow() -> None:
    world = World().ready()
    source = Address.parse(world.open("call", A)["source"])
    world.attach("wlan2")
    world.run(0.012)
    for status in (0, 128, 133):
        forged = BindingAcknowledgement(
            status, 0, world.messages("BindingUpdate")[-1].message.sequence, 1
        )
        world.forge("mn", forged, A1, destination=COA2, route_to=source)
    world.run(2)
    world.assert_works(source, A, "a1")
    assert world.records("flow_ended") == []


# --- pseudo-connections -------------------------------------------------------------------------


def test_pseudo_connections_cause_a_bounded_number_of_queries_and_requests() -> None:
    world = World(mn={"name_lifetime": 0, "flows": 100_000}).ready()
    tokens = []

    def start(number: int) -> None:
        to = (A, B)[number % 2]
        name = f"f{number}"
        tokens.append(world.command("mn", "open_flow", flow=name, destination=str(to), port=1))

    for number in range(1000):
        world.at(number / 100, lambda number=number: start(number))
    world.run(20)
    asked = len(world.messages("DhpDiscoveryQuery"))
    requested = len(world.messages("DhoaRequest"))
    assert asked + requested <= 3 * (16 + 2 * 10)  # flow_burst, and flow_rate for 10 s
    vias = [world.replies[token]["via"] for token in tokens]
    assert len(vias) == 1000 and vias.count("proxy") <= 16 + 2 * 10
    why = {each["why"] for each in world.records("flow_fell_back")}
    assert "too many new flows" in why


def test_there_is_a_bound_on_flows_and_a_flow_that_closes_makes_room() -> None:
    world = World(mn={"flows": 3}).ready()
    for number in range(3):
        assert "error" not in world.open(f"f{number}", B, service="web", wait=0)
    refused = world.open("one more", B, service="web", wait=0)
    assert refused == {"error": "open_flow: there are 3 flows already"}
    world.close("f1")
    world.run(2)
    assert "error" not in world.open("one more", B, service="web", wait=0)


def test_a_trojan_that_sends_requests_itself_gets_a_bounded_number_of_addresses() -> None:
    from agents.core.actions import SendMessage
    from agents.wire.dmipv6_messages import DhoaRequest

    world = World().ready()
    source = Address.parse(world.open("call", A)["source"])
    for number in range(500):
        world.at(number / 100, lambda: world._send("mn", SendMessage(DhoaRequest(), COA1, A1)))
    world.run(10)
    assert len(world.rows("a1")) <= 2  # one that is used, one that nobody has bound
    world.assert_works(source, A, "a1")
    world.run(60)
    assert [row["address"] for row in world.rows("a1")] == [str(source)]


# --- octets of all kinds ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_mutated_messages_do_no_harm(seed: int) -> None:
    chance = Random(seed)
    world = World(seed, mn={"discovery": ("anycast", "multicast")[seed], "proxy_lifetime": 20})
    sources = []
    for number in range(4):
        world.ready() if not number else world.attach(("wlan1", "wlan2")[number % 2])
        world.run(1)
        sources.append(world.open(f"f{number}", (A, B)[number % 2], port=number + 1, wait=3))
    genuine = [sent for sent in world.sent if sent.name != "RouterAdvertisement"]
    understood = 0
    for _ in range(MUTATIONS):
        sent = chance.choice(genuine)
        if give_mutated(world, sent, chance):
            understood += 1
        if chance.random() < 0.02:
            world.run(chance.choice((0.01, 1.0)))
    assert understood > MUTATIONS / 4
    world.run(30)
    world.attach("wlan1")
    world.run(5)
    again = world.open("after", B, wait=6)
    world.assert_works(Address.parse(again["source"]), B, "optimized")


def give_mutated(world: World, sent: Any, chance: Random) -> bool:
    try:
        if isinstance(sent.message, MobilityMessage):
            octets = mutated(sent.octets, chance)
            message = mobility.parse(octets)
        else:
            octets = mutated_icmpv6(sent.octets, chance)
            message = icmpv6.parse(octets)
    except WireError:
        return False
    node = chance.choice([n for n, each in world.nodes.items() if each.core is not None])
    source = chance.choice((sent.source, sent.source, EVIL, A1, B))
    to = chance.choice((sent.destination, world.nodes[node].address, COA1))
    event = MessageReceived(
        message,
        source,
        to,
        octets=octets,
        home_address=chance.choice((sent.action.home_address, None)),
        routed_to=sent.action.route_to,
    )
    world.give(node, event)
    return True


def mutated_icmpv6(octets: bytes, chance: Random) -> bytes:
    """Change up to four octets after the checksum, or let the message end early."""
    data = bytearray(octets)
    for _ in range(chance.randrange(1, 5)):
        data[chance.randrange(4, len(data))] = chance.randrange(256)
    return bytes(data[: chance.randrange(4, len(data))] if chance.random() < 0.1 else data)
