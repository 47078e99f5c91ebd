"""An anchor, a gateway or a node starts anew: flows come back, and nothing is left behind."""

from __future__ import annotations

import pytest
from flowbinding_checks import BOTH_LAYOUTS, assert_consistent, assert_gone
from flowbinding_nodes import CALL, IF1, IF2, LTE, VIDEO, WLAN, A, B
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

from agents.core.events import CarrierDown
from agents.wire.address import ALL_ZERO

BY_RATE = [{"service": "video", "prefer": [WLAN, LTE], "min_rate": 1_000_000}]


def build(layout: str, **flows: object) -> FlowWorld:
    world = FlowWorld(
        flows={"layout": layout, **flows}, mag={"lifetime": 40}, rates={B: 100_000_000}
    )
    world.settle()
    return world


def finish(world: FlowWorld) -> None:
    """Let both interfaces go for good."""
    world.leave(IF1)
    world.run(1)
    world.leave(IF2)
    assert_gone(world)


@BOTH_LAYOUTS
def test_an_anchor_that_starts_anew_has_its_flows_with_the_next_refresh(layout: str) -> None:
    world = build(layout)
    before = set(world.flows())
    world.restart(LMA)
    assert world.down(VIDEO).lost == "no route at the anchor"
    world.run(40)
    assert set(world.flows()) == before == {"video", "download", "sync", "call"}
    assert world.down(VIDEO).way == [B, IF2] and world.down(CALL).way == [A, IF1]
    assert_consistent(world)
    finish(world)


@BOTH_LAYOUTS
def test_flows_that_were_bound_for_their_rate_come_back_too(layout: str) -> None:
    world = build(layout, policy=BY_RATE)
    world.meter(A, world.metered(VIDEO, 2e6))
    world.run(1)
    (flow,) = world.kernels[LMA].steered
    world.restart(LMA)
    world.run(80)
    assert set(world.kernels[LMA].steered) == {flow}
    assert_consistent(world)


@BOTH_LAYOUTS
@pytest.mark.parametrize("gateway", [A, B])
def test_a_gateway_that_starts_anew_loses_no_flow(layout: str, gateway: object) -> None:
    """Those that it has asked for have some time to be named again; not one packet strays."""
    world = build(layout)
    before = set(world.flows())
    world.restart(gateway)  # type: ignore[arg-type]
    for _ in range(100):
        world.run(0.01)
        assert world.kernels[LMA].steered, world.story()
        assert set(world.flows()) == before
    world.run(10)
    assert world.records("flow_returned") == []
    assert world.down(VIDEO).way == [B, IF2] and world.down(CALL).way == [A, IF1]
    assert_consistent(world)
    finish(world)


@BOTH_LAYOUTS
def test_what_a_gateway_does_not_name_again_returns(layout: str) -> None:
    """Flows of a rate are forgotten with the agent, until they are measured again."""
    world = build(layout, policy=BY_RATE)
    world.meter(A, world.metered(VIDEO, 2e6))
    world.run(1)
    world.restart(A)
    world.run(4)
    assert world.down(VIDEO).way == [B, IF2]
    world.run(2)
    assert world.down(VIDEO).way == [A, IF1]
    assert world.records("flow_returned")[0]["cause"] == "not renewed"
    assert_consistent(world)


@BOTH_LAYOUTS
def test_a_gateway_that_starts_anew_without_its_node_lets_the_binding_expire(layout: str) -> None:
    """It was out of service, and nobody keeps that alive any more."""
    world = build(layout)
    world.leave(IF1)
    world.run(1)
    assert world.flows()["all"]["state"] == "out of service"
    world.restart(A)
    world.run(60)
    assert "all" not in world.flows()
    assert [row["care_of"] for row in world.rows(LMA) if "care_of" in row] == [str(B)]
    world.leave(IF2)
    assert_gone(world)


def test_a_node_that_starts_anew_finds_its_addresses_and_flows_again() -> None:
    world = build("early")
    world.up(VIDEO)
    world.run(0.1)
    assert world.up(VIDEO).way == [IF2, B]
    node = world.node()
    world.restart(node)
    assert world.kernels[node].places == {}
    world.run(0.1)
    assert world.kernels[node].places == {
        world.address(IF1): [IF1],
        world.address(IF2): [IF2],
    }
    world.run(2)
    assert world.up(VIDEO).way == [IF1, A]
    world.run(0.1)
    assert world.up(VIDEO).way == [IF2, B]


def test_a_node_that_is_gone_keeps_its_addresses_to_itself() -> None:
    world = build("early")
    finish(world)
    host = world.kernels[world.node()]
    assert host.places == {world.address(IF1): ["lo"], world.address(IF2): ["lo"]}
    assert host.steered == {}
    assert (ALL_ZERO, None) not in host.routes
    world.give(world.node(), CarrierDown(IF1))  # told twice
    world.settle()
    assert world.down(VIDEO).way == [B, IF2]
    assert world.up(CALL).way == [IF1, A]
