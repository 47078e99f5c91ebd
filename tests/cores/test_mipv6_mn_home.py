"""At home, coming home, leaving home (RFC 6275 §11.5.5), and looking for the agents there."""

from __future__ import annotations

from typing import Any

import pytest
from mipv6_bench import STRANGER, sent
from mipv6_mobile import COA, HA, HOA, WLAN, Mobile, drops, events, link_layer, messages
from mipv6_places import LINKS

from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.extension_headers import Type2Routing
from agents.wire.icmpv6_messages import (
    HomeAgentAddressDiscoveryReply,
    HomeAgentAddressDiscoveryRequest,
    MobilePrefixAdvertisement,
    MobilePrefixSolicitation,
)
from agents.wire.messages import BindingUpdate
from agents.wire.ndisc import (
    NeighborAdvertisement,
    NeighborSolicitation,
    PrefixInformation,
    TargetLinkLayerAddress,
)
from agents.wire.packet import Packet

ANYCAST = Address.parse("2001:db8:1:0:fdff:ffff:ffff:fffe")
OTHER_AGENT = Address.parse("2001:db8:1::2")


def returned(**changes: Any) -> Mobile:
    mobile = Mobile(**changes)
    mobile.register()
    mobile.attach("home")
    return mobile


def test_who_begins_at_home_needs_no_binding() -> None:
    mobile = Mobile(detection="optimistic")
    mobile.up()
    actions = mobile.hear("home")
    assert messages(actions, BindingUpdate) == []
    assert [probe.target for probe in messages(actions, NeighborSolicitation)] == [HOA]
    assert mobile.kernel.routes[ALL_ZERO, Prefix(HOA, 128)].interface == WLAN
    assert mobile.state() == "athome"


def test_who_comes_home_deletes_its_binding_from_the_home_address_over_the_link() -> None:
    mobile = returned()
    (update,) = sent(mobile.actions, BindingUpdate)[1:]
    assert (update.source, update.destination, update.headers) == (HOA, HA, ())
    assert update.payload.lifetime == 0
    sending = next(a for a in mobile.actions if getattr(a, "message", None) == update.payload)
    assert (sending.interface, sending.link_layer_destination) == (WLAN, LINKS["home"].link_layer)


def test_it_does_not_probe_for_an_address_that_its_agent_defends() -> None:
    mobile = Mobile(detection="standard")
    mobile.attach()
    mobile.wait(2.1)
    mobile.answer()
    mobile.attach("home")
    assert mobile.core.care_of == HOA, "at once"
    mobile.wait(3)
    assert NeighborSolicitation(HOA) not in messages(mobile.actions)


def test_packets_leave_over_the_home_link_at_once_and_the_tunnel_is_gone() -> None:
    mobile = returned()
    assert mobile.kernel.tunnels == {}
    way = mobile.kernel.way(HOA, STRANGER)
    assert way is not None and (way.interface, way.tunnel) == (WLAN, None)
    assert (WLAN, COA) not in mobile.kernel.addresses


def test_once_the_agent_has_agreed_it_tells_its_neighbours_three_times() -> None:
    mobile = returned()
    actions = mobile.answer(0, lifetime=0, routed=False)
    assert events(actions) == ["home_returned"]
    told = messages(actions + mobile.wait(10), NeighborAdvertisement)
    option = TargetLinkLayerAddress(link_layer(1))
    assert told == [NeighborAdvertisement(HOA, 0x20000000, (option,))] * 3


def test_status_133_says_that_there_is_nothing_to_delete() -> None:
    mobile = returned()
    assert "home_returned" in events(mobile.answer(133, routed=False))
    assert mobile.state() == "athome"


def test_an_answer_to_the_care_of_address_does_not_end_the_de_registration() -> None:
    mobile = returned()
    assert drops(mobile.answer(at=COA)) == ["acknowledgement with the wrong routing header"]
    assert mobile.state() == "releasing"


def test_the_de_registration_is_repeated_until_it_is_answered() -> None:
    mobile = returned()
    mobile.wait(20)
    assert [update.lifetime for update in mobile.updates()[1:]] == [0] * 5


def test_who_leaves_again_registers_and_sends_nothing_meanwhile() -> None:
    mobile = returned()
    mobile.answer(0, lifetime=0, routed=False)
    mobile.attach("a")
    assert mobile.updates()[-1].lifetime == 75
    assert mobile.kernel.way(HOA, STRANGER) is None
    assert {address for name, address in mobile.kernel.addresses if name == WLAN} == {COA}
    mobile.answer()
    assert mobile.kernel.tunnels == {HA: COA}
    assert messages(mobile.wait(5), NeighborAdvertisement) == []


def test_who_leaves_before_the_answer_comes_is_bound_again() -> None:
    mobile = returned()
    mobile.attach("b")
    assert mobile.updates()[-1].lifetime == 75
    mobile.answer()
    assert mobile.state() == "registered"


# --- Dynamic Home Agent Address Discovery (RFC 6275 §11.4.1) --------------------------------------


def found(mobile: Mobile, *agents: Address, source: Address = HA, identifier: int = -1) -> list:
    asked = mobile.last(HomeAgentAddressDiscoveryRequest).identifier
    reply = HomeAgentAddressDiscoveryReply(asked if identifier < 0 else identifier, agents)
    return mobile.take(Packet(source, mobile.core.care_of or COA, reply))


