"""Interfaces that share one address: one layer of encapsulation is enough (xia §7)."""

from __future__ import annotations

from random import Random

import pytest
from flowbinding_checks import BOTH_LAYOUTS, assert_gone
from flowbinding_nodes import CALL, IF1, IF2, POLICY, VIDEO, A, B, C
from flowbinding_walks import walk
from flowbinding_world import FlowWorld
from misfortunes import bad_luck
from pmipv6_world import LMA

from agents.wire.address import ALL_ZERO, UNSPECIFIED, Prefix
from agents.wire.icmpv6 import DestinationUnreachable


def build(**flows: object) -> FlowWorld:
    world = FlowWorld(flows={"shared_address": True, **flows})
    world.settle()
    return world


@BOTH_LAYOUTS
def test_a_flow_goes_to_the_target_gateway_in_one_layer(layout: str) -> None:
    world = build(layout=layout)
    assert world.address(IF1) == world.address(IF2)
    assert world.kernels[world.node()].places[world.address(IF1)] == [IF1, IF2]
    moved, stayed = world.down(VIDEO), world.down(CALL)
    assert (moved.way, moved.layers, moved.lost) == ([B, IF2], 1, "")
    assert (stayed.way, stayed.layers, stayed.lost) == ([A, IF1], 1, "")
    steer = world.kernels[LMA].steered[world.flow(VIDEO)]
    assert (steer.local, steer.remote) == (LMA, B)


def test_upwards_a_redirected_flow_leaves_by_the_other_interface_as_it_is() -> None:
    world = build()
    assert world.up(VIDEO).way == [IF1, A]
    (sent,) = world.messages(DestinationUnreachable)
    assert (sent.source, sent.destination) == (LMA, world.address(IF1))
    world.run(0.1)
    moved = world.up(VIDEO)
    assert (moved.way, moved.layers, moved.lost) == ([IF2, B], 0, "")
    (steer,) = world.kernels[world.node()].steered.values()
    assert (steer.interface, steer.local, steer.remote) == (IF2, UNSPECIFIED, UNSPECIFIED)
    assert steer.next_hop is not None
    assert world.up(CALL).way == [IF1, A]


def test_the_prefix_goes_to_the_gateway_of_the_first_and_then_of_the_next() -> None:
    world = build()
    prefix = world.prefix(IF1)
    routes = world.kernels[LMA].routes
    assert routes[prefix, None].tunnel == A
    world.leave(IF1)
    world.run(0.1)
    assert world.down(CALL).way == [B, IF2] and world.up(CALL).way == [IF2, B]
    world.run(100)  # it does not come back
    assert routes[prefix, None].tunnel == B
    assert world.rows(A) == []
    assert world.down(CALL).way == [B, IF2]
    world.come(IF1, A)
    world.run(1)
    assert routes[prefix, None].tunnel == B
    assert world.down(VIDEO).way == [B, IF2]
    assert world.down(CALL).way == [A, IF1]  # by policy


def test_an_interface_that_fails_leaves_the_address_on_the_other() -> None:
    world = build()
    world.up(VIDEO)
    world.run(0.1)
    world.leave(IF2)
    world.run(0.1)
    host = world.kernels[world.node()]
    assert host.places[world.address(IF1)] == [IF1]
    assert world.up(VIDEO).way == [IF1, A] and world.down(VIDEO).way == [A, IF1]
    world.leave(IF1)
    assert host.places[world.address(IF1)] == ["lo"]
    world.come(IF2, B)
    world.run(0.1)
    assert host.places[world.address(IF1)] == [IF2]
    assert world.up(CALL).way == [IF2, B] and world.down(CALL).way == [B, IF2]


def test_a_flow_returns_to_the_first_interface_when_the_target_is_congested() -> None:
    world = build()
    world.up(VIDEO)
    world.run(0.1)
    for _ in range(2):
        world.meter(B, world.metered(VIDEO, 9.5e6))
        world.run(0.6)
    assert world.down(VIDEO).way == [A, IF1]
    assert world.flows(A)["video"]["state"] == "held"
    world.run(1)
    assert world.up(VIDEO).way == [IF2, B]
    world.run(0.1)
    assert world.up(VIDEO).way == [IF1, A]
    assert world.kernels[world.node()].steered == {}


def test_a_handover_of_the_target_takes_the_flows_along() -> None:
    world = build()
    world.come(IF2, C)
    world.run(1)
    assert world.down(VIDEO).way == [C, IF2]
    assert world.down(CALL).way == [A, IF1]


@BOTH_LAYOUTS
def test_the_anchor_may_start_anew(layout: str) -> None:
    world = FlowWorld(flows={"shared_address": True, "layout": layout}, mag={"lifetime": 40})
    world.settle()
    world.restart(LMA)
    world.run(80)
    assert world.down(VIDEO).way == [B, IF2] and world.down(CALL).way == [A, IF1]
    sharing = [row for row in world.rows(LMA) if row.get("prefixes") == [str(world.prefix(IF1))]]
    assert len(sharing) == 2


def test_nothing_is_left_when_both_have_gone() -> None:
    world = build()
    world.leave(IF2)
    world.run(1)
    world.leave(IF1)
    world.run(200)
    anchor = world.kernels[LMA]
    assert (anchor.routes, anchor.steered, anchor.watches, anchor.inner) == ({}, {}, {}, {})
    host = world.kernels[world.node()]
    assert host.places == {world.address(IF1): ["lo"]}
    assert (ALL_ZERO, Prefix(world.address(IF1), 128)) not in host.routes
    assert host.steered == {}


@BOTH_LAYOUTS
def test_leaving_the_target_is_no_congestion(layout: str) -> None:
    """Flows go back at once, and to the target again as soon as it is there."""
    world = build(layout=layout)
    world.leave(IF2)
    world.run(0.1)
    assert world.down(VIDEO).way == [A, IF1]
    assert {each["cause"] for each in world.records("flow_returned")} == {"target lost"}
    assert world.flows(A) == {}
    assert world.records("alternatives", A)[-1]["gateways"] == []
    world.come(IF2, B)
    world.run(0.1)
    assert world.down(VIDEO).way == [B, IF2]


@BOTH_LAYOUTS
@pytest.mark.parametrize("inquire", ["always", "never", "unknown"])
@pytest.mark.parametrize("seed", range(10))
def test_a_walk_over_bad_links_ends_where_policy_has_it(
    layout: str, inquire: str, seed: int
) -> None:
    chance, luck = Random(seed), {"bad": True}
    policy = [rule for rule in POLICY if rule["service"] in ("call", "video")]
    world = FlowWorld(
        seed,
        flows={"shared_address": True, "layout": layout, "inquire": inquire, "policy": policy},
        fate=lambda number, _: bad_luck(chance) if luck["bad"] else (0.0,),
        mag={"lifetime": 40},
    )
    walk(world, chance, luck)
    for port, interface, gateway in ((VIDEO, IF2, B), (CALL, IF1, A)):
        down = world.down(port)
        assert (down.way, down.layers, down.lost) == ([gateway, interface], 1, ""), world.story()
        world.up(port)
        world.run(1.5)
        up = world.up(port)
        assert (up.way, up.layers, up.lost) == ([interface, gateway], 0, ""), world.story()
    world.leave(IF1)
    world.run(1)
    world.leave(IF2)
    assert_gone(world)
