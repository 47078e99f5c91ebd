"""Forged and replayed messages take no lists, no traffic and no memory."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from romip_forgers import A1, AT, B1, MADE, STRANGER, answered, fresh, moved, state
from romip_nodes import AAA, ACCESS, HOST, KEY, MAARS, START, home, link_layer, name
from romip_world import World, step_name

from agents.core.actions import Drop
from agents.core.events import MessageReceived
from agents.pmipv6.lma import LocalMobilityAnchor
from agents.romip.lists import Pair
from agents.romip.messages import stamp_of
from agents.romip.solicitation import solicitations
from agents.wire import mobility
from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.diameter import AaAnswer
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.options import (
    HandoffIndicator,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    ServingMaar,
    SessionHomeAddress,
)

SESSION = Pair(A1, B1)


def late(world: World) -> int:
    return stamp_of(world.now)


# --- who is heard -----------------------------------------------------------------------------


@pytest.mark.parametrize("far", [False, True])
def test_who_is_no_maar_of_the_domain_gets_no_answer(far: bool) -> None:
    world = moved()
    before = state(world)
    sdbu = MADE.sdbu(1, name(1), [SESSION], late(world))
    forged = MADE.ddbu(1, SESSION, STRANGER, late(world)) if far else sdbu
    place = "b2" if far else "a2"
    assert [type(a) for a in world.forge(place, forged, STRANGER)] == [Drop]
    world.run(5)
    assert state(world) == before
    assert world.drops()[-1] == "message of no MAAR of the domain"


def test_an_sdbu_that_is_forged_takes_nothing_from_a_node_that_is_there() -> None:
    """Its answer goes to the MAAR in whose name it was sent, which has not asked."""
    world = moved()
    before = state(world)
    world.forge("a2", MADE.sdbu(1, name(1), [SESSION], late(world)), MAARS["b3"])
    world.run(5)
    assert state(world) == before and world.ping(A1, B1)
    assert "acknowledgement of no update" in world.drops()
    world.settle((1, "a3"))
    assert world.ping(A1, B1)


def test_with_a_key_no_forged_message_is_heard() -> None:
    world = moved(maar={"authentication": KEY})
    before = state(world)
    world.forge("a2", MADE.sdbu(1, name(1), [SESSION], late(world)), MAARS["b3"])
    world.forge("b2", MADE.ddbu(1, SESSION, MAARS["b3"], late(world)), MAARS["b3"])
    world.forge("b2", MADE.ddbu(2, SESSION, MAARS["a2"], late(world), release=True), MAARS["a2"])
    world.run(5)
    assert state(world) == before
    assert world.drops()[-3:] == ["message not authentic"] * 3
    world.settle((1, "a3"))
    assert world.ping(A1, B1)


def test_with_a_key_a_forged_answer_is_not_heard() -> None:
    world = _keyed_and_mute()
    asked = next(s for s in reversed(world.sent) if step_name(s) == "sDBU")
    located = (*_pair_options(), ServingMaar(MAARS["b3"]))
    forged = BindingAcknowledgement(0, 0x20, asked.message.sequence, 75, located)
    world.forge("a3", forged, MAARS["a2"])
    assert world.drops()[-1] == "message not authentic"
    assert world.lists("a3", 1)["internal"] == {}


def _pair_options() -> tuple[Any, ...]:
    return (SessionHomeAddress(1, A1), SessionHomeAddress(2, B1))


def _keyed_and_mute() -> World:
    """Node 1 has just come to A_MAAR3, and no acknowledgement comes through any more."""
    mute: list[bool] = []
    world = moved(
        maar={"authentication": KEY},
        fate=lambda number, message: (
            () if mute and isinstance(message, BindingAcknowledgement) else (0.0,)
        ),
    )
    mute.append(True)
    world.come(1, "a3")
    world.run(0.2)
    return world


# --- what is replayed -------------------------------------------------------------------------


@pytest.mark.parametrize("keyed", [False, True])
def test_whatever_was_sent_once_can_be_sent_again_in_vain(keyed: bool) -> None:
    world = moved(maar={"authentication": KEY if keyed else None})
    world.settle((1, "a3"))
    before = state(world)
    kinds = (BindingUpdate, BindingAcknowledgement)
    for sent in [s for s in world.sent if isinstance(s.message, kinds)]:
        world.deliver(sent)
        world.run(0.5)
        assert state(world) == before, (sent, world.story())


def test_a_replay_after_the_numbers_have_gone_round_is_too_old() -> None:
    world = moved(maar={"authentication": KEY})
    world.settle((1, "a3"), (1, "a2"), (1, "a3"))
    old = [s for s in world.sent if step_name(s) == "dDBU" and s.source == MAARS["a2"]][-1]
    world.restart("b2")
    world.run(70)
    before = state(world)
    world.deliver(old)
    assert world.drops()[-1] == "message of another time"
    world.run(1)
    assert state(world) == before


def test_an_update_of_an_earlier_maar_does_not_win_over_a_later_one() -> None:
    """It comes for the first time, so that its number is new; when the node attached is older."""
    world = moved()
    stamp = late(world)
    world.run(1)
    world.settle((1, "a3"))
    before = state(world)
    number = world.cores["a2"]._peers.next_number(MAARS["b2"])  # type: ignore[attr-defined]
    actions = world.forge("b2", MADE.ddbu(number, SESSION, MAARS["a2"], stamp), MAARS["a2"])
    assert answered(actions) == [157]
    assert state(world) == before


@pytest.mark.parametrize(
    ("session", "maar", "status"),
    [
        (SESSION, "a3", 129),  # in the name of another MAAR
        (Pair(Address.parse("2001:4860::8888"), B1), "a1", 129),  # no address of the domain
        (Pair(A1, home(2, "b3")), "a1", 133),  # a correspondent that is not there
        (Pair(HOST, B1), "a1", 0),
    ],
)
def test_what_a_ddbu_may_divert(session: Pair, maar: str, status: int) -> None:
    world = moved()
    number = fresh(world, "a1", "b2")
    update = MADE.ddbu(number, session, MAARS[maar], late(world))
    assert answered(world.forge("b2", update, MAARS["a1"])) == [status]


def test_a_fixed_correspondent_is_never_elsewhere() -> None:
    world = World()
    world.settle((2, "b1"))
    update = MADE.ddbu(1, Pair(HOST, B1), MAARS["a1"], late(world))
    assert answered(world.forge("b1", update, MAARS["a1"])) == [129]


def test_a_maar_takes_back_its_own_entries_only() -> None:
    world = moved()
    number = fresh(world, "b3", "b2")
    update = MADE.ddbu(number, SESSION, MAARS["b3"], late(world), release=True)
    world.forge("b2", update, MAARS["b3"])
    assert world.lists("b2", 2)["internal"] == {A1: MAARS["a2"]}


def test_a_node_cannot_list_the_address_of_another() -> None:
    """Else it would get the other's packets."""
    world = moved()
    world.settle((3, "b3"))
    lists = [Pair(A1, B1), Pair(HOST, B1), Pair(STRANGER, B1)]
    for message in solicitations(name(3), link_layer(3), lists, 1):
        source = Address.parse("fe80::ff:fe00:3")
        event = MessageReceived(message, source, source, ACCESS, link_layer(3))
        world.give("b3", event)
    world.run(5)
    assert world.lists("b3", 3) == {"external": {}, "internal": {}}
    assert "home address of another node" in world.drops()
    assert world.way(B1, A1) == ["b2", "a2"]


