"""What a gateway does about each answer, and which answers it does not believe."""

from __future__ import annotations

import pytest
from pmipv6_gateway import HOME, NODE, Gateway, closed, opened
from pmipv6_world import LMA, link_layer

from agents.core import actions as do
from agents.core.events import Command
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.numbers import Status
from agents.wire.options import (
    AccessTechnologyType,
    HandoffIndicator,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    Timestamp,
)

OTHER = Prefix.parse("2001:db8:1:8077::/64")
MESSAGE_AT_FAULT = [135, 156, 157]
FINAL = [129, 131, 133, 146, 151, 153, 154, 158, 160, 161, 162, 174, 255]
LATER = [Status.REASON_UNSPECIFIED, Status.INSUFFICIENT_RESOURCES]


def asked_prefixes(gateway: Gateway) -> list[Prefix]:
    options = gateway.asked[-1].options
    return [o.prefix for o in options if isinstance(o, HomeNetworkPrefix)]


@pytest.mark.parametrize("status", [0, 1, 127])
def test_below_128_is_accepted(status) -> None:
    gateway = Gateway()
    gateway.serve(status=status)
    assert gateway.state() == "registered"


@pytest.mark.parametrize("status", FINAL)
def test_a_refused_node_gets_nothing_until_it_attaches_again(status) -> None:
    gateway = Gateway()
    gateway.serve(status=status)
    assert gateway.events() == ["binding_rejected"]
    assert gateway.state() == "refused"
    assert gateway.wait(300) == []
    gateway.link_down()
    assert gateway.updates() == [] and gateway.state() == ""
    gateway.serve()
    assert gateway.state() == "registered"


@pytest.mark.parametrize("status", [*FINAL, *LATER, 152])
def test_a_refused_renewal_ends_the_service(status) -> None:
    gateway = Gateway()
    gateway.serve()
    gateway.wait(240)
    gateway.answer(status)
    assert gateway.actions[1:] == closed()
    assert gateway.state() == "refused"


@pytest.mark.parametrize("status", LATER)
def test_what_may_pass_is_asked_again_after_32_seconds(status) -> None:
    gateway = Gateway()
    gateway.serve(status=status)
    gateway.wait(31.9)
    assert gateway.updates() == []
    gateway.wait(0.2)
    assert len(gateway.updates()) == 1
    gateway.answer()
    assert gateway.state() == "registered"


def test_152_bars_the_node_until_an_administrator_permits_it() -> None:
    gateway = Gateway()
    gateway.serve(status=152)
    gateway.link_down()
    gateway.link_up()
    assert gateway.drops() == ["node barred until it is permitted"] and gateway.updates() == []
    gateway.give(Command("permit", {"node": "mn1@example.com"}))
    gateway.link_up()
    assert len(gateway.updates()) == 1


def test_permission_registers_a_node_that_is_still_there() -> None:
    gateway = Gateway()
    gateway.serve(status=152)
    gateway.give(Command("permit", {"node": "mn1@example.com"}))
    assert len(gateway.updates()) == 1 and gateway.state() == "registering"


@pytest.mark.parametrize("status", [135, 157])
def test_a_late_message_is_repeated_at_once_but_only_once(status) -> None:
    gateway = Gateway()
    gateway.serve(status=status, prefixes=(ALL_ZERO,))
    assert len(gateway.updates()) == 1
    gateway.answer(status, prefixes=(ALL_ZERO,))
    assert gateway.updates() == []
    gateway.wait(1.0)
    assert len(gateway.updates()) == 1
    gateway.answer(status, prefixes=(ALL_ZERO,))
    assert len(gateway.updates()) == 1, "once more, now that time has passed"
    gateway.answer()
    assert gateway.state() == "registered"


def test_135_is_answered_with_the_number_after_the_last_accepted() -> None:
    gateway = Gateway(ordering="sequence")
    gateway.link_up()
    gateway.answer(135, sequence=41, prefixes=(ALL_ZERO,))
    assert gateway.asked[-1].sequence == 42
    gateway.answer()
    assert gateway.state() == "registered"
    gateway.link_down()
    assert gateway.asked[-1].sequence == 43


def test_135_wraps_around() -> None:
    gateway = Gateway(ordering="sequence")
    for accepted in (30_000, 60_000, 65_535):
        gateway.link_up()
        gateway.answer(135, sequence=accepted, prefixes=(ALL_ZERO,))
        assert gateway.asked[-1].sequence == (accepted + 1) % 65536
        gateway.link_down()


def test_135_to_something_else_or_to_no_one_who_counts_is_dropped() -> None:
    gateway = Gateway(ordering="sequence")
    gateway.link_up()
    wrong = tuple(o for o in gateway.asked[-1].options if not isinstance(o, HandoffIndicator))
    gateway.answer(135, sequence=41, options=(*wrong, HandoffIndicator(1)))
    assert gateway.drops() == ["acknowledgement of no request"]
    stamped = Gateway()
    stamped.link_up()
    stamped.answer(135, sequence=41)
    assert stamped.drops() == ["acknowledgement of no request"]
    assert gateway.state() == stamped.state() == "registering"


@pytest.mark.parametrize("status", [0, 130, 135, 152, 157])
def test_any_answer_ends_a_release(status) -> None:
    gateway = Gateway()
    gateway.serve()
    gateway.link_down()
    gateway.answer(status, options=gateway.asked[-1].options[:1])
    assert gateway.state() == "" and gateway.updates() == []
    gateway.link_up()
    assert len(gateway.updates()) == 1


