"""Figure 1 of draft-xia-netext-flow-binding-00, step by step, every message parsed again."""

from __future__ import annotations

from typing import Any

import pytest
from flowbinding_nodes import CALL, CN, IF1, IF2, LTE, SYNC, VIDEO, WLAN, A, B, identifier, octets
from flowbinding_world import FlowWorld
from pmipv6_world import LMA, Sent

from agents.core import actions as do
from agents.core.events import CarrierUp
from agents.core.flows import FlowSelector
from agents.flowbinding import layouts
from agents.wire import icmpv6, mobility
from agents.wire.address import ALL_ZERO, Prefix
from agents.wire.draft_numbers import EarlyFlowRequest
from agents.wire.flow_options import EarlyFlowIdentification, FlowIdentification
from agents.wire.icmpv6 import DestinationUnreachable
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.options import (
    AccessTechnologyType,
    AlternativeInterfaceIndicator,
    HandoffIndicator,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
)
from agents.wire.signaling_messages import (
    GenericSignalingAcknowledgement,
    GenericSignalingRequest,
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)

GENERIC = (GenericSignalingRequest, GenericSignalingAcknowledgement)
NOTIFICATION = (UpdateNotification, UpdateNotificationAcknowledgement)
BOTH_CARRIERS = pytest.mark.parametrize(
    ("carrier", "kinds"), [("generic", GENERIC), ("rfc7077", NOTIFICATION)]
)
BOTH_LAYOUTS = pytest.mark.parametrize(
    ("layout", "kind"), [("early", EarlyFlowIdentification), ("rfc6089", FlowIdentification)]
)
ONLY_VIDEO = [{"service": "video", "prefer": [WLAN, LTE]}]


def parsed(sent: Sent) -> Any:
    """The message as a receiver reads it; its octets are what a sender makes of it again."""
    message = mobility.parse(sent.octets)
    assert mobility.emit(message, sent.source, sent.destination) == sent.octets
    return message


def option(message: Any, kind: type) -> Any:
    (found,) = [each for each in message.options if isinstance(each, kind)]
    return found


def has(message: Any, kind: type) -> bool:
    return any(isinstance(each, kind) for each in message.options)


def between(world: FlowWorld, source: Any, destination: Any, *kinds: type) -> list[Any]:
    return [
        parsed(sent)
        for sent in world.messages(*kinds)
        if (sent.source, sent.destination) == (source, destination)
    ]


def test_steps_1_to_4_each_interface_registers_with_its_technology_and_prefix() -> None:
    world = FlowWorld()
    world.settle()
    for gateway, technology, interface in ((A, LTE, IF1), (B, WLAN, IF2)):
        update = between(world, gateway, LMA, BindingUpdate)[0]
        answer = between(world, LMA, gateway, BindingAcknowledgement)[0]
        assert option(update, AccessTechnologyType).value == technology
        assert option(update, MobileNodeLinkLayerIdentifier).identifier == octets(interface)
        assert option(answer, HomeNetworkPrefix).prefix == world.prefix(interface)
        assert world.kernels[world.node()].places[world.address(interface)] == [interface]
    assert world.prefix(IF1) != world.prefix(IF2)


@BOTH_CARRIERS
def test_step_5_each_gateway_is_told_of_the_other_interface(carrier: str, kinds: Any) -> None:
    request, answer = kinds
    world = FlowWorld(flows={"carrier": carrier})
    world.settle()
    for gateway, other, technology, interface in ((A, B, WLAN, IF1), (B, A, LTE, IF2)):
        (asked,) = between(world, LMA, gateway, request)
        (answered,) = between(world, gateway, LMA, answer)
        indicator = option(asked, AlternativeInterfaceIndicator)
        assert indicator.access_technology == technology
        assert indicator.proxy_care_of_address == other
        assert option(asked, MobileNodeIdentifier).identifier == identifier().encode()
        assert option(asked, HomeNetworkPrefix).prefix == world.prefix(interface)
        assert asked.flags == 0x8000
        assert (answered.sequence, answered.status) == (asked.sequence, 0)
        if carrier == "rfc7077":
            assert asked.reason == 2  # UPDATE-SESSION-PARAMETERS
    notified = world.records("interface_notified")
    assert [(each["gateway"], each["notified"]) for each in notified] == [
        (str(B), str(A)),
        (str(A), str(B)),
    ]


