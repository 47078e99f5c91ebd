"""Binding Updates to the home agent, and what each answer comes to (RFC 6275 §11.7, §11.8)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from mipv6_bench import STRANGER, sent
from mipv6_mobile import COA, COA_B, HA, HOA, Mobile, drops, events, messages, send_times

from agents.core import actions as do
from agents.core.events import Command
from agents.mipv6.homes import AtHome
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.extension_headers import DestinationOptions, Type2Routing
from agents.wire.extension_options import HomeAddress
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingRefreshRequest,
    BindingUpdate,
    UnknownMobilityMessage,
)
from agents.wire.options import BindingRefreshAdvice
from agents.wire.packet import Packet

ACKNOWLEDGE, HOME, LINK_LOCAL = 0x8000, 0x4000, 0x2000


def test_the_update_comes_from_the_care_of_address_with_a_home_address_option() -> None:
    mobile = Mobile()
    (update,) = sent(mobile.attach(), BindingUpdate)
    assert (update.source, update.destination) == (COA, HA)
    assert update.headers == (DestinationOptions((HomeAddress(HOA),)),)
    message = update.payload
    assert message.flags == ACKNOWLEDGE | HOME | LINK_LOCAL
    assert (message.lifetime, message.options) == (75, ())


def test_without_the_interface_identifier_of_its_link_there_is_no_l() -> None:
    mobile = Mobile(home_address="2001:db8:1::100")
    (update,) = sent(mobile.attach(), BindingUpdate)
    assert update.payload.flags == ACKNOWLEDGE | HOME


def test_the_first_registration_waits_longer_and_waits_double_up_to_32_seconds() -> None:
    mobile = Mobile()
    mobile.attach()
    assert send_times(mobile, 115) == [1.5, 4.5, 10.5, 22.5, 46.5, 78.5, 110.5]


def test_later_registrations_begin_with_one_second() -> None:
    mobile = Mobile()
    mobile.register()
    mobile.attach("b")
    assert send_times(mobile, 8) == [1.0, 3.0, 7.0]


def test_every_transmission_has_a_new_sequence_number() -> None:
    mobile = Mobile()
    mobile.attach()
    mobile.wait(60)
    numbers = [update.sequence for update in mobile.updates()]
    assert len(numbers) == 6
    assert all(b == (a + 1) & 0xFFFF for a, b in pairwise(numbers))


def test_an_answer_ends_all_retransmission() -> None:
    mobile = Mobile()
    mobile.register()
    assert send_times(mobile, 200) == []


def test_the_answer_to_an_earlier_transmission_counts_too() -> None:
    mobile = Mobile()
    mobile.attach()
    mobile.wait(2)
    assert "binding_acknowledged" in events(mobile.answer(to=mobile.updates()[0]))
    assert mobile.state() == "registered"
    assert drops(mobile.answer(to=mobile.updates()[1])) == ["acknowledgement that no update awaits"]


def test_acceptance_opens_the_tunnel_and_its_routes_but_for_the_home_address() -> None:
    mobile = Mobile()
    mobile.attach()
    actions = mobile.answer()
    assert mobile.kernel.tunnels == {HA: COA}
    routes = mobile.kernel.routes
    assert routes[ALL_ZERO, Prefix(HOA, 128)].tunnel == HA
    assert (routes[ALL_ZERO, None].tunnel, routes[ALL_ZERO, None].preferred_source) == (HA, HOA)
    assert routes[ALL_ZERO, Prefix(COA, 128)].interface == "wlan0"
    assert do.WatchPeers(HOA) in actions


def test_a_binding_is_renewed_after_its_share_of_the_granted_lifetime() -> None:
    mobile = Mobile()
    mobile.attach()
    mobile.answer(lifetime=25)
    assert send_times(mobile, 85) == [80.0, 81.0, 83.0]


def test_the_agent_may_advise_to_renew_earlier() -> None:
    mobile = Mobile()
    mobile.attach()
    mobile.answer(options=(BindingRefreshAdvice(5),))
    assert send_times(mobile, 20.5) == [20.0]


@pytest.mark.parametrize("advice", [0, 75, 200])
def test_advice_beyond_the_lifetime_is_ignored(advice) -> None:
    mobile = Mobile()
    mobile.attach()
    mobile.answer(options=(BindingRefreshAdvice(advice),))
    assert send_times(mobile, 240.5) == [240.0]


def test_a_binding_that_nobody_renews_expires_and_is_asked_for_anew() -> None:
    mobile = Mobile()
    mobile.attach()
    mobile.answer(lifetime=5)
    actions = mobile.wait(21)
    assert "binding_expired" in events(actions)
    assert mobile.kernel.way(HOA, HA) is None and mobile.kernel.tunnels == {}
    assert mobile.kernel.routes[ALL_ZERO, None].interface == "wlan0"
    mobile.answer()
    assert mobile.kernel.tunnels == {HA: COA}


def test_the_lifetime_counts_from_when_it_was_asked_for() -> None:
    mobile = Mobile()
    mobile.attach()
    mobile.wait(1.4)
    mobile.answer(lifetime=5)
    assert mobile.remaining() == pytest.approx(18.6)


def test_more_than_was_asked_for_is_not_believed() -> None:
    mobile = Mobile()
    mobile.attach()
    mobile.answer(lifetime=1000)
    assert mobile.remaining() == pytest.approx(300)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"source": STRANGER}, "acknowledgement that no update awaits"),
        ({"sequence": 1}, "acknowledgement that no update awaits"),
        ({"routed": False}, "acknowledgement with the wrong routing header"),
        ({"home": Address.parse("2001:db8:1::77")}, "acknowledgement that no update awaits"),
        ({"lifetime": 0}, "accepted for no time"),
    ],
)
def test_an_acknowledgement_that_fits_no_update_is_dropped(changes, why) -> None:
    mobile = Mobile()
    mobile.attach()
    asked = mobile.updates()[-1]
    actions = mobile.answer(to=asked, **changes)
    assert drops(actions) == [why]
    assert mobile.state() == "registering" and mobile.kernel.tunnels == {}


def test_what_was_asked_from_another_place_is_answered_in_vain() -> None:
    mobile = Mobile()
    mobile.register()
    mobile.attach("b")
    old = mobile.updates()[-1]
    mobile.attach("a")
    assert drops(mobile.answer(to=old, at=COA_B)) == ["acknowledgement that no update awaits"]
    assert mobile.state() == "refreshing"


def test_no_more_than_three_updates_leave_in_any_second() -> None:
    mobile = Mobile()
    for number in range(40):
        mobile.attach("ab"[number % 2])
        mobile.wait(0.05)
    times = mobile.sent_at()
    assert len(times) == 6
    assert all(b - a >= 1 for a, b in zip(times, times[3:], strict=False))
    place = mobile.core.care_of
    mobile.wait(1)
    last = [a for a in mobile.actions if isinstance(a, do.SendMessage)][-1]
    assert last.source == place, "the last move is told as soon as it may be"


def test_a_refresh_request_of_the_agent_renews_but_not_as_often_as_it_likes() -> None:
    mobile = Mobile()
    mobile.register()
    request = Packet(HA, HOA, BindingRefreshRequest())
    assert len(messages(mobile.take(request), BindingUpdate)) == 1
    mobile.answer()
    for _ in range(10):
        mobile.take(request)
        mobile.wait(0.2)
        mobile.answer()
    assert len(mobile.updates()) <= 3


def test_a_refresh_request_of_anybody_else_is_dropped() -> None:
    mobile = Mobile()
    mobile.register()
    actions = mobile.take(Packet(STRANGER, HOA, BindingRefreshRequest()))
    assert drops(actions) == ["refresh request for no binding"] and messages(actions) == []


def test_after_three_updates_without_an_answer_the_agent_is_said_to_be_unreachable() -> None:
    mobile = Mobile()
    mobile.attach()
    assert "agent_unreachable" not in events(mobile.wait(10))
    assert events(mobile.wait(90)).count("agent_unreachable") == 1
    mobile.answer()
    assert mobile.state() == "registered"


def test_without_a_link_nothing_is_sent_and_what_was_due_is_sent_when_it_is_back() -> None:
    mobile = Mobile()
    mobile.register()
    mobile.attach("b")
    mobile.down()
    assert messages(mobile.wait(20), BindingUpdate) == []
    mobile.up()
    assert len(messages(mobile.hear("b"), BindingUpdate)) == 1


def test_an_unknown_type_is_answered_with_a_binding_error() -> None:
    mobile = Mobile()
    mobile.register()
    actions = mobile.take(Packet(STRANGER, COA, UnknownMobilityMessage(99, bytes(10))))
    (error,) = messages(actions)
    assert error.status == 2


def test_a_flow_is_told_to_start_at_the_home_address() -> None:
    mobile = Mobile()
    (reply,) = mobile.give(Command("open_flow", {"flow": "voip"}, "t1"))
    assert reply.token == "t1"
    assert reply.details == {"source": str(HOA), "via": "home", "proxy": ""}
    assert drops(mobile.give(Command("dance"))) == ["unknown command"]


def test_a_late_acknowledgement_of_another_binding_does_not_make_it_home() -> None:
    mobile = Mobile()
    mobile.register()
    stray = BindingAcknowledgement(0, 0, mobile.updates()[-1].sequence, 0)
    mobile.take(Packet(HA, COA, stray, (Type2Routing(HOA),)))
    home = mobile.core._keeper.home(HOA)
    assert home is not None and not isinstance(home.state, AtHome)