def test_156_is_not_answered_at_once() -> None:
    gateway = Gateway()
    gateway.serve(status=156, prefixes=(ALL_ZERO,))
    assert gateway.updates() == [] and gateway.state() == "registering"
    gateway.wait(1.0)
    (update,) = gateway.updates()
    (stamp,) = [o for o in update.options if isinstance(o, Timestamp)]
    assert stamp.seconds == gateway.now, "its own clock, not the anchor's"


@pytest.mark.parametrize("status", MESSAGE_AT_FAULT)
def test_an_old_renewal_does_not_end_the_service_before_the_binding(status) -> None:
    gateway = Gateway()
    gateway.serve()
    gateway.wait(240)
    gateway.answer(status)
    assert not {do.RemoveRoute} & {type(action) for action in gateway.actions}
    gateway.wait(60)
    assert closed()[0] in gateway.actions


@pytest.mark.parametrize("status", [155, 159])
def test_prefixes_that_are_refused_are_not_asked_for_again(status) -> None:
    gateway = Gateway()
    gateway.serve()
    gateway.wait(240)
    gateway.answer(status)
    assert gateway.actions[1:4] == closed()
    assert asked_prefixes(gateway) == [ALL_ZERO]
    gateway.answer(prefixes=(OTHER,))
    routes = opened(prefix=OTHER)
    assert gateway.actions[: len(routes)] == routes
    (advertisement,) = gateway.advertisements()
    lifetimes = {o.prefix: o.valid_lifetime for o in advertisement.options[2:]}
    assert lifetimes == {OTHER: 2592000, HOME: 0}, "the lost prefix is deprecated"


@pytest.mark.parametrize("status", [155, 159])
def test_a_refusal_of_any_prefix_is_final(status) -> None:
    gateway = Gateway()
    gateway.serve(status=status, prefixes=(ALL_ZERO,))
    assert gateway.updates() == [] and gateway.state() == "refused"


@pytest.mark.parametrize("changes", [{"prefixes": ()}, {"prefixes": (ALL_ZERO,)}, {"lifetime": 0}])
def test_an_acceptance_of_nothing_is_a_refusal(changes) -> None:
    gateway = Gateway()
    gateway.serve(**changes)
    assert gateway.state() == "refused"
    assert not [a for a in gateway.actions if isinstance(a, do.AddRoute)]


@pytest.mark.parametrize(
    "changes",
    [
        {"source": Address.parse("2001:db8:bad::1")},
        {"sequence": 1},
        {"flags": 0},
        {"without": (MobileNodeIdentifier,)},
    ],
)
def test_an_answer_from_elsewhere_or_to_nothing_is_dropped(changes) -> None:
    gateway = Gateway()
    gateway.serve(**changes)
    assert len(gateway.drops()) == 1 and len(gateway.actions) == 1
    assert gateway.state() == "registering"
    gateway.answer()
    assert gateway.state() == "registered"


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (HandoffIndicator, HandoffIndicator(1)),
        (AccessTechnologyType, AccessTechnologyType(9)),
        (MobileNodeLinkLayerIdentifier, MobileNodeLinkLayerIdentifier(link_layer(9))),
    ],
)
def test_an_answer_that_echoes_something_else_stops_the_asking(kind, wrong) -> None:
    gateway = Gateway()
    gateway.link_up()
    right = gateway.asked[-1].options
    echoed = tuple(wrong if isinstance(o, kind) else o for o in right)
    gateway.answer(options=(*echoed, HomeNetworkPrefix(HOME)))
    assert gateway.drops() == ["acknowledgement of something else"]
    assert gateway.wait(100) == []
    assert gateway.state() == "refused"


def test_echoes_that_are_left_out_are_forgiven_but_for_the_identifier() -> None:
    gateway = Gateway()
    kinds = (HandoffIndicator, AccessTechnologyType, MobileNodeLinkLayerIdentifier)
    gateway.serve(without=kinds)
    assert gateway.state() == "registered"


def test_an_answer_without_authenticator_is_no_answer() -> None:
    gateway = Gateway(authentication={"spi": 256, "key": "30" * 16})
    gateway.serve()
    assert gateway.drops() == ["acknowledgement not authentic"]
    assert gateway.state() == "registering"


def test_an_answer_for_another_node_does_not_count() -> None:
    gateway = Gateway()
    gateway.link_up()
    first = gateway.asked[-1]
    gateway.link_up(link_layer(2))
    second = gateway.asked[-1]
    gateway.answer(to=first, sequence=second.sequence)
    assert gateway.drops() == ["acknowledgement of no request"]
    assert gateway.state(NODE) == gateway.state(link_layer(2)) == "registering"


def test_the_same_sequence_number_of_two_nodes_is_not_confused() -> None:
    gateway = Gateway(ordering="sequence")
    for number in (1, 2):
        gateway.link_up(link_layer(number))
    first, second = gateway.asked
    assert first.sequence == second.sequence
    gateway.answer(to=second, prefixes=(OTHER,))
    assert gateway.state(NODE) == "registering" and gateway.state(link_layer(2)) == "registered"
    gateway.answer(to=first, source=LMA)
    assert gateway.state(NODE) == "registered"
