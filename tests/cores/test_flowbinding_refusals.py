"""The anchor is the judge: what it refuses, with which status, and that nothing moves then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flowbinding_checks import BOTH_LAYOUTS
from flowbinding_court import Court
from flowbinding_nodes import CALL, DOWNLOAD, IF1, IF2, LTE, VIDEO, WLAN, A, B, C
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

from agents.core import actions as do
from agents.flowbinding.alternatives import Alternative, indicator
from agents.wire.address import Address, Prefix
from agents.wire.flow_options import FlowSummary
from agents.wire.flow_sub_options import Ipv4TrafficSelector, Ipv6TrafficSelector


def expected(layout: str, early: int, final: int) -> int:
    return early if layout == "early" else final


@BOTH_LAYOUTS
def test_what_policy_allows_is_granted(layout: str) -> None:
    court = Court(layout)
    assert court.ask(court.flow(court.world.flow(VIDEO))) == [0]
    assert court.world.down(VIDEO).way == [B, IF2]


@BOTH_LAYOUTS
def test_a_service_without_a_rule_is_prohibited(layout: str) -> None:
    court = Court(layout)
    answer = court.ask(court.flow(court.world.flow(CALL)))
    court.assert_refused(expected(layout, 130, 128), "policy", *answer)


@BOTH_LAYOUTS
def test_a_technology_that_the_rule_does_not_name_is_prohibited(layout: str) -> None:
    court = Court(layout)
    flow = court.flow(court.world.flow(DOWNLOAD, IF2))
    answer = court.ask(flow, target=Alternative(A, LTE), gateway=B, interface=IF2)
    court.assert_refused(expected(layout, 130, 128), "policy", *answer)


@BOTH_LAYOUTS
@pytest.mark.parametrize(
    "target",
    [None, Alternative(C, WLAN), Alternative(B, LTE)],
    ids=["none", "not attached there", "another technology"],
)
def test_a_target_that_is_none_is_refused(layout: str, target: Alternative | None) -> None:
    court = Court(layout)
    answer = court.ask(court.flow(court.world.flow(VIDEO)), target=target)
    court.assert_refused(expected(layout, 128, 131), "target", *answer)


def test_a_target_with_an_ipv4_address_is_read_and_not_found() -> None:
    court = Court()
    mapped = Address(bytes(10) + b"\xff\xff" + bytes([192, 0, 2, 1]))
    option = indicator(Alternative(mapped, WLAN))
    assert option.proxy_care_of_address == bytes([192, 0, 2, 1])
    answer = court.ask(court.flow(court.world.flow(VIDEO)), target=Alternative(mapped, WLAN))
    court.assert_refused(128, "target", *answer)


@BOTH_LAYOUTS
def test_bandwidth_that_is_missing_is_refused(layout: str) -> None:
    """10 Mbit/s: video and download of two nodes, and no third download."""
    court = Court(layout, mobiles=3)
    world = court.world
    for number in (1, 2):
        flow = court.flow(world.flow(DOWNLOAD, number=number))
        assert court.ask(flow, number=number) == [0]
    answer = court.ask(court.flow(world.flow(DOWNLOAD, number=3)), number=3)
    assert answer == [expected(layout, 128, 129)]
    assert court.reasons() == ["bandwidth"]
    assert court.ask(court.flow(world.flow(VIDEO, number=3)), number=3) == [0]


@BOTH_LAYOUTS
def test_a_flow_of_another_node_is_refused(layout: str) -> None:
    """§9: a gateway can only offload flows of the nodes that it serves."""
    court = Court(layout, mobiles=2)
    answer = court.ask(court.flow(court.world.flow(VIDEO, number=2)), number=1)
    court.assert_refused(expected(layout, 130, 128), "not served here", *answer)


@BOTH_LAYOUTS
def test_a_flow_to_anywhere_is_refused(layout: str) -> None:
    court = Court(layout)
    for destination in ("::/0", "2001:db8::/32", "2001:db8:cc::1/128"):
        flow = court.world.flow(VIDEO)
        wide = type(flow)(destination=Prefix.parse(destination), protocol=17)
        answer = court.ask(court.flow(wide))
        court.assert_refused(expected(layout, 130, 128), "not served here", *answer)


@BOTH_LAYOUTS
def test_a_gateway_moves_no_flow_of_an_interface_that_it_does_not_serve(layout: str) -> None:
    """The gateway of IF2 asks for a flow of IF1 that was never offloaded to it."""
    court = Court(layout)
    flow = court.flow(court.world.flow(VIDEO, IF1))
    answer = court.ask(flow, target=Alternative(A, LTE), gateway=B, interface=IF2)
    court.assert_refused(expected(layout, 136, 132), "not found", *answer)
    answer = court.ask(flow, target=Alternative(C, WLAN), gateway=B, interface=IF2)
    court.assert_refused(expected(layout, 130, 128), "not served here", *answer)


@BOTH_LAYOUTS
def test_a_node_has_only_so_many_flows(layout: str) -> None:
    court = Court(layout, max_flows=3)
    selector = court.world.flow(VIDEO)
    flows = [
        court.flow(
            type(selector)(
                destination=selector.destination,
                protocol=17,
                source_ports=(VIDEO, VIDEO),
                destination_ports=(port, port),
            )
        )
        for port in range(1, 6)
    ]
    assert court.ask(*flows) == [0, 0, 0] + 2 * [expected(layout, 128, 129)]
    assert court.reasons() == ["limit", "limit"]


@BOTH_LAYOUTS
def test_a_gateway_asks_only_so_often(layout: str) -> None:
    """§9: one that offloads all it can to a victim does not get far."""
    court = Court(layout, max_requests=2)
    flows = [court.flow(court.world.flow(port)) for port in (VIDEO, CALL, DOWNLOAD)]
    first = court.ask(flows[0])
    assert first == [0]
    assert court.ask(flows[0]) == [0]  # what is bound already costs nothing
    other = court.world.flow(VIDEO)
    narrow = type(other)(other.source, other.destination, 17, (VIDEO, VIDEO), (7, 7))
    narrower = type(other)(other.source, other.destination, 17, (VIDEO, VIDEO), (8, 8))
    answers = court.ask(court.flow(narrow), court.flow(narrower))
    assert answers == [0, expected(layout, 128, 129)]
    court.world.run(1)
    assert court.ask(court.flow(narrower)) == [0]


def selector(**changes: Any) -> Callable[[FlowWorld], tuple[Any, ...]]:
    def make(world: FlowWorld) -> tuple[Any, ...]:
        destination = world.address(IF1)
        values = {"start_destination_address": destination, "start_next_header": 17, **changes}
        return (Ipv6TrafficSelector(**values),)

    return make


def address(text: str) -> Address:
    return Address.parse(text)


UNREADABLE: list[tuple[Callable[[FlowWorld], tuple[Any, ...]], int, int, str]] = [
    (lambda world: (), 129, 130, "malformed"),
    (lambda world: 2 * selector()(world), 129, 130, "malformed"),
    (lambda world: (Ipv4TrafficSelector(start_protocol=17),), 137, 133, "unsupported"),
    (selector(start_spi=7), 134, 133, "unsupported"),
    (selector(start_flow_label=7), 133, 133, "unsupported"),
    (selector(start_source_port=7, start_next_header=None), 132, 133, "unsupported"),
    (selector(start_source_port=7, start_next_header=58), 132, 133, "unsupported"),
    (selector(start_source_port=7, end_source_port=6), 129, 130, "malformed"),
    (selector(end_source_port=6), 129, 130, "malformed"),
    (selector(end_next_header=18), 131, 133, "unsupported"),
    (
        selector(
            start_source_address=address("2001:db8::1"), end_source_address=address("2001:db8::2")
        ),
        131,
        133,
        "unsupported",
    ),
    (selector(end_source_address=address("2001:db8::2")), 129, 130, "malformed"),
]


@BOTH_LAYOUTS
@pytest.mark.parametrize("case", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_has_its_own_status(layout: str, case: Any) -> None:
    make, early, final, reason = case
    court = Court(layout)
    answer = court.ask(court.flow(make(court.world)))
    court.assert_refused(expected(layout, early, final), reason, *answer)


@pytest.mark.parametrize(("action", "status"), [(2, 138), (3, 139)])
def test_flows_are_neither_discarded_nor_copied(action: int, status: int) -> None:
    court = Court()
    answer = court.ask(court.flow(court.world.flow(VIDEO), action=action))
    court.assert_refused(status, "unsupported", *answer)


@pytest.mark.parametrize("changes", [{"identifier": 0}, {"priority": 0}])
def test_reserved_numbers_of_rfc_6089_are_malformed(changes: dict[str, int]) -> None:
    court = Court("rfc6089")
    answer = court.ask(court.flow(court.world.flow(VIDEO), **changes))
    court.assert_refused(130, "malformed", *answer)


def test_a_flow_that_is_named_again_is_steered_anew_only_if_something_changes() -> None:
    """Or else its kernel would begin to count its idle time again with every refresh."""
    court = Court()
    world = court.world

    def steers() -> int:
        return len([a for _, node, a in world.log if node == LMA and isinstance(a, do.SteerFlow)])

    flow = court.flow(world.flow(VIDEO))
    court.ask(flow)
    court.ask(flow)
    court.ask(replace(flow, request=2))
    assert steers() == 1
    court.ask(replace(flow, priority=9))
    assert steers() == 2
    assert world.kernels[LMA].steered[world.flow(VIDEO)].priority == 9
    assert len(world.records("flow_moved")) == 1


def test_one_bad_flow_does_not_spoil_the_others() -> None:
    court = Court()
    world = court.world
    flows = [court.flow(world.flow(CALL)), court.flow(world.flow(VIDEO)), court.flow(())]
    assert court.ask(*flows) == [130, 0, 129]
    assert world.down(VIDEO).way == [B, IF2]


def test_only_its_own_gateway_removes_a_flow() -> None:
    court = Court()
    world = court.world
    flow = world.flow(VIDEO)
    assert court.ask(court.flow(flow)) == [0]
    remove = court.flow(flow, request=15)
    assert court.ask(remove, target=None, gateway=B, interface=IF2) == [136]
    assert world.down(VIDEO).way == [B, IF2]
    assert court.ask(remove, target=None) == [0]
    assert world.down(VIDEO).way == [A, IF1]
    assert court.ask(remove, target=None) == [136]


def test_rfc_6089_keeps_what_the_summary_names_and_nothing_else() -> None:
    court = Court("rfc6089")
    world = court.world
    first = court.flow(world.flow(VIDEO), identifier=1)
    second = court.flow(world.flow(DOWNLOAD), identifier=2)
    assert court.ask(first, second) == [0, 0]
    assert court.ask(FlowSummary((2, 9)), target=None) == [132]
    assert set(world.flows()) == {"download"}
    assert court.ask(target=None) == []
    assert world.flows() == {}


def test_a_number_that_is_used_again_stands_for_the_new_flow() -> None:
    court = Court("rfc6089")
    world = court.world
    assert court.ask(court.flow(world.flow(VIDEO), identifier=1)) == [0]
    assert court.ask(court.flow(world.flow(DOWNLOAD), identifier=1)) == [0]
    assert set(world.flows()) == {"download"}
    assert set(world.kernels[LMA].steered) == {world.flow(DOWNLOAD)}


def test_all_that_an_interface_had_comes_after_every_single_flow() -> None:
    court = Court()
    world = court.world
    assert court.ask(court.flow(world.flow(VIDEO))) == [0]
    world.leave(IF1)
    world.run(1)
    steered = world.kernels[LMA].steered
    assert [(s.priority, s.selector == world.flow(VIDEO)) for s in steered.values()] == [
        (1, True),
        (255, False),
    ]


@BOTH_LAYOUTS
def test_an_interface_out_of_service_is_no_target(layout: str) -> None:
    court = Court(layout)
    world = court.world
    whole = type(world.flow())(destination=world.prefix(IF2))
    assert court.ask(court.flow(whole), target=Alternative(A, LTE), gateway=B, interface=IF2) == [0]
    answer = court.ask(court.flow(world.flow(VIDEO)))
    assert answer == [expected(layout, 128, 131)]
    assert court.reasons() == ["target"]
