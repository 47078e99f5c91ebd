"""What is not done at once: returns to links that are full, updates whose answers are late."""

from __future__ import annotations

from typing import Any

from flowbinding_checks import BOTH_LAYOUTS, assert_consistent
from flowbinding_nodes import (
    DOWNLOAD,
    IF1,
    IF2,
    LTE,
    SYNC,
    UDP,
    VIDEO,
    WLAN,
    A,
    B,
    C,
    octets,
    service,
)
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

from agents.core import events
from agents.wire.signaling_messages import (
    GenericSignalingAcknowledgement,
    GenericSignalingRequest,
)

AT_HOME = [
    {"service": "video", "prefer": [LTE, WLAN], "shed": 2},
    {"service": "download", "prefer": [LTE, WLAN], "shed": 1},
    {"service": "sync", "prefer": [LTE]},
]


def test_what_congestion_has_moved_stays_away_while_the_link_would_be_full_again() -> None:
    world = FlowWorld(flows={"policy": AT_HOME})
    world.settle()
    video, download = world.metered(VIDEO, 2e6), world.metered(DOWNLOAD, 3e6)
    world.congest(A, video, download, world.metered(SYNC, 5e6))
    assert world.down(DOWNLOAD).way == [B, IF2]
    world.meter(A, video, world.metered(SYNC, 5e6))  # with the download it would be too much
    world.run(100)
    assert world.down(DOWNLOAD).way == [B, IF2]
    assert len(world.records("flow_requested", A)) == 1
    world.meter(A, video, world.metered(SYNC, 3.9e6))
    world.run(31)
    assert world.down(DOWNLOAD).way == [A, IF1]
    assert_consistent(world)


def test_flows_that_fit_alone_but_not_together_return_one_by_one() -> None:
    world = FlowWorld(flows={"policy": AT_HOME})
    world.settle()
    flows = [world.metered(VIDEO, 4e6), world.metered(DOWNLOAD, 4e6), world.metered(SYNC, 10e6)]
    world.congest(A, *flows)
    assert world.down(DOWNLOAD).way == world.down(VIDEO).way == [B, IF2]
    world.meter(A, world.metered(SYNC, 4e6))
    world.run(31)
    back = [port for port in (VIDEO, DOWNLOAD) if world.down(port).way == [A, IF1]]
    assert len(back) == 1
    world.meter(A, world.metered(SYNC, 4e6), world.metered(back[0], 4e6))
    world.run(62)
    assert [p for p in (VIDEO, DOWNLOAD) if world.down(p).way == [A, IF1]] == back
    world.meter(A, world.metered(back[0], 4e6))
    world.run(31)
    assert world.down(DOWNLOAD).way == world.down(VIDEO).way == [A, IF1]


def test_what_was_refused_is_asked_for_again_while_the_link_is_full() -> None:
    world = FlowWorld(flows={"policy": AT_HOME}, rates={B: 1_000_000})
    world.settle()
    flows = [world.metered(DOWNLOAD, 5e6), world.metered(SYNC, 5e6)]
    for _ in range(40):
        world.congest(A, *flows)
    refused = [e for e in world.records("flow_refused") if e["service"] == "download"]
    assert {each["reason"] for each in refused} == {"bandwidth"}
    assert 2 <= len(refused) <= 3  # every hold_down, in 80 seconds


def test_what_a_full_target_has_sent_away_is_let_in_once_it_fits() -> None:
    """Nobody has said what the video needs, but the gateway has measured it."""
    policy = [{"service": "video", "prefer": [WLAN, LTE], "shed": 1}]
    services = {"video": {**service(UDP, VIDEO, 0), "rate": None}}
    world = FlowWorld(flows={"services": services, "policy": policy})
    world.settle()
    world.congest(B, world.metered(VIDEO, 4e6), world.metered(SYNC, 5.5e6, IF2))
    assert world.down(VIDEO).way == [A, IF1]
    world.meter(B, world.metered(SYNC, 5.5e6, IF2))
    world.run(62)
    assert world.down(VIDEO).way == [A, IF1]
    world.meter(B, world.metered(SYNC, 4.5e6, IF2))
    world.run(31)
    assert world.down(VIDEO).way == [B, IF2]


