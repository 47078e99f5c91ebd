"""However many messages come, and however altered: lists stay bounded and no agent breaks."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from misfortunes import mutated
from romip_forgers import A1, B1, MADE, answered, fresh, moved, state
from romip_nodes import ACCESS, KEY, MAARS, home, link_layer, name

from agents.core.actions import SendMessage
from agents.core.events import MessageReceived
from agents.romip.keeper import ENTRIES_PER_NODE
from agents.romip.lists import Pair
from agents.romip.solicitation import solicitations
from agents.wire import mobility
from agents.wire.address import Address
from agents.wire.errors import WireError
from agents.wire.messages import BindingAcknowledgement, BindingUpdate


def test_the_list_of_a_node_is_bounded() -> None:
    world = moved()
    statuses = set()
    for index in range(ENTRIES_PER_NODE + 8):
        moving = Address(A1[:8] + bytes(4) + index.to_bytes(4, "big"))
        update = MADE.ddbu(fresh(world, "b3", "b2"), Pair(moving, B1), MAARS["b3"], 7)
        statuses.update(answered(world.forge("b2", update, MAARS["b3"])))
    assert statuses == {0, 130}
    assert len(world.lists("b2", 2)["internal"]) == ENTRIES_PER_NODE
    assert world.ping(A1, B1)


def test_a_flood_of_solicitations_is_not_answered_for_long() -> None:
    world = moved()
    (message,) = solicitations(name(2), link_layer(2), [Pair(B1, A1)], 1)
    source = Address.parse("fe80::ff:fe00:2")
    event = MessageReceived(message, source, source, ACCESS, link_layer(2))
    answers = sum(len(answered_by_advertisement(world.give("b2", event))) for _ in range(2000))
    assert 250 <= answers <= 300
    world.run(2)
    assert len(answered_by_advertisement(world.give("b2", event))) == 1
    assert world.ping(A1, B1)


def answered_by_advertisement(actions: list[Any]) -> list[Any]:
    return [a for a in actions if isinstance(a, SendMessage)]


def test_numbers_far_ahead_do_not_silence_a_peer() -> None:
    world = moved()
    for jump in (20000, 40000, 60000):
        update = MADE.ddbu(jump, Pair(A1, home(2, "b3")), MAARS["a2"], 7)
        world.forge("b2", update, MAARS["a2"])
    world.settle((1, "a3"), (1, "a2"))
    world.run(10)
    assert world.way(B1, A1) == ["b2", "a2"]


@pytest.mark.parametrize("seed", range(40))
def test_altered_messages_do_no_harm(seed: int) -> None:
    """What parses is taken for what it says, and at worst delays; nothing breaks an agent."""
    chance = Random(seed)
    world = moved(seed=seed, maar={"authentication": KEY})
    world.settle((1, "a3"))
    before = state(world)
    kinds = (BindingUpdate, BindingAcknowledgement)
    for sent in [s for s in world.sent if isinstance(s.message, kinds)]:
        for _ in range(10):
            octets = mutated(sent.octets, chance)
            if octets == sent.octets:
                continue
            try:
                message = mobility.parse(octets)
            except WireError:
                continue
            node = world.names[sent.destination]
            event = MessageReceived(message, sent.source, sent.destination, octets=octets)
            assert not any(isinstance(a, SendMessage) for a in world.give(node, event))
    assert state(world) == before


@pytest.mark.parametrize("seed", range(40))
def test_altered_messages_without_a_key_break_no_agent(seed: int) -> None:
    chance = Random(seed)
    world = moved(seed=seed)
    kinds = (BindingUpdate, BindingAcknowledgement)
    for sent in [s for s in world.sent if isinstance(s.message, kinds)]:
        for _ in range(10):
            try:
                message = mobility.parse(mutated(sent.octets, chance))
            except WireError:
                continue
            node = world.names[sent.destination]
            world.give(node, MessageReceived(message, sent.source, sent.destination))
    world.run(1)
    world.settle((1, "a3"), (2, "b3"))
    world.run(60)
    assert world.way(A1, B1) == ["a3", "b3"]