def test_without_an_agent_it_asks_the_anycast_address_and_registers_with_the_best() -> None:
    mobile = Mobile(home_agent=None)
    (request,) = sent(mobile.attach(), HomeAgentAddressDiscoveryRequest)
    assert (request.source, request.destination) == (COA, ANYCAST)
    (update,) = sent(found(mobile, OTHER_AGENT, HA), BindingUpdate)
    assert update.destination == OTHER_AGENT
    assert events(mobile.answer(source=OTHER_AGENT))[0] == "binding_acknowledged"


def test_a_reply_without_addresses_names_its_sender() -> None:
    mobile = Mobile(home_agent=None)
    mobile.attach()
    assert sent(found(mobile), BindingUpdate)[0].destination == HA


def test_requests_back_off_from_3_seconds_and_pause_after_four_repeats() -> None:
    mobile = Mobile(home_agent=None)
    mobile.attach()
    start = mobile.now
    assert "home_agent_unknown" in events(mobile.wait(155))
    times = [at - start for at in mobile.sent_at(HomeAgentAddressDiscoveryRequest)]
    assert times == [0, 3, 9, 21, 45, 153]


def test_each_request_has_an_identifier_of_its_own_and_others_are_not_believed() -> None:
    mobile = Mobile(home_agent=None)
    mobile.attach()
    old = mobile.last(HomeAgentAddressDiscoveryRequest).identifier
    mobile.wait(3)
    actions = found(mobile, STRANGER, identifier=old)
    assert drops(actions) == ["home agent reply that was not asked for"]
    assert mobile.updates() == []


@pytest.mark.parametrize("status", [129, 130, 131, 132, 133])
def test_an_agent_that_refuses_is_exchanged_for_the_next(status) -> None:
    mobile = Mobile(home_agent=None)
    mobile.attach()
    found(mobile, OTHER_AGENT, HA)
    (update,) = sent(mobile.answer(status, source=OTHER_AGENT), BindingUpdate)
    assert update.destination == HA
    actions = mobile.answer(status)
    assert messages(actions, HomeAgentAddressDiscoveryRequest) == [], "they would say so again"
    assert len(messages(mobile.wait(61), HomeAgentAddressDiscoveryRequest)) == 1


def test_an_agent_that_does_not_answer_is_looked_for_anew() -> None:
    mobile = Mobile(home_agent=None)
    mobile.attach()
    found(mobile, HA)
    actions = mobile.wait(10.6)
    assert "agent_unreachable" in events(actions)
    assert len(messages(actions, HomeAgentAddressDiscoveryRequest)) == 1
    found(mobile, OTHER_AGENT)
    mobile.answer(source=OTHER_AGENT)
    assert mobile.kernel.tunnels == {OTHER_AGENT: COA}


def test_a_move_during_the_search_asks_from_the_new_place() -> None:
    mobile = Mobile(home_agent=None)
    mobile.attach()
    (request,) = sent(mobile.attach("b"), HomeAgentAddressDiscoveryRequest)
    assert request.source == mobile.core.care_of


# --- Mobile Prefix Discovery (RFC 6275 §11.4.2, §11.4.3) ------------------------------------------


def advertise(
    mobile: Mobile, source: Address = HA, identifier: int = -1, valid: int = 7200
) -> list:
    asked = mobile.last(MobilePrefixSolicitation).identifier
    option = PrefixInformation(LINKS["home"].prefix, 0xC0, valid, valid // 2)
    number = asked if identifier < 0 else identifier
    message = MobilePrefixAdvertisement(number, 0, (option,))
    at = mobile.core.care_of or COA
    return mobile.take(Packet(source, at, message, (Type2Routing(HOA),)))


def discovering() -> Mobile:
    mobile = Mobile(prefix_discovery=True)
    mobile.register()
    return mobile


def test_a_solicitation_goes_to_the_agent_with_a_home_address_option() -> None:
    mobile = discovering()
    (solicitation,) = sent(mobile.actions, MobilePrefixSolicitation)
    assert (solicitation.source, solicitation.destination) == (COA, HA)
    assert solicitation.pseudo_source == HOA


def test_it_is_repeated_three_times_and_then_left() -> None:
    mobile = discovering()
    assert len(messages(mobile.wait(200), MobilePrefixSolicitation)) == 3


def test_an_advertisement_is_believed_and_renewed_before_the_prefix_is_deprecated() -> None:
    mobile = discovering()
    actions = advertise(mobile, valid=250)
    assert events(actions) == ["home_prefixes"]
    assert messages(mobile.wait(99), MobilePrefixSolicitation) == []
    assert len(messages(mobile.wait(2), MobilePrefixSolicitation)) == 1


def test_a_home_address_is_not_registered_for_longer_than_its_prefix_is_valid() -> None:
    mobile = discovering()
    advertise(mobile, valid=100)
    mobile.attach("b")
    assert mobile.updates()[-1].lifetime == 25


def test_what_was_not_asked_for_is_not_believed_but_makes_it_ask() -> None:
    mobile = discovering()
    advertise(mobile)
    mobile.wait(2)
    actions = advertise(mobile, identifier=0, valid=8)
    assert drops(actions) == ["prefix advertisement that was not asked for"]
    assert len(messages(actions, MobilePrefixSolicitation)) == 1
    mobile.attach("b")
    assert mobile.updates()[-1].lifetime == 75


def test_an_advertisement_of_anybody_else_is_dropped() -> None:
    mobile = discovering()
    actions = advertise(mobile, source=STRANGER)
    assert drops(actions) == ["prefix advertisement from no home agent"]
