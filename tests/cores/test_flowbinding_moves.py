"""Interfaces that come, fail and return, and the flows that move for it (xia §3, §5)."""

from __future__ import annotations

from typing import Any

import pytest
from flowbinding_checks import BOTH_LAYOUTS, assert_gone
from flowbinding_nodes import (
    CALL,
    DOWNLOAD,
    IF1,
    IF2,
    SYNC,
    VIDEO,
    A,
    B,
    C,
)
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

from agents.wire.address import ALL_ZERO, Prefix
from agents.wire.icmpv6 import DestinationUnreachable
from agents.wire.messages import BindingUpdate

PORTS = (CALL, VIDEO, DOWNLOAD, SYNC)


def all_down(world: FlowWorld, interface: str = IF1) -> set[tuple[Any, ...]]:
    """Every way that packets to the address of an interface take."""
    found = [world.down(port, interface) for port in PORTS]
    assert [packet.lost for packet in found] == [""] * len(PORTS), world.story()
    return {tuple(packet.way) for packet in found}


def all_up(world: FlowWorld, interface: str = IF1) -> set[tuple[Any, ...]]:
    found = [world.up(port, interface) for port in PORTS]
    assert [packet.lost for packet in found] == [""] * len(PORTS), world.story()
    return {tuple(packet.way) for packet in found}


@BOTH_LAYOUTS
def test_leaving_wifi_brings_every_flow_back_at_once(layout: str) -> None:
    """What was offloaded there returns with the first word; what is its own goes the other way."""
    world = FlowWorld(flows={"layout": layout})
    world.settle()
    assert world.down(VIDEO).way == [B, IF2]
    left_at = world.now
    world.leave(IF2)
    world.run(0.011)
    assert all_down(world) == {(A, IF1)}
    assert all_down(world, IF2) == {(A, IF1)}
    moves = [at for at, node, a in world.log if getattr(a, "event", "") == "flow_returned"]
    assert moves and max(moves) - left_at == pytest.approx(0.01)
    assert {each["cause"] for each in world.records("flow_returned")} == {"target lost"}
    assert world.records("out_of_service") == [{"node": "mn1@example.com", "interface": "acc0"}]
    world.run(1)
    assert world.flows(A) == {}
    assert all_up(world, IF2) == {(IF1, A)}


def test_leaving_waits_for_no_inquiry() -> None:
    """There is nowhere else to go, so nobody is asked; what goes home does not wait either."""
    world = FlowWorld(flows={"inquire": "always"})
    world.settle()
    assert world.down(VIDEO).way == [B, IF2]
    inquired = len(world.records("flow_inquired"))
    world.leave(IF2)
    world.run(0.011)
    assert all_down(world) == all_down(world, IF2) == {(A, IF1)}
    assert len(world.records("flow_inquired")) == inquired


@BOTH_LAYOUTS
def test_an_interface_that_fails_lends_its_address_and_gets_it_back(layout: str) -> None:
    """§7: the address is kept, its packets come and go by the other interface, and return."""
    world = FlowWorld(flows={"layout": layout})
    world.settle()
    sip = world.address(IF1)
    host = world.kernels[world.node()]
    world.leave(IF1)
    assert host.places[sip] == ["lo"]
    assert host.routes[ALL_ZERO, None].interface == IF2
    world.run(0.1)
    assert all_down(world) == {(B, IF2)}
    assert all_up(world) == {(IF2, B)}
    assert world.flows()["all"]["state"] == "out of service"
    world.run(20)
    world.come(IF1, A)
    assert all_up(world) == {(IF2, B)}  # until the router is heard
    world.run(0.1)
    assert host.places[sip] == [IF1]
    assert host.routes[ALL_ZERO, None].interface == IF1
    assert world.down(CALL).way == [A, IF1] and world.down(VIDEO).way == [B, IF2]
    assert world.up(CALL).way == [IF1, A]
    assert "all" not in world.flows()
    moved = [(each["from"], each["to"]) for each in world.records("address_moved")]
    assert moved == [(IF1, "lo"), ("lo", IF1)]
    causes = [each["cause"] for each in world.records("flow_returned")]
    assert "interface back" in causes