@BOTH_LAYOUTS
def test_step_6_the_serving_gateway_asks_for_its_flows_in_one_update(
    layout: str, kind: Any
) -> None:
    world = FlowWorld(flows={"layout": layout, "policy": ONLY_VIDEO})
    world.settle()
    first, asked = between(world, A, LMA, BindingUpdate)
    assert option(asked, HandoffIndicator).value == 5
    assert option(asked, HomeNetworkPrefix).prefix == world.prefix(IF1)
    assert asked.lifetime == first.lifetime
    indicator = option(asked, AlternativeInterfaceIndicator)
    assert (indicator.access_technology, indicator.proxy_care_of_address) == (WLAN, B)
    flow = option(asked, kind)
    if kind is EarlyFlowIdentification:
        assert (flow.identifier, flow.action, flow.request) == (0, 1, EarlyFlowRequest.ADD)
    else:
        assert (flow.identifier, flow.priority) == (1, 2)
    (said,) = layouts.read(asked.options)
    assert said.selector == world.flow(VIDEO)


@BOTH_CARRIERS
@BOTH_LAYOUTS
def test_steps_7_and_8_the_target_is_asked_before_the_answer_goes_out(
    carrier: str, kinds: Any, layout: str, kind: Any
) -> None:
    flows = {"carrier": carrier, "layout": layout, "inquire": "always", "policy": ONLY_VIDEO}
    world = FlowWorld(flows=flows)
    world.settle()
    told, inquiry = between(world, LMA, B, kinds[0])
    assert not has(told, kind)
    assert not has(inquiry, AlternativeInterfaceIndicator)
    assert option(inquiry, HomeNetworkPrefix).prefix == world.prefix(IF2)
    assert layouts.read(inquiry.options)[0].selector == world.flow(VIDEO)
    if carrier == "rfc7077":
        assert inquiry.reason == 8  # FLOW-MOBILITY
    answer = between(world, B, LMA, kinds[1])[1]
    assert (answer.sequence, answer.status) == (inquiry.sequence, 0)
    order = [
        sent.message for sent in world.sent if has(sent.message, kind) or sent.message == answer
    ]
    assert [type(each) for each in order] == [
        BindingUpdate,
        kinds[0],
        kinds[1],
        BindingAcknowledgement,
    ]
    assert world.flows()["video"]["state"] == "bound"


@BOTH_CARRIERS
@BOTH_LAYOUTS
def test_steps_8_and_9_a_target_that_is_full_says_130_and_the_flow_stays(
    carrier: str, kinds: Any, layout: str, kind: Any
) -> None:
    flows = {"carrier": carrier, "layout": layout, "inquire": "always", "policy": ONLY_VIDEO}
    world = FlowWorld(flows=flows)
    world.come(IF1, A)
    world.run(0.5)
    world.come(IF2, B)
    world.meter(B, world.metered(SYNC, 8_500_000, IF2))
    world.run(1)
    answers = between(world, B, LMA, kinds[1])
    assert [each.status for each in answers] == [0, 130]
    answer = between(world, LMA, A, BindingAcknowledgement)[-1]
    assert answer.status == 0
    assert option(answer, kind).status == (128 if layout == "early" else 129)
    assert world.records("flow_refused")[0]["reason"] == "inquiry"
    assert world.flows() == {}
    assert world.down(VIDEO).way == [A, IF1]


@BOTH_LAYOUTS
def test_step_9_the_answer_has_a_result_for_each_flow(layout: str, kind: Any) -> None:
    """Video and download fit into the link, the synchronisation does not on top of them."""
    world = FlowWorld(flows={"layout": layout})
    world.settle()
    answer = between(world, LMA, A, BindingAcknowledgement)[1]
    asked = between(world, A, LMA, BindingUpdate)[1]
    results = [each for each in answer.options if isinstance(each, kind)]
    assert answer.status == 0
    assert [each.status for each in results] == [0, 0, 128 if layout == "early" else 129]
    flows = [each for each in asked.options if isinstance(each, kind)]
    assert [each.sub_options for each in results] == [each.sub_options for each in flows]
    assert set(world.flows(A)) == {"video", "download", "sync"}
    assert world.flows(A)["sync"]["state"] == "denied"
    assert set(world.flows()) == {"video", "download", "call"}


