"""Registrations that are authenticated by options (RFC 4285)."""

from __future__ import annotations

from typing import Any

import pytest
from mipv6_bench import KEY, KEY_CONFIG
from mipv6_mobile import COA, HA, HOA, Mobile, drops, events, messages

from agents.core.security import SecurityAssociation
from agents.mipv6.authentication import Authenticator, timestamp_at
from agents.wire import authentication, mobility
from agents.wire.extension_headers import Type2Routing
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import Status
from agents.wire.options import (
    MobileNodeIdentifier,
    MobilityMessageAuthentication,
    MobilityMessageReplayProtection,
)
from agents.wire.packet import Packet

WRONG = SecurityAssociation(256, b"another key of 1")


def signed(mobile: Mobile, status: int = 0, key: Any = KEY, timestamp: int = 0, **changes: Any):
    """An acknowledgement of the last update with that key and timestamp (0: that of the update)."""
    update = mobile.updates()[-1]
    stamp = timestamp or timestamp_of(update)
    plain = BindingAcknowledgement(status, 0, changes.get("sequence", update.sequence), 75)
    message = Authenticator(key).sign(plain, stamp, COA, HOA)
    return mobile.take(Packet(HA, COA, message, (Type2Routing(HOA),)))


def timestamp_of(update: BindingUpdate) -> int:
    (option,) = [o for o in update.options if isinstance(o, MobilityMessageReplayProtection)]
    return option.timestamp


@pytest.fixture
def mobile() -> Mobile:
    mobile = Mobile(authentication=KEY_CONFIG)
    mobile.attach()
    return mobile


def test_an_update_names_the_node_and_the_time_and_ends_in_an_authenticator(mobile) -> None:
    update = mobile.updates()[-1]
    kinds = [type(option) for option in update.options]
    assert kinds == [
        MobileNodeIdentifier,
        MobilityMessageReplayProtection,
        MobilityMessageAuthentication,
    ]
    assert update.options[0].identifier == b"mn1@example.com"
    assert timestamp_of(update) == timestamp_at(mobile.now)
    octets = mobility.emit(update, HOA, HA)
    assert authentication.verifies(octets, KEY.key, KEY.spi, COA, HOA)


def test_timestamps_grow_strictly(mobile) -> None:
    mobile.wait(0.0)
    mobile.down()
    mobile.attach("b")
    mobile.attach("a")
    stamps = [timestamp_of(update) for update in mobile.updates()]
    assert stamps == sorted(set(stamps)) and len(stamps) == 3


def test_an_authentic_answer_counts(mobile) -> None:
    assert "binding_acknowledged" in events(signed(mobile))


@pytest.mark.parametrize("status", [0, 129, 134, 146])
def test_an_answer_without_the_key_is_dropped_whatever_it_says(mobile, status) -> None:
    assert drops(mobile.answer(status)) == ["acknowledgement that is not authentic"]
    assert drops(signed(mobile, status, WRONG)) == ["acknowledgement that is not authentic"]
    assert mobile.state() == "registering"


def test_an_answer_with_another_time_is_dropped(mobile) -> None:
    other = timestamp_of(mobile.updates()[-1]) + 1
    assert drops(signed(mobile, timestamp=other)) == ["acknowledgement of another time"]


def test_144_sets_the_clock_and_asks_again_at_once(mobile) -> None:
    ahead = timestamp_at(mobile.now + 500) & ~0xFFFFFFFF
    theirs = ahead | timestamp_of(mobile.updates()[-1]) & 0xFFFFFFFF
    actions = signed(mobile, Status.MIPV6_ID_MISMATCH, timestamp=theirs)
    (update,) = messages(actions, BindingUpdate)
    assert timestamp_of(update) >> 32 == theirs >> 32
    assert "binding_acknowledged" in events(signed(mobile))


def test_a_forged_135_or_144_changes_nothing(mobile) -> None:
    for status in (Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, Status.MIPV6_ID_MISMATCH):
        actions = signed(mobile, status, WRONG)
        assert messages(actions) == [] and len(drops(actions)) == 1


def test_an_authentic_135_is_followed(mobile) -> None:
    last = (mobile.updates()[-1].sequence + 7) & 0xFFFF
    actions = signed(mobile, Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, sequence=last)
    (update,) = messages(actions, BindingUpdate)
    assert update.sequence == (last + 1) & 0xFFFF


def test_a_replayed_answer_of_an_earlier_registration_is_dropped(mobile) -> None:
    old = mobile.updates()[-1]
    signed(mobile)
    mobile.attach("b")
    mobile.attach("a")
    plain = BindingAcknowledgement(0, 0, old.sequence, 75)
    replay = Authenticator(KEY).sign(plain, timestamp_of(old), COA, HOA)
    actions = mobile.take(Packet(HA, COA, replay, (Type2Routing(HOA),)))
    assert drops(actions) == ["acknowledgement that no update awaits"]