def test_the_binding_of_an_interface_out_of_service_is_kept_alive() -> None:
    world = FlowWorld(mag={"lifetime": 20}, flows={"out_of_service_lifetime": 90})
    world.settle()
    world.leave(IF1)
    world.run(80)
    assert all_down(world) == {(B, IF2)}
    assert len([s for s in world.messages(BindingUpdate) if s.source == A]) > 5


def test_an_interface_that_does_not_come_back_is_deregistered() -> None:
    world = FlowWorld()
    world.settle()
    world.leave(IF1)
    world.run(59)
    assert all_down(world) == {(B, IF2)}
    world.run(15)
    assert world.down(VIDEO).lost == "no route at the anchor"
    assert world.rows(A) == []
    assert world.flows() == {}
    assert [row["care_of"] for row in world.rows(LMA)] == [str(B)]
    assert world.kernels[LMA].steered == {} and world.kernels[LMA].watches == {}
    assert world.kernels[A].routes == {} and world.kernels[A].known == {}


def test_an_interface_that_turns_up_elsewhere_has_its_flows_there() -> None:
    """The old gateway held the binding; the new registration ends that by itself."""
    world = FlowWorld()
    world.settle()
    world.leave(IF2)
    world.run(10)
    world.come(IF2, C)
    world.run(1)
    assert world.down(VIDEO).way == [C, IF2]
    assert all_down(world, IF2) == {(C, IF2), (A, IF1)}  # calls belong on LTE
    assert world.rows(B) == []
    assert world.kernels[B].routes == {} and world.kernels[B].known == {}
    world.run(400)
    assert world.down(VIDEO).way == [C, IF2]
    assert world.up(SYNC, IF2).way == [IF2, C]


def test_a_handover_of_the_target_takes_the_flows_along() -> None:
    world = FlowWorld()
    world.settle()
    world.come(IF2, C)
    world.run(1)
    assert world.down(VIDEO).way == [C, IF2]
    (through,) = {
        watch.through
        for selector, watch in world.kernels[LMA].watches.items()
        if selector.source == Prefix(world.address(IF1), 128)
    }
    assert through == C
    assert world.flows(A)["video"]["target"] == str(C)


def test_both_interfaces_may_fail_and_nothing_is_left() -> None:
    world = FlowWorld()
    world.settle()
    world.leave(IF2)
    world.run(1)
    world.leave(IF1)
    world.run(100)
    assert world.rows(LMA) == [] and world.rows(A) == [] and world.rows(B) == []
    assert_gone(world)
    world.settle()
    assert world.down(VIDEO).way == [B, IF2]


def test_two_nodes_do_not_meddle_with_each_other() -> None:
    world = FlowWorld(mobiles=2, rates={B: 100_000_000})
    world.settle(1)
    world.settle(2)
    world.leave(IF2, 1)
    world.run(1)
    assert world.down(VIDEO, number=1).way == [A, IF1]
    assert world.down(VIDEO, number=2).way == [B, IF2]
    world.leave(IF1, 2)
    world.run(1)
    assert world.down(CALL, number=2).way == [B, IF2]
    assert world.down(CALL, number=1).way == [A, IF1]


def test_the_last_interface_that_leaves_is_deregistered_at_once() -> None:
    world = FlowWorld()
    world.settle()
    world.leave(IF2)
    world.run(1)
    world.leave(IF1)
    world.run(0.05)
    assert [row["state"] for row in world.rows(LMA) if "state" in row] == ["released", "released"]


def test_a_flow_is_redirected_by_the_entry_that_has_it_alone() -> None:
    """While all of IF1 is elsewhere, a watch of what has returned there says nothing."""
    world = FlowWorld()
    world.settle()
    world.congest(B, world.metered(VIDEO, 9.5e6))
    assert world.down(VIDEO).way == [A, IF1]
    world.leave(IF1)
    world.run(1)
    sent = len(world.messages(DestinationUnreachable))
    assert world.up(VIDEO).way == [IF2, B]
    assert len(world.messages(DestinationUnreachable)) == sent
