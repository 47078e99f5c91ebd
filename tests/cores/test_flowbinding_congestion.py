"""Flows that move because a link is congested (xia §3)."""

from __future__ import annotations

from flowbinding_checks import BOTH_LAYOUTS
from flowbinding_nodes import (
    DOWNLOAD,
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


@BOTH_LAYOUTS
def test_a_congested_target_sends_flows_back_in_the_order_of_policy(layout: str) -> None:
    """The use case: the synchronisation fills Wi-Fi, and the video returns to 3GPP (§3)."""
    world = FlowWorld(flows={"layout": layout})
    world.settle()
    video, download = world.metered(VIDEO, 2e6), world.metered(DOWNLOAD, 4e6)
    sync = world.metered(SYNC, 3.5e6, IF2)
    world.meter(B, video, download, sync)
    assert world.down(VIDEO).way == [B, IF2]  # once is not enough
    world.congest(B, video, download, sync)
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
    world.congest(B, *flows)
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
    world.congest(A, *flows)
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
    world.congest(B, world.metered(VIDEO, 9.9e6))
    assert world.down(VIDEO).way == [B, IF2]
    assert len(world.records("congestion_began")) == 1


def test_a_link_of_unknown_rate_is_never_congested() -> None:
    world = FlowWorld(rates={B: None})
    world.settle()
    world.congest(B, world.metered(VIDEO, 1e9))
    assert world.records("congestion_began") == []
