"""Forged and replayed messages at gateways and at the anchor move nothing (xia §9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flowbinding_checks import assert_consistent
from flowbinding_nodes import (
    CALL,
    CN,
    DOWNLOAD,
    IF1,
    IF2,
    VIDEO,
    WLAN,
    A,
    B,
    C,
    identifier,
)
from flowbinding_rejections import STRANGER
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

from agents.core import actions as do
from agents.core.events import FlowStrayed
from agents.core.flows import FlowSelector
from agents.flowbinding.alternatives import Alternative, indicator
from agents.flowbinding.freshness import Stamps
from agents.flowbinding.selectors import single, to_wire
from agents.wire.address import Address
from agents.wire.flow_options import EarlyFlowIdentification
from agents.wire.messages import BindingUpdate
from agents.wire.options import (
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobilityMessageReplayProtection,
)
from agents.wire.signaling_messages import (
    GenericSignalingAcknowledgement,
    GenericSignalingRequest,
)

SECRET = {"spi": 256, "key": "00" * 16}


def secured() -> FlowWorld:
    world = FlowWorld(lma={"authentication": SECRET}, mag={"authentication": SECRET})
    world.settle()
    return world


def notification(world: FlowWorld, *extra: Any, number: int = 1, **changes: Any) -> Any:
    """What the anchor could say to the gateway of IF1, and somebody else says."""
    options = (
        MobileNodeIdentifier(1, identifier(number).encode()),
        HomeNetworkPrefix(world.prefix(IF1, number)),
        *extra,
        MobilityMessageReplayProtection(changes.pop("stamp", Stamps().next(world.now))),
    )
    return replace(GenericSignalingRequest(7, 0x8000, options), **changes)


def state(world: FlowWorld) -> Any:
    """All that an attacker could have changed."""
    ways = [world.down(p, i).way for p in (VIDEO, CALL, DOWNLOAD) for i in (IF1, IF2)]
    kernel = world.kernels[LMA]
    rows = [[row for row in world.rows(node) if "service" in row] for node in (LMA, A, B)]
    return ways, dict(kernel.steered), dict(kernel.watches), dict(kernel.inner), rows


# --- the gateway ---


@pytest.mark.parametrize("source", [STRANGER, B, C])
def test_a_gateway_listens_to_its_anchors_alone(source: Address) -> None:
    world = FlowWorld()
    world.settle()
    before = state(world)
    for extra in ((), (indicator(Alternative(C, WLAN)),)):
        assert [type(a) for a in world.forge(A, notification(world, *extra), source)] == [do.Drop]
    world.run(20)
    assert state(world) == before
    assert "notification from elsewhere" in world.drops()


def test_with_a_key_a_forged_source_is_not_enough() -> None:
    world = secured()
    assert world.down(VIDEO).way == [B, IF2]
    before = state(world)
    remove = EarlyFlowIdentification(1, request=15, sub_options=(to_wire(world.flow(VIDEO)),))
    for extra in ((), (indicator(Alternative(C, WLAN)),), (remove,)):
        world.forge(A, notification(world, *extra), LMA)
    world.run(20)
    assert state(world) == before
    assert world.drops().count("notification not authentic") == 3


def test_without_a_key_a_forged_alternative_still_has_to_be_one() -> None:
    """The gateway believes it, and asks; the anchor knows better."""
    world = FlowWorld()
    world.settle()
    world.forge(A, notification(world, indicator(Alternative(C, WLAN))), LMA)
    world.run(0.5)
    assert world.down(VIDEO).way == [B, IF2]
    assert not any(entry["target"] == str(C) for entry in world.flows().values())
    assert {each["reason"] for each in world.records("flow_refused")} >= {"target"}


def test_a_notification_counts_once_and_not_after_a_later_one() -> None:
    world = secured()
    (first,) = [s for s in world.messages(GenericSignalingRequest) if s.destination == A]
    world.leave(IF2)
    world.run(1)
    before = state(world)
    assert [type(a) for a in world.replay(first)] == [do.Drop]
    world.run(1)
    assert state(world) == before
    world.run(15)
    world.replay(first)
    assert world.drops()[-1] == "notification out of its time"


def test_a_restarted_gateway_believes_no_old_notification() -> None:
    world = secured()
    (first,) = [s for s in world.messages(GenericSignalingRequest) if s.destination == A]
    world.leave(IF2)
    world.run(15)
    world.restart(A)
    world.run(1)
    world.replay(first)
    assert world.drops()[-1] == "notification out of its time"
    assert_consistent(world)


@pytest.mark.parametrize(
    "options",
    [
        (),
        (MobileNodeIdentifier(1, identifier().encode()),),
        (MobileNodeIdentifier(1, identifier().encode()), MobilityMessageReplayProtection(1)),
    ],
    ids=["nothing", "no time", "long ago"],
)
def test_a_notification_without_its_time_is_dropped(options: Any) -> None:
    world = FlowWorld()
    world.settle()
    before = state(world)
    (dropped,) = world.forge(A, GenericSignalingRequest(1, 0x8000, options), LMA)
    assert isinstance(dropped, do.Drop)
    assert state(world) == before


def test_of_a_node_that_is_not_there_the_gateway_says_so() -> None:
    world = FlowWorld(mobiles=2)
    world.settle(1)
    world.forge(A, notification(world, number=2), LMA)
    (answer,) = list(world.messages(GenericSignalingAcknowledgement))[-1:]
    assert answer.message.status == 132


def test_a_request_that_wants_no_answer_gets_none() -> None:
    world = FlowWorld()
    world.settle()
    before = len(world.sent)
    actions = world.forge(B, inquiry(world, flags=0), LMA)
    assert not any(isinstance(action, do.SendMessage) for action in actions)
    assert len(world.sent) == before


def inquiry(world: FlowWorld, **changes: Any) -> Any:
    options = (
        MobileNodeIdentifier(1, identifier().encode()),
        HomeNetworkPrefix(world.prefix(IF2)),
        EarlyFlowIdentification(1, sub_options=(to_wire(world.flow(VIDEO)),)),
        MobilityMessageReplayProtection(Stamps().next(world.now)),
    )
    return replace(GenericSignalingRequest(7, 0x8000, options), **changes)


# --- the anchor ---


@pytest.mark.parametrize("kind", ["answers", "updates"])
def test_the_anchor_believes_nobody_but_its_gateways(kind: str) -> None:
    world = FlowWorld(flows={"inquire": "always"})
    kinds = (GenericSignalingAcknowledgement,) if kind == "answers" else (BindingUpdate,)
    world.settle()
    before = state(world)
    for sent in list(world.messages(*kinds)):
        world.replay(sent, source=STRANGER)
    assert state(world) == before


def test_an_answer_counts_once_and_only_for_its_request() -> None:
    world = secured()
    answers = list(world.messages(GenericSignalingAcknowledgement))
    before = state(world)
    for sent in answers:
        world.replay(sent)
        assert world.drops()[-1] == "answer to no notification"
    assert state(world) == before


def test_no_one_answers_an_inquiry_for_the_target() -> None:
    """Another gateway says yes in its place: the number is right, the sender is not."""
    muted = {"who": B}

    def fate(number: int, message: Any) -> tuple[float, ...]:
        return () if isinstance(message, GenericSignalingAcknowledgement) else (0.0,)

    world = FlowWorld(flows={"inquire": "always"}, fate=fate)
    world.settle(duration=0.1)
    asked = [s for s in world.messages(GenericSignalingRequest) if s.destination == muted["who"]]
    for sent in asked:
        answer = GenericSignalingAcknowledgement(sent.message.sequence, 0, sent.message.options)
        world.forge(LMA, answer, A)
        world.forge(LMA, answer, C)
    assert world.kernels[LMA].steered == {}


def test_an_answer_needs_the_key_too() -> None:
    def fate(number: int, message: Any) -> tuple[float, ...]:
        return () if isinstance(message, GenericSignalingAcknowledgement) else (0.0,)

    world = FlowWorld(
        flows={"inquire": "always"},
        lma={"authentication": SECRET},
        mag={"authentication": SECRET},
        fate=fate,
    )
    world.settle(duration=0.1)
    for sent in list(world.messages(GenericSignalingRequest)):
        answer = GenericSignalingAcknowledgement(
            sent.message.sequence, 0, sent.message.options[:-1]
        )
        world.forge(LMA, answer, sent.destination)
    assert world.kernels[LMA].steered == {}
    assert "notification answer not authentic" in world.drops()


def test_an_update_with_flows_that_is_played_again_moves_nothing() -> None:
    world = FlowWorld()
    world.settle()
    updates = [s for s in world.messages(BindingUpdate) if s.source == A]
    world.leave(IF2)
    world.run(1)
    before = state(world)
    for sent in updates:
        world.replay(sent)
    world.run(1)
    assert state(world) == before


def test_a_gateway_that_serves_the_node_no_longer_moves_nothing() -> None:
    """It offloads on a binding that another gateway has taken over."""
    world = FlowWorld()
    world.settle()
    offload = next(
        s
        for s in world.messages(BindingUpdate)
        if s.source == B and any(isinstance(o, EarlyFlowIdentification) for o in s.message.options)
    )
    world.come(IF2, C)
    world.run(1)
    before = state(world)
    options = tuple(
        replace(o, value=int((world.now) * 65536)) if type(o).__name__ == "Timestamp" else o
        for o in offload.message.options
    )
    world.forge(LMA, replace(offload.message, options=options), B)
    assert state(world) == before


def test_a_stray_of_no_flow_is_answered_by_nothing() -> None:
    world = FlowWorld()
    world.settle()
    flow = single(world.address(IF1), CN, 17, 1, 2)
    actions = world.give(LMA, FlowStrayed(FlowSelector(protocol=17), B, flow))
    assert [type(action) for action in actions] == [do.Drop]