def test_a_node_cannot_solicit_in_the_name_of_another() -> None:
    world = moved()
    (message,) = solicitations(name(1), link_layer(3), [SESSION], 1)
    source = Address.parse("fe80::ff:fe00:3")
    event = MessageReceived(message, source, source, ACCESS, link_layer(3))
    assert [type(a) for a in world.give("b3", event)] == [Drop]
    assert world.rows("b3") == []


@pytest.mark.parametrize("result", [2001, 5030])
def test_only_the_aaa_server_answers(result: int) -> None:
    world = moved()
    world.stop("aaa")
    world.come(1, "a3")
    world.run(0.5)
    session = world.sent[-1].message.session
    answer = AaAnswer(session, result, name(1), "aaa", "example.com", MAARS["b3"])
    for source, forged in (
        (STRANGER, answer),
        (AAA, replace(answer, session="another")),
        (AAA, replace(answer, user=name(2))),
    ):
        event = MessageReceived(forged, source, MAARS["a3"])
        assert [type(a) for a in world.give("a3", event)] == [Drop]
    world.restart("aaa")
    world.run(20)
    assert world.ping(A1, B1)


# --- other protocols --------------------------------------------------------------------------


def proxy_update(flags: int) -> BindingUpdate:
    options = (
        MobileNodeIdentifier(1, name(1).encode()),
        HomeNetworkPrefix(Prefix(UNSPECIFIED, 0)),
        HandoffIndicator(1),
    )
    return BindingUpdate(1, flags, 75, options)


@pytest.mark.parametrize("profile", ["seed-bits", "iana-safe"])
@pytest.mark.parametrize("flags", [0x8200, 0x8300, 0x8210, 0x8214, 0xC000, 0x8000, 0])
def test_a_proxy_binding_update_at_a_maar_is_harmless(profile: str, flags: int) -> None:
    world = moved(maar={"flag_profile": profile})
    before = state(world)
    assert [type(a) for a in world.forge("a2", proxy_update(flags), MAARS["b3"])] == [Drop]
    both = replace(proxy_update(flags), options=(*proxy_update(flags).options, *_pair_options()))
    assert [type(a) for a in world.forge("a2", both, MAARS["b3"])] == [Drop]
    assert state(world) == before


@pytest.mark.parametrize("far", [False, True])
def test_an_sdbu_at_an_lma_is_harmless(far: bool) -> None:
    config = {
        "address": str(MAARS["a2"]),
        "mags": [str(MAARS["a3"])],
        "pool": "2001:db8:1:8000::/56",
        "mobiles": {name(1): {"prefixes": {}}},
    }
    core = LocalMobilityAnchor.from_config(config, Random(1))
    update = MADE.ddbu(1, SESSION, MAARS["a3"], AT) if far else MADE.sdbu(1, name(1), [SESSION], AT)
    octets = mobility.emit(update, MAARS["a3"], MAARS["a2"])
    parsed = mobility.parse(octets)
    event = MessageReceived(parsed, MAARS["a3"], MAARS["a2"], octets=octets)
    actions = list(core.handle(event, START))
    assert answered(actions) == [160 if far else 158]
    assert core.bindings(START) == []
