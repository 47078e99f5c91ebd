"""All that an interface out of service had is one thing, a service of all packets another."""

from __future__ import annotations

import pytest
from flowbinding_checks import BOTH_LAYOUTS, assert_consistent
from flowbinding_nodes import CALL, IF1, IF2, LTE, VIDEO, WLAN, A, B, C, identifier
from flowbinding_world import FlowWorld
from pmipv6_anchor import pbu
from pmipv6_world import LMA

from agents.core.flows import FlowSelector
from agents.wire.address import Prefix

EVERYTHING = {"all": {"selectors": [{}], "rate": 1_000_000}}
PREFERRED = [{"service": "all", "prefer": [WLAN, LTE], "shed": 1}]


@BOTH_LAYOUTS
@pytest.mark.parametrize("inquire", ["unknown", "always"])
def test_a_service_of_all_packets_leaves_its_interface_in_service(
    layout: str, inquire: str
) -> None:
    flows = {"services": EVERYTHING, "policy": PREFERRED, "layout": layout, "inquire": inquire}
    world = FlowWorld(flows=flows)
    world.settle()
    assert world.flows()["all"]["state"] == "bound"
    assert world.kernels[LMA].steered[FlowSelector(destination=host(world))].priority == 2
    assert [e["cause"] for e in world.records("flow_moved")] == ["requested"]
    assert world.down(VIDEO).way == [B, IF2]
    assert_consistent(world)
    world.leave(IF2)
    world.run(1)
    for interface in (IF1, IF2):
        assert (world.down(CALL, interface).way, world.down(CALL).lost) == ([A, IF1], "")
    world.come(IF2, B)
    world.run(1)
    assert world.down(VIDEO).way == [B, IF2]
    assert_consistent(world)


def host(world: FlowWorld) -> Prefix:
    return Prefix(world.address(IF1), 128)


def test_a_service_of_all_packets_needs_bandwidth_like_others() -> None:
    services = {"all": {"selectors": [{}], "rate": 11_000_000}}
    world = FlowWorld(flows={"services": services, "policy": PREFERRED})
    world.settle()
    assert {each["reason"] for each in world.records("flow_refused")} == {"bandwidth"}
    assert world.down(VIDEO).way == [A, IF1]


@BOTH_LAYOUTS
def test_a_node_that_has_all_its_flows_bound_may_still_lose_an_interface(layout: str) -> None:
    """It costs no more than one entry, and nothing else keeps the address alive."""
    world = FlowWorld(flows={"layout": layout, "max_flows": 1})
    world.settle()
    assert len(world.flows()) == 1
    world.leave(IF1)
    world.run(1)
    assert not any(each["service"] == "" for each in world.records("flow_refused"))
    assert (world.down(CALL).way, world.down(CALL).lost) == ([B, IF2], "")


def test_an_interface_out_of_service_stays_so_when_its_target_goes_too() -> None:
    """Nobody is told meanwhile that it has come back: a third interface takes over."""
    world = FlowWorld(lma={"pool": "2001:db8:1:f000::/56"})
    world.settle()
    third = pbu(world.now, node=identifier(), technology=WLAN, octets=b"\2\0\0\0\3\1", handoff=1)
    world.forge(LMA, third, C)
    world.run(1)
    world.leave(IF1)
    world.run(1)
    assert world.down(CALL).way == [B, IF2]
    before = len(world.records("interface_notified"))
    world.leave(IF2)
    world.run(0.5)
    told = world.records("interface_notified")[before:]
    assert str(A) not in {each["gateway"] for each in told}
    rows = [row for row in world.rows(LMA) if row.get("state") == "out of service"]
    assert {row["target"] for row in rows} == {str(C)} and len(rows) == 2
