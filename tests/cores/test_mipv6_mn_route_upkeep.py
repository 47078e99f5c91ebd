"""Optimized routes of a mobile node as they are renewed, moved and ended (RFC 6275 §11.7.2)."""

from __future__ import annotations

import pytest
from mipv6_bench import STRANGER, sent
from mipv6_mobile import CN, COA, COA_B, HA, HOA, TESTS, Mobile, drops, messages

from agents.core import actions as do
from agents.wire import mobility, return_routability
from agents.wire.messages import (
    BindingError,
    BindingRefreshRequest,
    BindingUpdate,
    CareOfTestInit,
    HomeTestInit,
)
from agents.wire.options import NonceIndices
from agents.wire.packet import Packet


def test_everything_is_renewed_before_the_tokens_are_too_old() -> None:
    mobile = Mobile(lifetime=3600)
    mobile.attach()
    mobile.answer(lifetime=900)
    mobile.hear_peer()
    mobile.home_test()
    mobile.care_of_test()
    mobile.authorized(lifetime=105)
    assert messages(mobile.wait(167)) == []
    assert len(messages(mobile.wait(1.5), TESTS)) == 2
    assert mobile.kernel.optimized != {}, "it goes on meanwhile"
    mobile.home_test()
    mobile.care_of_test()
    assert len(mobile.updates(to=CN)) == 2
    mobile.authorized(lifetime=105)
    assert mobile.state(peer=CN) == "optimized"


def test_a_move_keeps_the_home_token_and_tells_the_new_place_at_once() -> None:
    mobile = Mobile()
    mobile.optimize()
    actions = mobile.attach("b")
    assert messages(actions, TESTS) == [mobile.last(CareOfTestInit)]
    assert do.StopOptimizing(HOA, CN) in actions, "through the tunnel meanwhile"
    actions = mobile.care_of_test()
    (update,) = sent(actions, BindingUpdate)
    assert update.source == COA_B
    assert do.Optimize(HOA, CN, local_care_of=COA_B) in actions
    assert actions.index(do.Optimize(HOA, CN, local_care_of=COA_B)) > 0


def test_no_more_than_three_tests_of_a_kind_leave_in_any_second() -> None:
    mobile = Mobile()
    mobile.optimize()
    for number in range(40):
        mobile.attach("ba"[number % 2])
        mobile.wait(0.05)
    times = mobile.sent_at(CareOfTestInit)
    assert len(times) >= 6
    assert all(b - a >= 1 for a, b in zip(times, times[3:], strict=False))
    mobile.wait(1)
    mobile.care_of_test()
    mobile.authorized()
    assert mobile.kernel.optimized[HOA, CN].local_care_of == mobile.core.care_of


def test_a_move_with_an_old_home_token_asks_for_both() -> None:
    mobile = Mobile(rr_lifetime=420, lifetime=3600, refresh_fraction=0.99)
    mobile.attach()
    mobile.answer(lifetime=900)
    mobile.hear_peer()
    mobile.home_test()
    mobile.care_of_test()
    mobile.authorized(lifetime=105)
    mobile.down()
    mobile.wait(215)
    mobile.up()
    assert len(messages(mobile.hear("b"), TESTS)) == 2


def test_at_home_the_correspondent_is_told_to_forget() -> None:
    mobile = Mobile()
    mobile.optimize()
    actions = mobile.attach("home")
    assert do.StopOptimizing(HOA, CN) in actions
    update = next(p for p in sent(actions, BindingUpdate) if p.destination == CN)
    assert (update.source, update.headers, update.payload.lifetime) == (HOA, (), 0)
    assert update.payload.options[0] == NonceIndices(7, 0)
    key = return_routability.binding_management_key(b"hometokn")
    assert return_routability.verifies(mobility.emit(update.payload, HOA, CN), key, HOA, CN)


def test_a_binding_error_1_makes_it_start_over_through_the_tunnel() -> None:
    mobile = Mobile()
    mobile.optimize()
    actions = mobile.take(Packet(CN, COA, BindingError(1, HOA)))
    assert do.StopOptimizing(HOA, CN) in actions
    assert len(messages(actions, TESTS)) == 2


@pytest.mark.parametrize(
    ("source", "home"), [(STRANGER, HOA), (CN, STRANGER), (CN, COA), (HA, HOA)]
)
def test_a_binding_error_for_no_binding_is_dropped(source, home) -> None:
    mobile = Mobile()
    mobile.optimize()
    actions = mobile.take(Packet(source, COA, BindingError(1, home)))
    assert drops(actions) == ["binding error for no binding"]
    assert mobile.state(peer=CN) == "optimized"


@pytest.mark.parametrize("status", [0, 3, 255])
def test_a_binding_error_of_another_status_is_dropped(status) -> None:
    mobile = Mobile()
    mobile.optimize()
    assert drops(mobile.take(Packet(CN, COA, BindingError(status, HOA)))) == [
        "binding error of unknown status"
    ]


def test_forged_binding_errors_cost_no_more_than_a_few_tests() -> None:
    mobile = Mobile()
    mobile.optimize()
    before = len(mobile.actions)
    for _ in range(200):
        mobile.take(Packet(CN, COA, BindingError(1, HOA)))
        mobile.home_test()
        mobile.care_of_test()
        if mobile.state(peer=CN) == "updating":
            mobile.authorized()
    assert len(messages(mobile.actions[before:], BindingUpdate)) <= 3


def test_a_refresh_request_of_the_correspondent_renews_the_proof() -> None:
    mobile = Mobile()
    mobile.optimize()
    actions = mobile.take(Packet(CN, HOA, BindingRefreshRequest()))
    assert len(messages(actions, TESTS)) == 2


def test_when_the_home_binding_is_gone_so_are_the_optimized_routes() -> None:
    mobile = Mobile()
    mobile.optimize()
    mobile.wait(301)
    assert mobile.kernel.optimized == {}
    assert do.ForgetPeer(HOA, CN) in mobile.actions


def test_whoever_sends_to_it_cannot_fill_its_memory() -> None:
    mobile = Mobile()
    mobile.register()
    for number in range(1000):
        peer = type(CN)(CN[:14] + number.to_bytes(2, "big"))
        mobile.hear_peer(peer)
        mobile.wait(0.2)
    assert len(mobile.core.bindings(mobile.now)) <= 257
    burst = len(messages(mobile.actions, HomeTestInit))
    for number in range(100):
        mobile.hear_peer(type(CN)(CN[:13] + b"\1" + number.to_bytes(2, "big")))
    assert len(messages(mobile.actions, HomeTestInit)) - burst <= 20
