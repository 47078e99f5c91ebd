"""Route optimization as the mobile node begins it (RFC 6275 §11.6, §11.7.2)."""

from __future__ import annotations

import pytest
from mipv6_bench import STRANGER, sent
from mipv6_mobile import CN, COA, HA, HOA, TESTS, Mobile, drops, events, messages

from agents.core import actions as do
from agents.wire import mobility, packet, return_routability
from agents.wire.extension_headers import DestinationOptions, Type2Routing
from agents.wire.extension_options import HomeAddress
from agents.wire.icmpv6_messages import ParameterProblem
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingError,
    BindingUpdate,
    CareOfTestInit,
    HomeTestInit,
)
from agents.wire.options import BindingAuthorizationData, NonceIndices
from agents.wire.packet import Packet


def asking() -> Mobile:
    """A mobile node that has asked for both tokens."""
    mobile = Mobile()
    mobile.register()
    mobile.hear_peer()
    return mobile


def updated() -> Mobile:
    """One that has told the correspondent where it is."""
    mobile = asking()
    mobile.home_test()
    mobile.care_of_test()
    return mobile


def test_both_tests_begin_at_once_from_the_home_and_from_the_care_of_address() -> None:
    mobile = Mobile()
    mobile.register()
    home, care_of = sent(mobile.hear_peer())
    assert isinstance(home.payload, HomeTestInit)
    assert (home.source, home.destination) == (HOA, CN)
    assert isinstance(care_of.payload, CareOfTestInit)
    assert (care_of.source, care_of.destination) == (COA, CN)
    assert home.payload.cookie != care_of.payload.cookie


def test_nothing_begins_without_a_binding_or_where_it_is_switched_off() -> None:
    mobile = Mobile()
    mobile.attach()
    assert mobile.hear_peer() == []
    plain = Mobile(route_optimization=False)
    actions = plain.register()
    assert do.WatchPeers(HOA) not in actions
    assert messages(plain.hear_peer()) == []


def test_the_agent_itself_is_no_correspondent() -> None:
    mobile = Mobile()
    mobile.register()
    assert mobile.hear_peer(HA) == []


@pytest.mark.parametrize("home_first", [True, False])
def test_the_update_follows_the_second_token_and_proves_both(home_first) -> None:
    mobile = asking()
    order = (mobile.home_test, mobile.care_of_test)
    first, second = order if home_first else order[::-1]
    assert messages(first()) == []
    (update,) = sent(second(), BindingUpdate)
    assert (update.source, update.destination) == (COA, CN)
    assert update.headers == (DestinationOptions((HomeAddress(HOA),)),)
    assert update.payload.flags == 0x8000
    assert update.payload.options[0] == NonceIndices(7, 9)
    assert isinstance(update.payload.options[1], BindingAuthorizationData)
    key = return_routability.binding_management_key(b"hometokn", b"careoftk")
    octets = mobility.emit(update.payload, HOA, CN)
    assert return_routability.verifies(octets, key, COA, CN)