def test_steps_10_and_11_two_layers_down_to_the_target_and_both_are_stripped() -> None:
    """The layers of V58: LMAA to the Proxy-CoA, LMA to TIP, correspondent to SIP."""
    world = FlowWorld()
    world.settle()
    anchor, host = world.kernels[LMA], world.kernels[world.node()]
    tip = world.address(IF2)
    steer = anchor.steered[world.flow(VIDEO)]
    assert (steer.local, steer.remote) == (LMA, tip)
    route = anchor.lookup(tip)
    assert route is not None and route.tunnel == B
    assert (B, LMA) in world.kernels[B].inner  # the gateway strips the outer one
    assert tip in host.exits and (tip, LMA) in host.inner  # the node strips the middle one
    moved = world.down(VIDEO)
    assert (moved.way, moved.layers, moved.lost) == ([B, IF2], 2, "")
    stayed = world.down(CALL)
    assert (stayed.way, stayed.layers, stayed.lost) == ([A, IF1], 1, "")


def test_upwards_the_anchor_forwards_and_tells_the_target_address() -> None:
    """§6 and §7: the first packet strays, an error goes to TIP, the flow follows it."""
    world = FlowWorld()
    world.settle()
    first = world.up(VIDEO)
    assert (first.way, first.lost) == ([IF1, A], "")
    (sent,) = world.messages(DestinationUnreachable)
    assert (sent.source, sent.destination) == (LMA, world.address(IF2))
    message = icmpv6.parse(sent.octets)
    assert (message.code, message.unused) == (6, 0)
    assert message.invoking[8:40] == world.address(IF1) + CN
    world.run(0.1)
    second = world.up(VIDEO)
    assert (second.way, second.layers, second.lost) == ([IF2, B], 1, "")
    assert len(world.messages(DestinationUnreachable)) == 1
    assert world.records("redirected")[0]["interface"] == IF2
    assert world.up(CALL).way == [IF1, A]


def test_upwards_the_node_moves_no_more_than_the_one_flow() -> None:
    world = FlowWorld()
    world.settle()
    world.up(VIDEO)
    world.run(0.1)
    (flow,) = world.kernels[world.node()].steered
    assert flow == FlowSelector(
        Prefix(world.address(IF1), 128),
        Prefix(CN, 128),
        17,
        (40000, 40000),
        (VIDEO, VIDEO),
    )


def test_a_flow_that_returns_upwards_is_told_at_its_own_address() -> None:
    world = FlowWorld()
    world.settle()
    world.up(VIDEO)
    world.run(0.1)
    world.meter(B, world.metered(VIDEO, 9_500_000))
    world.meter(B, world.metered(VIDEO, 9_500_000))
    world.run(0.1)
    assert world.down(VIDEO).way == [A, IF1]
    world.run(2)
    assert world.up(VIDEO).way == [IF2, B]
    world.run(0.1)
    assert world.messages(DestinationUnreachable)[-1].destination == world.address(IF1)
    assert world.up(VIDEO).way == [IF1, A]
    assert world.kernels[world.node()].steered == {}


def test_a_node_with_one_interface_sees_nothing_but_pmipv6() -> None:
    world = FlowWorld()
    world.come(IF1, A)
    world.run(400)
    assert world.messages(GenericSignalingRequest) == []
    for sent in world.messages(BindingUpdate):
        assert not has(sent.message, EarlyFlowIdentification)
    assert world.down(VIDEO).way == [A, IF1]
    assert world.up(VIDEO).way == [IF1, A]
    assert world.kernels[LMA].steered == {} and world.kernels[LMA].watches == {}


def test_the_node_solicits_until_a_router_answers() -> None:
    world = FlowWorld()
    world.attached[1, IF1] = A
    world.give(world.node(), CarrierUp(IF1))
    world.run(8)
    solicited = [
        at - 1_700_000_000
        for at, _, action in world.log
        if isinstance(action, do.SendMessage) and action.interface == IF1
    ]
    assert solicited == [0, 1, 3, 7]
    world.come(IF1, A)
    world.run(1)
    assert world.cores[world.node()].deadline() is None
    route = world.kernels[world.node()].routes[ALL_ZERO, None]
    assert route.preferred_source == world.address(IF1)
