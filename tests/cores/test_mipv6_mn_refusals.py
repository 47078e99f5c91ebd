"""What a mobile node does about each status of its agent (RFC 6275 §11.7.3)."""

from __future__ import annotations

import pytest
from mipv6_mobile import HA, HOA, Mobile, drops, events, messages, send_times

from agents.wire.messages import (
    BindingUpdate,
)
from agents.wire.numbers import Status


def test_135_continues_after_the_number_that_the_agent_has_accepted_at_once() -> None:
    mobile = Mobile()
    mobile.attach()
    last = (mobile.updates()[-1].sequence + 1000) & 0xFFFF
    actions = mobile.answer(Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, sequence=last)
    (update,) = messages(actions, BindingUpdate)
    assert update.sequence == (last + 1) & 0xFFFF
    assert "binding_acknowledged" in events(mobile.answer())


def test_135_happens_at_once_only_once_between_two_timeouts() -> None:
    mobile = Mobile()
    mobile.attach()
    for offset in (1000, 2000, 3000):
        last = (mobile.updates()[-1].sequence + offset) & 0xFFFF
        mobile.answer(Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, sequence=last)
    assert len(mobile.updates()) == 2


def test_135_about_a_number_that_is_older_is_no_reason() -> None:
    mobile = Mobile()
    mobile.attach()
    older = (mobile.updates()[-1].sequence - 5) & 0xFFFF
    actions = mobile.answer(Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, sequence=older)
    assert drops(actions) == ["refused as old, but newer than what is said to be accepted"]


@pytest.mark.parametrize("status", [128, 130, 180, 250])
def test_a_refusal_that_may_pass_is_followed_by_another_try(status) -> None:
    mobile = Mobile()
    mobile.attach()
    assert events(mobile.answer(status)) == ["binding_rejected"]
    assert mobile.state() == "refused"
    assert send_times(mobile, 33) == [32.0]


@pytest.mark.parametrize("status", [129, 131, 132, 133, 134, 139, 145, 146, 174])
def test_a_refusal_that_will_not_pass_is_final_until_the_next_move(status) -> None:
    mobile = Mobile()
    mobile.register()
    mobile.attach("b")
    mobile.answer(status)
    assert mobile.kernel.tunnels == {} and mobile.kernel.way(HOA, HA) is None
    assert send_times(mobile, 100) == []
    assert len(messages(mobile.attach("a"), BindingUpdate)) == 1


def test_every_status_of_the_registry_is_met_without_a_loop() -> None:
    for status in range(128, 256):
        mobile = Mobile()
        mobile.attach()
        mobile.answer(status, sequence=None)
        mobile.wait(40)
        assert len(mobile.updates()) <= 8, status


def test_status_1_is_an_acceptance_that_asks_for_the_prefixes() -> None:
    mobile = Mobile()
    mobile.attach()
    actions = mobile.answer(1)
    assert "binding_acknowledged" in events(actions)
    assert [type(message).__name__ for message in messages(actions)] == ["MobilePrefixSolicitation"]