def test_the_lifetime_is_within_that_of_the_home_and_420_seconds() -> None:
    for lifetime, expected in ((300, 75), (3600, 105)):
        mobile = Mobile(lifetime=lifetime)
        mobile.attach()
        mobile.answer(lifetime=lifetime // 4)
        mobile.hear_peer()
        mobile.home_test()
        mobile.care_of_test()
        assert mobile.updates(to=CN)[-1].lifetime == expected


def test_data_goes_directly_once_the_correspondent_has_agreed() -> None:
    mobile = updated()
    assert mobile.kernel.optimized == {}
    actions = mobile.authorized()
    assert do.Optimize(HOA, CN, local_care_of=COA) in actions
    assert "optimized" in events(actions)


def test_tests_are_repeated_with_new_cookies_and_only_as_far_as_needed() -> None:
    mobile = asking()
    first = mobile.last(HomeTestInit).cookie
    mobile.care_of_test()
    mobile.wait(1)
    assert mobile.last(HomeTestInit).cookie != first
    assert len([m for m in messages(mobile.actions) if isinstance(m, CareOfTestInit)]) == 1
    assert drops(mobile.home_test(cookie=first)) == ["home test that was not asked for"]


def test_a_correspondent_that_never_answers_is_left_alone_for_a_while() -> None:
    mobile = asking()
    actions = mobile.wait(8)
    assert [e for e in events(actions) if e == "optimization_failed"] == ["optimization_failed"]
    assert len(messages(mobile.actions, HomeTestInit)) == 3
    assert mobile.hear_peer() == []
    forgotten = mobile.wait(60)
    assert do.ForgetPeer(HOA, CN) in forgotten
    assert len(messages(mobile.hear_peer(), TESTS)) == 2


@pytest.mark.parametrize("kind", TESTS)
def test_a_parameter_problem_about_a_test_says_that_it_cannot(kind) -> None:
    mobile = asking()
    (init,) = [p for p in sent(mobile.actions) if isinstance(p.payload, kind)]
    problem = ParameterProblem(40, packet.emit(init), code=1)
    assert "optimization_failed" in events(mobile.take(Packet(CN, init.source, problem)))
    assert mobile.take(Packet(CN, init.source, problem)) == [], "each test is answered"
    assert messages(mobile.wait(30), TESTS) == []


def test_a_parameter_problem_that_does_not_know_the_cookie_is_forged() -> None:
    mobile = asking()
    problem = ParameterProblem(40, packet.emit(Packet(HOA, CN, HomeTestInit(bytes(8)))), code=1)
    assert drops(mobile.take(Packet(CN, HOA, problem))) == ["parameter problem for no message"]
    assert len(mobile.wait(1)) > 0


def test_a_binding_error_2_says_that_it_cannot() -> None:
    mobile = asking()
    actions = mobile.take(Packet(CN, HOA, BindingError(2, HOA)))
    assert "optimization_failed" in events(actions)


@pytest.mark.parametrize("source", [STRANGER, HA])
def test_tests_that_nobody_asked_for_are_dropped(source) -> None:
    mobile = asking()
    assert drops(mobile.home_test(source)) == ["home test that was not asked for"]
    assert drops(mobile.care_of_test(source)) == ["care-of test that was not asked for"]
    assert drops(mobile.home_test(cookie=bytes(8))) == ["home test that was not asked for"]
    assert drops(mobile.care_of_test(cookie=bytes(8))) == ["care-of test that was not asked for"]


def test_an_update_without_an_answer_is_repeated_with_a_new_number_then_given_up() -> None:
    mobile = updated()
    mobile.wait(20)
    updates = mobile.updates(to=CN)
    assert [u.sequence - updates[0].sequence for u in updates] == [0, 1, 2]
    assert "optimization_failed" in events(mobile.actions)


def test_an_acknowledgement_that_does_not_prove_the_key_is_dropped() -> None:
    mobile = updated()
    number = mobile.updates(to=CN)[-1].sequence
    plain = BindingAcknowledgement(0, 0, number, 75)
    forged = return_routability.authorize(plain, bytes(20), COA, CN)
    for message in (plain, forged):
        actions = mobile.take(Packet(CN, COA, message, (Type2Routing(HOA),)))
        assert drops(actions) == ["acknowledgement that is not authentic"]
    assert mobile.kernel.optimized == {}


@pytest.mark.parametrize(("status", "again"), [(136, 1), (137, 1), (138, 2)])
def test_expired_nonces_make_it_ask_for_those_tokens_again(status, again) -> None:
    mobile = updated()
    number = mobile.updates(to=CN)[-1].sequence
    plain = BindingAcknowledgement(status, 0, number, 0)
    actions = mobile.take(Packet(CN, COA, plain, (Type2Routing(HOA),)))
    assert len(messages(actions, TESTS)) == again


def test_expired_nonces_for_ever_end_in_the_tunnel() -> None:
    mobile = updated()
    for _ in range(10):
        if not mobile.updates(to=CN):
            break
        plain = BindingAcknowledgement(138, 0, mobile.updates(to=CN)[-1].sequence, 0)
        mobile.take(Packet(CN, COA, plain, (Type2Routing(HOA),)))
        if mobile.state(peer=CN) == "unsupported":
            break
        mobile.home_test()
        mobile.care_of_test()
        mobile.wait(1)
    assert mobile.state(peer=CN) == "unsupported"


@pytest.mark.parametrize("status", [128, 129, 130, 132, 133])
def test_a_proved_refusal_ends_in_the_tunnel(status) -> None:
    mobile = updated()
    assert "optimization_failed" in events(mobile.authorized(status))


def test_a_proved_135_continues_after_the_number_it_says() -> None:
    mobile = updated()
    asked = mobile.updates(to=CN)[-1].sequence
    last = (asked + 50) & 0xFFFF
    key = return_routability.binding_management_key(b"hometokn", b"careoftk")
    refusal = BindingAcknowledgement(135, 0, last, 0)
    message = return_routability.authorize(refusal, key, COA, CN)
    actions = mobile.take(Packet(CN, COA, message, (Type2Routing(HOA),)))
    (update,) = messages(actions, BindingUpdate)
    assert update.sequence == (last + 1) & 0xFFFF
