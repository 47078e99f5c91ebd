"""Replayed, spoofed and forged signalling moves nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pmipv6_world import DELAY, LMA, MAGS, Sent, World, link_layer

from agents.core.events import MessageReceived
from agents.wire import mobility
from agents.wire.address import Address
from agents.wire.messages import BindingUpdate

NODE = link_layer(1)
A, B, C = MAGS
ATTACKER = Address.parse("2001:db8:bad::1")
SECRET = {"spi": 256, "key": "30" * 16}


def moved(ordering: str = "timestamp", **config: object) -> World:
    """A world in which the node has gone from A to B to C and to B again."""
    world = World(mags=3, lma=dict(config), mag={"ordering": ordering, **config})
    world.attach(NODE, A)
    world.run(0.5)
    for mag in (B, C, B):
        world.detach(NODE)
        world.run(0.05)
        world.attach(NODE, mag)
        world.run(0.5)
    return world


def snapshot(world: World) -> tuple[object, ...]:
    rows = [{**row, "remaining": None} for row in world.rows(LMA)]
    return rows, [world.rows(mag) for mag in MAGS], [k.routes for k in world.kernels.values()]


@pytest.mark.parametrize("ordering", ["timestamp", "sequence"])
@pytest.mark.parametrize("later", [0.0, 0.2, 5.0, 100.0])
def test_a_replay_of_any_message_moves_nothing(ordering, later) -> None:
    world = moved(ordering)
    world.run(later)
    before = snapshot(world)
    for sent in list(world.sent):
        world.deliver(sent)
        world.run(2 * DELAY)
        assert snapshot(world) == before, world.story()
    world.assert_served(NODE, world.home(1)[0])


@pytest.mark.parametrize("ordering", ["timestamp", "sequence"])
def test_a_replay_does_not_bring_a_deleted_session_back(ordering) -> None:
    world = moved(ordering)
    world.detach(NODE)
    world.run(20)
    for sent in list(world.sent):
        world.deliver(sent)
        world.run(2 * DELAY)
    assert world.rows(LMA) == []
    assert world.kernels[LMA].routes == {}


def test_a_fresh_update_from_who_is_no_gateway_moves_nothing() -> None:
    world = moved()
    before = snapshot(world)
    genuine = next(s for s in world.sent if isinstance(s.message, BindingUpdate))
    world.give(LMA, MessageReceived(forged(world, genuine), ATTACKER, LMA))
    assert snapshot(world) == before
    assert world.records("binding_rejected")[-1]["status"] == 154


def test_a_fresh_update_with_a_gateways_source_needs_the_key() -> None:
    world = moved(authentication=SECRET)
    before = snapshot(world)
    genuine = next(s for s in world.sent if isinstance(s.message, BindingUpdate))
    message = forged(world, genuine)
    octets = mobility.emit(message, A, LMA)
    world.give(LMA, MessageReceived(message, A, LMA, octets=octets))
    assert snapshot(world) == before
    assert world.records("binding_rejected")[-1]["status"] == 146


def test_a_changed_octet_breaks_the_authenticator() -> None:
    world = moved(authentication=SECRET)
    world.detach(NODE)
    (last,) = world.sent[-1:]
    for index in range(6, len(last.octets) - 12):
        octets = bytearray(last.octets)
        octets[index] ^= 0x01
        try:
            message = mobility.parse(bytes(octets))
        except ValueError:
            continue
        world.give(LMA, MessageReceived(message, last.source, LMA, octets=bytes(octets)))
        assert world.rows(LMA)[0]["state"] == "registered", index


def test_an_acknowledgement_from_who_was_not_asked_moves_nothing() -> None:
    held: list[Sent] = []
    world = World(fate=lambda number, message: ())
    world.attach(NODE, A)
    world.run(0.1)
    held += world.sent
    answer = answered(world, held[0])
    world.give(A, MessageReceived(answer, ATTACKER, A))
    world.give(A, MessageReceived(replace(answer, sequence=answer.sequence ^ 1), LMA, A))
    assert world.kernels[A].routes == {}
    assert world.drops() == ["acknowledgement of no request"] * 2
    world.give(A, MessageReceived(answer, LMA, A))
    assert world.kernels[A].routes != {}


def answered(world: World, sent: Sent):
    """What the anchor would answer, had the message arrived."""
    world.deliver(sent)
    return world.sent[-1].message


def forged(world: World, genuine: Sent) -> BindingUpdate:
    """The update with the time of now, which needs no key to write."""
    from agents.wire.options import Timestamp

    options = [
        Timestamp.at(world.now) if isinstance(option, Timestamp) else option
        for option in genuine.message.options
    ]
    return replace(genuine.message, options=tuple(options))
