"""The access router: its Router Advertisements, when they are sent and to whom."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import pytest
from mipv6_bench import START, A, Bench, only, reasons, sent

from agents.core.actions import SendMessage
from agents.core.configuration import ConfigurationError
from agents.core.events import Command, LinkDown, LinkUp
from agents.mipv6.access_router import AccessRouter
from agents.mipv6.advertiser import ANSWERS_AT_ONCE
from agents.wire import packet
from agents.wire.messages import CareOfTestInit
from agents.wire.ndisc import RouterAdvertisement, RouterSolicitation, SourceLinkLayerAddress
from agents.wire.packet import Packet

LINK_LAYER = "02:00:00:00:01:01"
ROUTER = A("fe80::ff:fe00:101")
ALL_NODES, ALL_ROUTERS = A("ff02::1"), A("ff02::2")
VISITOR = bytes.fromhex("020000000009")
VISITOR_ADDRESS = A("fe80::ff:fe00:9")

# Hop limit 64, no flags, 1800 s; own link-layer address; MTU 1400; 2001:db8:2::/64 with L and A
# for 2592000 and 604800 s; 500 ms between two advertisements.
BODY = bytes.fromhex(
    "40000708 00000000 00000000"
    "0101 020000000101"
    "0501 0000 00000578"
    "0304 40c0 00278d00 00093a80 00000000 20010db8000200000000000000000000"
    "0701 0000 000001f4"
)


def config(**changes: Any) -> dict[str, Any]:
    link = {
        "interface": "ar1-eth1",
        "prefix": "2001:db8:2::/64",
        "address": "2001:db8:2::1",
        "link_layer": LINK_LAYER,
    }
    return {
        "links": [link],
        "interval": [0.1, 0.5],
        "advertise_on_link_up": True,
        "router_lifetime": 1800,
        "mtu": 1400,
        **changes,
    }


def solicit(source: str, *options: Any) -> Packet:
    return Packet(A(source), ALL_ROUTERS, RouterSolicitation(options), hop_limit=255)


def test_the_advertisement_says_all_that_a_mobile_node_must_know() -> None:
    bench = Bench("ar", config())
    advertisement = only([action for _, action in bench.log], RouterAdvertisement)
    assert (advertisement.source, advertisement.destination) == (ROUTER, ALL_NODES)
    assert packet.emit(advertisement)[44:] == BODY


def test_a_link_local_address_of_its_own_replaces_that_of_the_interface() -> None:
    link = {**config()["links"][0], "link_local": "fe80::1"}
    bench = Bench("ar", config(links=[link]))
    assert sent([action for _, action in bench.log])[0].source == A("fe80::1")


def test_it_advertises_at_random_times_between_the_bounds() -> None:
    bench = Bench("ar", config())
    bench.run(20)
    at = [moment for moment, action in bench.log if isinstance(action, SendMessage)]
    gaps = [later - earlier for earlier, later in pairwise(at)]
    assert at[0] == START
    assert len(gaps) > 20 / 0.5
    assert all(0.1 <= gap <= 0.5 + 1e-6 for gap in gaps)
    assert len({round(gap, 3) for gap in gaps}) > len(gaps) // 2


def test_the_first_advertisements_are_at_most_16_seconds_apart() -> None:
    bench = Bench("ar", config(interval=[450, 600]))
    bench.run(2000)
    at = [moment - START for moment, _ in bench.log]
    assert at[:4] == [0.0, 16.0, 32.0, 48.0]
    assert at[4] - at[3] >= 450


def test_a_new_node_is_advertised_to_before_it_asks() -> None:
    bench = Bench("ar", config())
    (action,) = bench.give(LinkUp("ar1-eth1", VISITOR))
    assert (action.destination, action.interface) == (ALL_NODES, "ar1-eth1")
    assert action.link_layer_destination == VISITOR
    assert bench.give(LinkDown("ar1-eth1", VISITOR)) == []


def test_unless_the_router_waits_to_be_asked() -> None:
    bench = Bench("ar", config(advertise_on_link_up=False))
    assert bench.give(LinkUp("ar1-eth1", VISITOR)) == []


def test_a_node_on_another_interface_is_not_advertised_to() -> None:
    assert Bench("ar", config()).give(LinkUp("ar1-eth0", VISITOR)) == []


def test_who_asks_is_answered_at_once_and_alone() -> None:
    bench = Bench("ar", config())
    asked = solicit(str(VISITOR_ADDRESS), SourceLinkLayerAddress(VISITOR))
    (action,) = bench.take(asked, "ar1-eth1", VISITOR)
    assert (action.source, action.destination) == (ROUTER, VISITOR_ADDRESS)
    assert (action.interface, action.link_layer_destination) == ("ar1-eth1", VISITOR)


def test_who_has_no_address_yet_is_answered_by_that_of_all_nodes() -> None:
    (action,) = Bench("ar", config()).take(solicit("::"), "ar1-eth1", VISITOR)
    assert (action.destination, action.link_layer_destination) == (ALL_NODES, VISITOR)


def test_a_solicitation_that_names_a_link_layer_address_of_nobody_is_dropped() -> None:
    asked = solicit("::", SourceLinkLayerAddress(VISITOR))
    assert reasons(Bench("ar", config()).take(asked, "ar1-eth1", VISITOR)) == ["malformed"]


def test_a_solicitation_on_a_link_that_is_not_advertised_is_dropped() -> None:
    actions = Bench("ar", config()).take(solicit(str(VISITOR_ADDRESS)), "ar1-eth0", VISITOR)
    assert reasons(actions) == ["solicitation on a link that is not advertised"]
    assert sent(actions) == []


def test_a_flood_of_solicitations_is_not_answered_one_by_one() -> None:
    bench = Bench("ar", config())
    answered = [bool(sent(bench.take(solicit("::"), "ar1-eth1", VISITOR))) for _ in range(500)]
    assert answered.count(True) == ANSWERS_AT_ONCE
    bench.now += 1
    assert sent(bench.take(solicit("::"), "ar1-eth1", VISITOR))


def test_what_is_not_for_an_access_router_is_counted() -> None:
    bench = Bench("ar", config())
    message = Packet(A("2001:db8:2::9"), A("2001:db8:2::1"), CareOfTestInit(bytes(8)))
    assert reasons(bench.take(message)) == ["unexpected message"]
    assert reasons(bench.give(Command("dance"))) == ["unknown command"]
    assert bench.rows() == []


def test_without_links_it_is_silent() -> None:
    bench = Bench("ar", config(links=[]))
    assert bench.log == []
    assert bench.core.deadline() is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"interval": [0.01, 0.5]}, "'interval' is 0.01 to 0.5"),
        ({"interval": [0.4, 0.5]}, "the first at most 0.75 of the second"),
        ({"interval": "often"}, "'interval' is 'often'"),
        ({"router_lifetime": 9001}, "'router_lifetime' is 9001"),
        ({"mtu": 1279}, "'mtu' is 1279"),
        ({"advertise_on_link_up": 1}, "'advertise_on_link_up' is 1"),
        ({"links": [{**config()["links"][0], "address": "here"}]}, "'address' is 'here'"),
        ({"links": [{"interface": "x"}]}, "'prefix' is missing"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused_in_one_line(
    changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says.replace("[", r"\[")) as refused:
        AccessRouter.from_config(config(**changes), Random(0))
    assert "\n" not in str(refused.value)


def test_links_must_be_named() -> None:
    with pytest.raises(ConfigurationError, match="'links' is missing"):
        AccessRouter.from_config({}, Random(0))
