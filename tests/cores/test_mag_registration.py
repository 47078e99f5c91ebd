"""How a gateway registers, renews and releases (RFC 5213 §6.9.1, §6.9.4)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pmipv6_gateway import HOME, NODE, Gateway, closed, kinds, opened
from pmipv6_world import LMA, MAGS, START, link_layer

from agents.core import actions as do
from agents.core.events import Command, MessageReceived, PacketArrived, Started
from agents.wire.address import ALL_ZERO, Prefix
from agents.wire.messages import BindingRefreshRequest
from agents.wire.options import (
    AccessTechnologyType,
    HandoffIndicator,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    Timestamp,
)

SECOND = Prefix.parse("2001:db8:1:8001::/64")


def test_it_becomes_a_tunnel_exit_for_attached_nodes_when_it_starts() -> None:
    gateway = Gateway()
    assert gateway.give(Started()) == [do.AcceptTunnels(MAGS[0], do.Delivery.ATTACHED)]


def test_an_attachment_makes_a_proxy_binding_update_with_the_mandatory_options() -> None:
    gateway = Gateway()
    gateway.link_up()
    (sent,) = [action for action in gateway.actions if isinstance(action, do.SendMessage)]
    assert (sent.source, sent.destination, sent.interface) == (MAGS[0], LMA, "")
    assert sent.message.flags == 0x8200 and sent.message.lifetime == 75
    assert sent.message.options == (
        MobileNodeIdentifier(1, b"mn1@example.com"),
        HomeNetworkPrefix(ALL_ZERO),
        HandoffIndicator(4),
        AccessTechnologyType(4),
        Timestamp.at(START),
        MobileNodeLinkLayerIdentifier(NODE),
    )
    assert gateway.events() == ["attached", "binding_sent"]


def test_with_sequence_numbers_there_is_no_timestamp() -> None:
    gateway = Gateway(ordering="sequence")
    gateway.link_up()
    assert not [o for o in gateway.asked[0].options if isinstance(o, Timestamp)]


def test_no_link_local_address_is_asked_for_where_it_is_fixed() -> None:
    gateway = Gateway()
    gateway.link_up()
    assert not [o for o in gateway.asked[0].options if isinstance(o, LinkLocalAddress)]


def test_there_is_no_service_before_the_answer_and_routes_before_the_advertisement() -> None:
    gateway = Gateway()
    assert not {do.AddRoute, do.AddTunnel} & set(kinds(gateway.link_up()))
    gateway.answer()
    assert gateway.actions[:4] == [do.AddTunnel(MAGS[0], LMA), *opened()]
    assert kinds(gateway.actions[4:]) == [do.SendMessage, do.Record]
    assert gateway.events() == ["binding_acknowledged"]


def test_several_prefixes_are_all_served_downwards_first() -> None:
    gateway = Gateway()
    gateway.serve(prefixes=(HOME, SECOND))
    routes = [action for action in gateway.actions if isinstance(action, do.AddRoute)]
    assert [(route.prefix, route.source) for route in routes] == [
        (HOME, None),
        (SECOND, None),
        (ALL_ZERO, HOME),
        (ALL_ZERO, SECOND),
    ]


def test_retransmissions_back_off_from_1_to_32_seconds_with_new_numbers_and_times() -> None:
    gateway = Gateway()
    gateway.link_up()
    gateway.wait(160)
    times = [next(o for o in m.options if isinstance(o, Timestamp)).seconds for m in gateway.asked]
    assert [round(at - START) for at in times] == [0, 1, 3, 7, 15, 31, 63, 95, 127, 159]
    numbers = [message.sequence for message in gateway.asked]
    assert all((b - a) % 65536 == 1 for a, b in pairwise(numbers))


def test_only_the_answer_to_the_last_transmission_counts() -> None:
    gateway = Gateway()
    gateway.link_up()
    gateway.wait(1.5)
    first, second = gateway.asked
    gateway.answer(to=first)
    assert gateway.drops() == ["acknowledgement of no request"]
    gateway.answer(to=second)
    assert gateway.state() == "registered"
    gateway.answer(to=second)
    assert gateway.drops() == ["acknowledgement of no request"]


def test_retransmission_stops_when_the_node_leaves() -> None:
    gateway = Gateway()
    gateway.link_up()
    gateway.link_down()
    (release,) = gateway.updates()
    assert release.lifetime == 0
    gateway.wait(100)
    assert gateway.updates() == [] and gateway.state() == ""


def test_a_binding_is_renewed_before_it_expires_with_all_its_prefixes() -> None:
    gateway = Gateway()
    gateway.serve(prefixes=(HOME, SECOND), lifetime=25)
    assert gateway.core.deadline() == START + 80
    gateway.wait(80)
    (update,) = gateway.updates()
    assert update.lifetime == 75
    assert HandoffIndicator(5) in update.options
    assert [o.prefix for o in update.options if isinstance(o, HomeNetworkPrefix)] == [HOME, SECOND]
    gateway.answer(prefixes=(HOME, SECOND))
    assert kinds(gateway.actions) == [do.Record] and gateway.state() == "registered"


def test_a_binding_that_is_not_renewed_ends_and_is_asked_for_anew() -> None:
    gateway = Gateway()
    gateway.serve(lifetime=25)
    gateway.wait(99)
    assert [update.options[2] for update in gateway.updates()] == [HandoffIndicator(5)] * 5
    gateway.wait(1)
    assert gateway.actions[:3] == closed()
    assert gateway.events() == ["binding_expired", "binding_sent"]
    (update,) = gateway.updates()
    assert HandoffIndicator(4) in update.options and HomeNetworkPrefix(HOME) in update.options
    gateway.answer()
    assert gateway.state() == "registered" and opened()[0] in gateway.actions


def test_a_departure_removes_the_routes_at_once_and_tells_the_anchor() -> None:
    gateway = Gateway()
    gateway.serve()
    gateway.link_down()
    assert gateway.actions[1:4] == closed()
    (update,) = gateway.updates()
    assert update.lifetime == 0
    assert update.options[:4] == (
        MobileNodeIdentifier(1, b"mn1@example.com"),
        HomeNetworkPrefix(HOME),
        HandoffIndicator(4),
        AccessTechnologyType(4),
    )
    assert gateway.events() == ["detached", "binding_sent"]
    gateway.answer(lifetime=0)
    assert gateway.state() == ""


def test_an_unanswered_release_is_not_repeated() -> None:
    gateway = Gateway()
    gateway.serve()
    gateway.link_down()
    gateway.wait(0.9)
    assert gateway.state() == "releasing"
    gateway.wait(0.2)
    assert gateway.updates() == [] and gateway.state() == ""


def test_the_tunnel_goes_some_time_after_the_last_node() -> None:
    gateway = Gateway()
    gateway.serve()
    gateway.link_up(link_layer(2))
    gateway.answer(prefixes=(SECOND,))
    gateway.link_down()
    gateway.wait(10)
    assert do.RemoveTunnel not in kinds(gateway.actions)
    gateway.link_down(link_layer(2))
    gateway.wait(2.9)
    assert do.RemoveTunnel not in kinds(gateway.actions)
    gateway.wait(0.2)
    assert gateway.actions == [do.RemoveTunnel(MAGS[0], LMA)]


def test_a_node_that_returns_before_the_release_is_answered_is_registered() -> None:
    gateway = Gateway()
    gateway.serve()
    gateway.link_down()
    release = gateway.asked[-1]
    gateway.link_up()
    gateway.answer(to=release, lifetime=0)
    assert gateway.drops() == ["acknowledgement of no request"]
    gateway.answer()
    assert gateway.state() == "registered"


def test_an_attachment_reported_twice_is_served_at_once_and_asserted_again() -> None:
    gateway = Gateway()
    gateway.link_up()
    assert gateway.link_up() == []
    gateway.answer()
    gateway.link_up()
    assert len(gateway.advertisements()) == 1
    (update,) = gateway.updates()
    assert HandoffIndicator(4) in update.options and HomeNetworkPrefix(HOME) in update.options


def test_a_move_between_interfaces_of_one_gateway_takes_the_service_along() -> None:
    gateway = Gateway()
    gateway.serve()
    gateway.link_up(interface="eth9")
    assert gateway.actions[:3] == closed()
    assert AccessTechnologyType(3) in gateway.updates()[0].options
    assert gateway.link_down() == [], "the old link's report comes late"
    gateway.answer()
    assert gateway.actions[:3] == opened("eth9")


@pytest.mark.parametrize(
    ("octets", "interface", "reason"),
    [
        (link_layer(77), "wlan0", "node without a profile"),
        (link_layer(1), "uplink", "not an access interface"),
    ],
)
def test_nodes_without_profile_and_other_interfaces_get_nothing(octets, interface, reason) -> None:
    gateway = Gateway()
    gateway.link_up(octets, interface)
    assert gateway.drops() == [reason] and gateway.asked == []
    assert gateway.link_down(octets, interface) == []


def test_a_prefix_that_no_address_can_be_made_of_is_routed_all_the_same() -> None:
    longer = Prefix.parse("2001:db8:1:8000:1::/80")
    gateway = Gateway()
    gateway.serve(prefixes=(longer,))
    assert do.AddRoute(longer, interface="wlan0") in gateway.actions
    assert do.AddNeighbor not in kinds(gateway.actions)
    gateway.link_down()
    assert do.RemoveRoute(longer) in gateway.actions
    assert do.RemoveNeighbor not in kinds(gateway.actions)


def test_other_messages_and_packets_are_counted_drops() -> None:
    gateway = Gateway()
    gateway.give(PacketArrived(b"", LMA, MAGS[0], 40))
    assert gateway.drops() == ["unexpected packet"]
    gateway.give(MessageReceived(BindingRefreshRequest(), LMA, MAGS[0]))
    assert gateway.drops() == ["unexpected message"]
    gateway.give(Command("dance"))
    assert gateway.drops() == ["unknown command"]


@pytest.mark.parametrize("ordering", ["timestamp", "sequence"])
def test_timestamps_and_numbers_grow_even_when_time_stands_still(ordering) -> None:
    gateway = Gateway(ordering=ordering)
    for _ in range(5):
        gateway.link_up()
        gateway.link_down()
    stamps = [o.value for m in gateway.asked for o in m.options if isinstance(o, Timestamp)]
    assert stamps == sorted(set(stamps))
    numbers = [message.sequence for message in gateway.asked]
    assert len(set(numbers)) == 10
