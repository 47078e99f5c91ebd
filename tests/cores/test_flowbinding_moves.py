"""What makes flows move (xia §3, §5): interfaces that come, fail and return, congestion, rates."""

from __future__ import annotations

from typing import Any

import pytest
from flowbinding_checks import assert_consistent
from flowbinding_nodes import (
    CALL,
    CN,
    DOWNLOAD,
    IF1,
    IF2,
    LTE,
    SERVICES,
    SYNC,
    VIDEO,
    WLAN,
    A,
    B,
    C,
)
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

from agents.core.events import FlowIdle
from agents.core.flows import FlowSelector
from agents.flowbinding.selectors import single
from agents.wire.address import ALL_ZERO, Prefix
from agents.wire.icmpv6 import DestinationUnreachable
from agents.wire.messages import BindingUpdate

BOTH_LAYOUTS = pytest.mark.parametrize("layout", ["early", "rfc6089"])
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


# --- interfaces ---


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
    assert_clean(world)
    world.settle()
    assert world.down(VIDEO).way == [B, IF2]


def assert_clean(world: FlowWorld) -> None:
    """Nothing of any mobile node is left at the anchor and the gateways."""
    anchor = world.kernels[LMA]
    world.run(120)
    assert anchor.steered == {} and anchor.watches == {} and anchor.inner == {}
    assert anchor.routes == {}
    for gateway in (A, B, C):
        kernel = world.kernels[gateway]
        assert (kernel.routes, kernel.known, kernel.inner) == ({}, {}, {})
        assert world.cores[gateway].deadline() is None
    assert world.cores[LMA].deadline() is None


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
    congest(world, B, world.metered(VIDEO, 9.5e6))
    assert world.down(VIDEO).way == [A, IF1]
    world.leave(IF1)
    world.run(1)
    sent = len(world.messages(DestinationUnreachable))
    assert world.up(VIDEO).way == [IF2, B]
    assert len(world.messages(DestinationUnreachable)) == sent


# --- congestion ---


def congest(world: FlowWorld, gateway: Any, *flows: Any) -> None:
    for _ in range(2):
        world.meter(gateway, *flows)
        world.run(1)


@BOTH_LAYOUTS
def test_a_congested_target_sends_flows_back_in_the_order_of_policy(layout: str) -> None:
    """The use case: the synchronisation fills Wi-Fi, and the video returns to 3GPP (§3)."""
    world = FlowWorld(flows={"layout": layout})
    world.settle()
    video, download = world.metered(VIDEO, 2e6), world.metered(DOWNLOAD, 4e6)
    sync = world.metered(SYNC, 3.5e6, IF2)
    world.meter(B, video, download, sync)
    assert world.down(VIDEO).way == [B, IF2]  # once is not enough
    congest(world, B, video, download, sync)
    assert world.down(VIDEO).way == [A, IF1]
    assert world.down(DOWNLOAD).way == [B, IF2]
    assert world.records("congestion_began") == [{"interface": "acc0", "utilisation": 0.95}]
    (returned,) = world.records("flow_returned")
    assert (returned["service"], returned["cause"]) == ("video", "congestion")
    assert world.flows(A)["video"]["state"] == "held"
    world.meter(B, download, sync)
    assert world.records("congestion_ended") == [{"interface": "acc0", "utilisation": 0.75}]


def test_a_flow_that_was_sent_back_is_asked_for_again_once_the_hold_down_is_over() -> None:
    """The anchor no longer trusts what it knows of that link: it asks its gateway."""
    policy = [{"service": "video", "prefer": [WLAN, LTE], "shed": 1}]
    world = FlowWorld(flows={"policy": policy})
    world.settle()
    flows = world.metered(VIDEO, 2e6), world.metered(SYNC, 7.5e6, IF2)
    congest(world, B, *flows)
    assert world.down(VIDEO).way == [A, IF1]
    world.run(31)
    assert [each["flow"] for each in world.records("flow_inquired")]
    assert world.flows(A)["video"]["state"] == "denied"
    assert world.down(VIDEO).way == [A, IF1]
    world.meter(B)
    world.run(31)
    assert world.down(VIDEO).way == [B, IF2]


def test_a_congested_serving_gateway_offloads_what_may_go() -> None:
    """§5: congestion occurs in the SMAG, which knows that there are other MAGs."""
    policy = [
        {"service": "video", "prefer": [LTE, WLAN], "shed": 2},
        {"service": "download", "prefer": [LTE, WLAN], "shed": 1},
        {"service": "sync", "prefer": [LTE]},
    ]
    world = FlowWorld(flows={"policy": policy})
    world.settle()
    assert world.flows(A) == {}
    flows = [world.metered(VIDEO, 2e6), world.metered(DOWNLOAD, 3e6), world.metered(SYNC, 5e6)]
    congest(world, A, *flows)
    assert world.down(DOWNLOAD).way == [B, IF2]
    assert world.down(VIDEO).way == world.down(SYNC).way == [A, IF1]
    (requested,) = world.records("flow_requested", A)
    assert (requested["service"], requested["cause"]) == ("download", "congestion")
    world.meter(A, flows[0])
    world.run(31)
    assert world.down(DOWNLOAD).way == [A, IF1]


def test_what_policy_does_not_shed_is_not_shed() -> None:
    world = FlowWorld(flows={"policy": [{"service": "video", "prefer": [WLAN, LTE]}]})
    world.settle()
    congest(world, B, world.metered(VIDEO, 9.9e6))
    assert world.down(VIDEO).way == [B, IF2]
    assert len(world.records("congestion_began")) == 1


def test_a_link_of_unknown_rate_is_never_congested() -> None:
    world = FlowWorld(rates={B: None})
    world.settle()
    congest(world, B, world.metered(VIDEO, 1e9))
    assert world.records("congestion_began") == []


# --- rates ---

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


# --- policy ---


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
