"""Flows that are bound for their rate, and what becomes of them when they end (xia §5)."""

from __future__ import annotations

from flowbinding_checks import BOTH_LAYOUTS
from flowbinding_nodes import (
    CN,
    IF1,
    IF2,
    LTE,
    SYNC,
    VIDEO,
    WLAN,
    A,
    B,
)
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

from agents.core.events import FlowIdle
from agents.flowbinding.selectors import single

BY_RATE = [{"service": "video", "prefer": [WLAN, LTE], "min_rate": 1_000_000, "idle_timeout": 7}]


@BOTH_LAYOUTS
def test_only_a_flow_that_is_large_enough_is_bound_and_alone(layout: str) -> None:
    world = FlowWorld(flows={"policy": BY_RATE, "layout": layout})
    world.settle()
    world.meter(A, world.metered(VIDEO, 900_000))
    world.run(1)
    assert world.flows() == {}
    world.meter(A, world.metered(VIDEO, 1_100_000))
    world.run(1)
    flow = single(CN, world.address(IF1), 17, VIDEO, 40000)
    steer = world.kernels[LMA].steered[flow]
    assert steer.idle_timeout == 7
    assert world.down(VIDEO).way == [B, IF2]
    other = world.down(VIDEO)
    other.source_port = 5005
    assert world.flows(A)["video"]["state"] == "bound"


@BOTH_LAYOUTS
def test_a_flow_that_ends_is_forgotten_everywhere(layout: str) -> None:
    world = FlowWorld(flows={"policy": BY_RATE, "layout": layout})
    world.settle()
    world.meter(A, world.metered(VIDEO, 1_100_000))
    world.run(1)
    (flow,) = world.kernels[LMA].steered
    world.give(LMA, FlowIdle(flow))
    world.run(1)
    assert world.kernels[LMA].steered == {} and world.flows() == {} and world.flows(A) == {}
    assert [each["cause"] for each in world.records("flow_ended")] == ["idle"]
    world.run(61)
    assert world.kernels[LMA].watches == {}
    world.meter(A, world.metered(VIDEO, 1_100_000))  # it begins again
    world.run(1)
    assert world.down(VIDEO).way == [B, IF2]


def test_a_large_flow_that_was_refused_is_asked_for_again_after_a_while() -> None:
    world = FlowWorld(flows={"policy": BY_RATE, "inquire": "always"})
    world.settle()
    world.meter(B, world.metered(SYNC, 8.5e6, IF2))
    for _ in range(28):
        world.meter(A, world.metered(VIDEO, 2e6))
        world.run(1)
    assert len(world.records("flow_inquired")) == 1
    assert world.flows(A)["video"]["state"] == "denied"
    world.meter(B)
    for _ in range(4):
        world.meter(A, world.metered(VIDEO, 2e6))
        world.run(1)
    assert len(world.records("flow_inquired")) == 2
    assert world.down(VIDEO).way == [B, IF2]


def test_a_flow_is_withdrawn_once() -> None:
    world = FlowWorld(flows={"policy": BY_RATE})
    world.settle()
    world.meter(A, world.metered(VIDEO, 2e6))
    world.run(1)
    world.leave(IF2)
    world.run(5)
    (withdrawn,) = world.records("flow_withdrawn", A)
    assert withdrawn["cause"] == "target lost"
    assert world.flows(A) == {}


def test_the_uplink_of_a_flow_that_ends_is_forgotten_too() -> None:
    world = FlowWorld()
    world.settle()
    world.up(VIDEO)
    world.run(0.1)
    host = world.kernels[world.node()]
    (flow,) = host.steered
    assert host.steered[flow].idle_timeout == 60
    world.give(world.node(), FlowIdle(flow))
    assert host.steered == {}
