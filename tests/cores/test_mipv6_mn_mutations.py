"""Altered octets: whatever arrives at a mobile node, it neither fails nor believes too much."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from mipv6_places import KEY, LINKS, care_of
from mipv6_world import Sent, World
from misfortunes import mutated

from agents.core.events import MessageReceived
from agents.wire import icmpv6, mobility
from agents.wire.errors import WireError
from agents.wire.messages import MobilityMessage

KEYS = {"ha": {"authentication": KEY}, "mn": {"authentication": KEY}}


def settled(seed: int, **changes: Any) -> World:
    """A world in which the mobile node has used all that it can."""
    world = World(seed, mn={"prefix_discovery": True, **changes.pop("mn", {})}, **changes)
    world.attach("mn1", "a")
    world.run(3)
    world.talk("cn", "mn1")
    world.talk("old", "mn1")
    world.run(3)
    return world


def altered(sent: Sent, chance: Random, to: str) -> MessageReceived | None:
    """The packet of ``sent`` with other octets, as a driver would hand it on, if it would."""
    whole = sent.packet
    codec = mobility if isinstance(whole.payload, MobilityMessage) else icmpv6
    octets = codec.emit(whole.payload, whole.pseudo_source, whole.pseudo_destination)
    if len(octets) <= 6:
        return None
    data = mutated(octets, chance) if codec is mobility else _stirred(octets, chance)
    try:
        message = codec.parse(data)
    except WireError:
        return None
    source, destination = whole.pseudo_source, whole.pseudo_destination
    return MessageReceived(
        message,
        whole.source,
        whole.destination,
        "wlan0",
        LINKS["a"].link_layer,
        data,
        home_address=None if source == whole.source else source,
        routed_to=None if destination == whole.destination else destination,
    )


def _stirred(octets: bytes, chance: Random) -> bytes:
    data = bytearray(octets)
    for _ in range(chance.randrange(1, 4)):
        data[chance.randrange(4, len(data))] = chance.randrange(256)
    return bytes(data)


def for_mobile(world: World) -> list[Sent]:
    own = {str(care_of(1, "a")), CONFIG_HOME, "ff02::1"}
    return [sent for sent in world.sent if str(sent.packet.destination) in own]


CONFIG_HOME = "2001:db8:1::ff:fe00:1"


@pytest.mark.parametrize("seed", range(40))
def test_altered_messages_make_it_neither_fail_nor_talk_too_much(seed) -> None:
    chance = Random(seed)
    world = settled(seed)
    messages = for_mobile(world)
    assert len(messages) > 8
    before = len(world.sent)
    for _ in range(100):
        event = altered(chance.choice(messages), chance, "mn1")
        if event is not None:
            world.give("mn1", event)
        world.run(chance.choice([0.0, 0.01, 0.3]))
    assert len(world.sent) - before < 700
    world.attach("mn1", "b")
    world.run(200)
    assert world.talk("mn1", "cn") != "", world.story()


@pytest.mark.parametrize("seed", range(20))
def test_with_authentication_altered_answers_never_change_a_binding(seed) -> None:
    chance = Random(seed)
    world = settled(seed, ha=KEYS["ha"], mn=KEYS["mn"])
    answers = [s for s in for_mobile(world) if "BindingAck" in type(s.message).__name__]
    (row,) = world.rows("mn1")[:1]
    for _ in range(200):
        event = altered(chance.choice(answers), chance, "mn1")
        if event is not None:
            world.give("mn1", event)
    assert world.rows("mn1")[0] == row
    assert world.talk("mn1", "cn") == "direct"