def test_what_takes_all_there_is_returns_once_half_of_it_is_free() -> None:
    """A transfer that fills any link does with less, too."""
    policy = [{"service": "video", "prefer": [WLAN, LTE], "shed": 1}]
    services = {"video": {**service(UDP, VIDEO, 0), "rate": None}}
    world = FlowWorld(flows={"services": services, "policy": policy})
    world.settle()
    world.congest(B, world.metered(VIDEO, 9.9e6))
    assert world.down(VIDEO).way == [A, IF1]
    world.meter(B, world.metered(SYNC, 4.5e6, IF2))
    world.run(31)
    assert world.down(VIDEO).way == [A, IF1]
    world.meter(B, world.metered(SYNC, 3.9e6, IF2))
    world.run(31)
    assert world.down(VIDEO).way == [B, IF2]


def test_one_congestion_costs_one_update() -> None:
    """All that has to leave is asked for at once."""
    services = {f"s{n}": service(UDP, 6000 + n, 100_000) for n in range(6)}
    policy = [{"service": name, "prefer": [LTE, WLAN], "shed": 1} for name in services]
    world = FlowWorld(flows={"services": services, "policy": policy})
    world.settle()
    before = len(world.records("binding_sent", A))
    world.congest(A, *(world.metered(6000 + n, 2e6) for n in range(6)))
    assert len(world.records("flow_requested", A)) == 2
    assert len(world.records("binding_sent", A)) == before + 1


@BOTH_LAYOUTS
def test_a_binding_does_not_end_over_an_inquiry_that_nobody_answers(layout: str) -> None:
    """Flows wait for another update; what the interface has goes on."""
    silent = {"is": False}

    def fate(number: int, message: Any) -> tuple[float, ...]:
        lost = silent["is"] and isinstance(message, GenericSignalingRequest) and _inquires(message)
        return () if lost else (0.0,)

    world = FlowWorld(
        flows={"inquire": "always", "layout": layout}, mag={"lifetime": 12}, fate=fate
    )
    world.come(IF1, A)
    world.run(5)
    silent["is"] = True
    world.come(IF2, B)
    world.run(120)
    assert world.records("binding_expired") == []
    assert world.down(VIDEO).way == [A, IF1]
    silent["is"] = False
    world.run(60)
    assert world.down(VIDEO).way == [B, IF2]
    assert_consistent(world)


def _inquires(message: GenericSignalingRequest) -> bool:
    return any("FlowIdentification" in type(option).__name__ for option in message.options)


def test_flows_for_another_target_are_not_given_up_while_they_wait_for_their_turn() -> None:
    """RFC 6089 §4.2.2: what an update does not spell stays where it is if it is listed."""
    services = {f"s{n}": service(UDP, 6000 + n, 1000) for n in range(15)}
    policy = [{"service": name, "prefer": [WLAN, LTE]} for name in services]
    world = FlowWorld(flows={"services": services, "policy": policy, "layout": "rfc6089"})
    world.settle()
    world.attached[1, IF2] = C  # before the old gateway has noticed
    world.give(C, events.LinkUp("acc0", octets(IF2)))
    world.run(0.5)
    assert world.down(6014).way == [C, IF2]
    assert world.records("flow_returned") == []
    assert len(world.kernels[LMA].steered) == 15


def test_a_gateway_does_not_answer_for_the_one_that_has_taken_over_from_it() -> None:
    """The target has moved while the first gateway was asked: the second one is asked anew."""
    lost = {"is": False}

    def fate(number: int, message: Any) -> tuple[float, ...]:
        if isinstance(message, GenericSignalingAcknowledgement):
            return (0.2,)
        return () if lost["is"] and isinstance(message, GenericSignalingRequest) else (0.0,)

    world = FlowWorld(flows={"inquire": "always"}, fate=fate)
    world.settle(duration=0.1)
    assert world.records("flow_inquired")
    lost["is"] = True  # so A does not know that its target is gone
    world.attached[1, IF2] = C
    world.give(C, events.LinkUp("acc0", octets(IF2)))
    world.run(0.1)
    world.give(B, events.LinkDown("acc0", octets(IF2)))
    world.run(1)
    assert world.kernels[LMA].steered == {}
    lost["is"] = False
    world.run(60)
    asked = [e["gateway"] for e in world.records("flow_inquired") if e["service"] == "video"]
    assert asked[-1] == str(C)
    assert world.down(VIDEO).way == [C, IF2]
