"""What the policy of the operator, and that of a profile, has of many flows at once (xia §5)."""

from __future__ import annotations

from flowbinding_checks import BOTH_LAYOUTS, assert_consistent
from flowbinding_nodes import (
    CALL,
    IF1,
    IF2,
    LTE,
    SERVICES,
    VIDEO,
    WLAN,
    A,
    B,
)
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

from agents.core.flows import FlowSelector
from agents.wire.address import Prefix
from agents.wire.icmpv6 import DestinationUnreachable


def test_a_profile_replaces_the_policy_of_the_operator() -> None:
    profiles = {"mn2@example.com": [{"service": "call", "prefer": [WLAN]}]}
    world = FlowWorld(mobiles=2, flows={"profiles": profiles}, rates={B: 100_000_000})
    world.settle(1)
    world.settle(2)
    assert world.down(VIDEO, number=1).way == [B, IF2]
    assert world.down(VIDEO, number=2).way == [A, IF1]
    assert world.down(CALL, number=1).way == [A, IF1]
    assert world.down(CALL, number=2).way == [B, IF2]


def test_services_are_told_apart_by_class_ports_and_correspondent() -> None:
    services = {
        "marked": {"selectors": [{"traffic_class": 184}]},
        "ranged": {
            "selectors": [
                {"protocol": 17, "source_ports": [5000, 5010], "destination_ports": [1, 2]}
            ]
        },
        "far": {"selectors": [{"source": "2001:db8:cc::/48"}]},
    }
    policy = [{"service": name, "prefer": [WLAN]} for name in services]
    world = FlowWorld(flows={"services": services, "policy": policy})
    world.settle()
    destination = Prefix(world.address(IF1), 128)
    assert set(world.kernels[LMA].steered) == {
        FlowSelector(destination=destination, traffic_class=184),
        FlowSelector(
            destination=destination,
            protocol=17,
            source_ports=(5000, 5010),
            destination_ports=(1, 2),
        ),
        FlowSelector(source=Prefix.parse("2001:db8:cc::/48"), destination=destination),
    }
    assert [s.priority for s in world.kernels[LMA].steered.values()] == [2, 4, 6]


REST = {"selectors": [{"protocol": 17}], "rate": None}
OVERLAPPING = [
    {"service": "call", "prefer": [LTE, WLAN]},
    {"service": "video", "prefer": [LTE, WLAN], "min_rate": 1_000_000},
    {"service": "rest", "prefer": [WLAN, LTE]},
]


@BOTH_LAYOUTS
def test_a_more_important_flow_does_not_go_along_with_all_others(layout: str) -> None:
    """Calls are UDP too: the anchor is told that they stay, and sends them so."""
    services = {**SERVICES, "rest": REST}
    world = FlowWorld(flows={"services": services, "policy": OVERLAPPING, "layout": layout})
    world.settle()
    assert world.down(CALL).way == world.down(VIDEO).way == [A, IF1]
    assert world.down(7777).way == [B, IF2]
    assert world.down(CALL).layers == 1
    sip = str(world.address(IF1))
    moved = [e["service"] for e in world.records("flow_moved") if sip in e["flow"]]
    assert moved == ["rest"]
    world.up(CALL)
    world.run(0.1)
    assert world.up(CALL).way == [IF1, A]
    assert world.messages(DestinationUnreachable) == []
    world.up(7777)
    world.run(0.1)
    assert world.up(7777).way == [IF2, B]
    assert_consistent(world)
    world.leave(IF1)
    world.run(0.1)
    assert world.down(CALL).way == world.down(7777).way == [B, IF2]
    world.come(IF1, A)
    world.run(0.1)
    assert world.down(CALL).way == [A, IF1] and world.down(7777).way == [B, IF2]
    world.leave(IF2)
    world.run(1)
    assert world.down(CALL).way == world.down(7777).way == [A, IF1]
    assert world.flows(A) == {}


def test_many_flows_are_split_into_updates_that_fit() -> None:
    services = {
        f"s{n}": {
            "selectors": [
                {
                    "source": "2001:db8:cc::/48",
                    "protocol": 6,
                    "source_ports": [1000 + 10 * n, 1008 + 10 * n],
                    "destination_ports": [2000, 3000],
                    "traffic_class": 184,
                }
            ]
        }
        for n in range(35)
    }
    policy = [{"service": name, "prefer": [WLAN]} for name in services]
    world = FlowWorld(flows={"services": services, "policy": policy})
    world.settle(duration=2)
    assert len(world.flows()) == 35
    assert max(len(sent.octets) for sent in world.sent) <= 1280 - 40
    world.run(300)  # and again when they are renewed
    assert len(world.flows()) == 35
    assert max(len(sent.octets) for sent in world.sent) <= 1280 - 40


def test_redirects_are_limited_for_each_flow() -> None:
    world = FlowWorld()
    world.settle()
    world.fate = lambda number, message: () if isinstance(message, DestinationUnreachable) else (0,)
    for _ in range(50):
        world.up(VIDEO)
        world.run(0.05)
    assert len(world.messages(DestinationUnreachable)) == 3
