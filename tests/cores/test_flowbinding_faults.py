"""Lost, duplicated, late and reordered messages: flows end where policy has them all the same."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from flowbinding_checks import assert_consistent, assert_gone, assert_settled
from flowbinding_nodes import IF1, IF2, LTE, VIDEO, WLAN, A, B, C
from flowbinding_walks import walk
from flowbinding_world import FlowWorld
from misfortunes import FATES, bad_luck

from agents.flowbinding import layouts
from agents.wire.icmpv6 import DestinationUnreachable
from agents.wire.signaling_messages import (
    GenericSignalingAcknowledgement,
    GenericSignalingRequest,
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)

REQUESTS = (GenericSignalingRequest, UpdateNotification)
ANSWERS = (GenericSignalingAcknowledgement, UpdateNotificationAcknowledgement)

WAYS = pytest.mark.parametrize(
    ("layout", "carrier"), [("early", "generic"), ("rfc6089", "rfc7077")]
)
POLICY = [
    {"service": "call", "prefer": [LTE, WLAN]},
    {"service": "video", "prefer": [WLAN, LTE], "shed": 1},
]
MESSAGES = 80


def build(layout: str, carrier: str, fate: Any, seed: int = 0, **flows: Any) -> FlowWorld:
    settings = {"layout": layout, "carrier": carrier, "policy": POLICY, **flows}
    return FlowWorld(seed, flows=settings, fate=fate, mag={"lifetime": 40})


def story(world: FlowWorld) -> None:
    """Wi-Fi comes, goes and comes; the mobile network fails and is back."""
    world.come(IF1, A)
    world.run(4)
    world.come(IF2, B)
    world.run(4)
    world.up(VIDEO)
    world.run(2)
    world.leave(IF2)
    world.run(4)
    world.come(IF2, C)
    world.run(4)
    world.leave(IF1)
    world.run(4)
    world.come(IF1, A)
    world.run(4)
    world.come(IF2, B)


@WAYS
@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("faulty", range(MESSAGES))
def test_any_one_message_may_suffer_any_fate(
    layout: str, carrier: str, fate: str, faulty: int
) -> None:
    world = build(
        layout,
        carrier,
        lambda number, _: FATES[fate] if number == faulty else (0.0,),
        inquire="always",
    )
    story(world)
    world.run(75)
    assert_settled(world, B)


def test_the_story_has_as_many_messages_as_are_tried() -> None:
    world = build("early", "generic", lambda number, _: (0.0,), inquire="always")
    story(world)
    world.run(0.5)
    assert len(world.sent) == MESSAGES


@WAYS
@pytest.mark.parametrize("seed", range(30))
def test_a_walk_over_bad_links_ends_where_policy_has_it(
    layout: str, carrier: str, seed: int
) -> None:
    chance = Random(seed)
    luck = {"bad": True}
    world = build(
        layout, carrier, lambda number, _: bad_luck(chance) if luck["bad"] else (0.0,), seed
    )
    walk(world, chance, luck)
    assert_settled(world, B)
    world.leave(IF1)
    world.run(1)
    world.leave(IF2)
    assert_gone(world)


@WAYS
def test_an_inquiry_that_nobody_answers_is_refused_at_last(layout: str, carrier: str) -> None:
    """It is sent twice; the update is answered then, and flows stay."""

    def fate(number: int, message: Any) -> tuple[float, ...]:
        silent = isinstance(message, ANSWERS) and number > first["of"]
        return () if silent else (0.0,)

    first = {"of": 10**9}
    world = build(layout, carrier, fate, inquire="always")
    world.come(IF1, A)
    world.run(1)
    first["of"] = len(world.sent)
    world.come(IF2, B)
    world.run(0.5)
    asked_at = world.now - 0.5 + 0.03
    world.run(16)
    inquiries = [
        sent.at - asked_at
        for sent in world.messages(*REQUESTS)
        if sent.destination == B and world.flow(VIDEO) in said(sent)
    ]
    assert inquiries[:2] == pytest.approx([0, 5], abs=0.02)
    assert world.records("notification_given_up")
    assert world.records("flow_refused")[0]["reason"] == "inquiry"
    assert world.down(VIDEO).way == [A, IF1]
    assert_consistent(world)


def said(sent: Any) -> list[Any]:
    return [each.selector for each in layouts.read(sent.message.options)]


@WAYS
def test_all_redirects_may_be_lost(layout: str, carrier: str) -> None:
    """Packets of the flow go up by the wrong interface, and none of them is lost."""

    def fate(number: int, message: Any) -> tuple[float, ...]:
        return () if isinstance(message, DestinationUnreachable) else (0.0,)

    world = build(layout, carrier, fate)
    world.settle()
    for _ in range(20):
        packet = world.up(VIDEO)
        assert (packet.way, packet.lost) == ([IF1, A], "")
        world.run(0.3)


@WAYS
def test_an_outdated_notification_does_not_undo_a_later_one(layout: str, carrier: str) -> None:
    world = build(layout, carrier, lambda number, _: (0.0,))
    world.settle()
    old = next(s for s in world.messages(*REQUESTS) if s.destination == A)
    world.leave(IF2)
    world.run(1)
    world.replay(old)
    assert world.flows(A) == {}
    assert "notification seen before" in world.drops()
