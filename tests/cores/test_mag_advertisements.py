"""Router Advertisements and solicitations (RFC 5213 §6.7, §6.9.2, §6.9.3)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pmipv6_gateway import HOME, NODE, Gateway
from pmipv6_world import ACCESS, ROUTER, link_layer

from agents.core import actions as do
from agents.core.events import MessageReceived
from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.ndisc import (
    Mtu,
    PrefixInformation,
    RouterAdvertisement,
    RouterSolicitation,
    SourceLinkLayerAddress,
)

SECOND = Prefix.parse("2001:db8:1:8001::/64")
ALL_NODES = Address.parse("ff02::1")
ALL_ROUTERS = Address.parse("ff02::2")
NEIGHBOUR = Address.parse("fe80::ff:fe00:1")


def sent(gateway: Gateway) -> do.SendMessage:
    (action,) = [
        action
        for action in gateway.actions
        if isinstance(action, do.SendMessage) and isinstance(action.message, RouterAdvertisement)
    ]
    return action


def test_it_goes_to_one_node_from_the_addresses_that_all_gateways_share() -> None:
    gateway = Gateway()
    gateway.serve()
    action = sent(gateway)
    assert action.source == ROUTER and action.interface == ACCESS
    assert (action.destination, action.link_layer_destination) == (ALL_NODES, NODE)
    assert SourceLinkLayerAddress(bytes.fromhex("00005e005213")) in action.message.options


def test_it_says_what_the_node_needs() -> None:
    gateway = Gateway(valid_lifetime=1200, preferred_lifetime=600, mtu=1400)
    gateway.serve(prefixes=(HOME, SECOND))
    message = sent(gateway).message
    assert (message.hop_limit, message.flags, message.router_lifetime) == (64, 0, 1800)
    assert Mtu(1400) in message.options
    assert [o for o in message.options if isinstance(o, PrefixInformation)] == [
        PrefixInformation(HOME, 0xC0, 1200, 600),
        PrefixInformation(SECOND, 0xC0, 1200, 600),
    ]


def test_it_is_repeated_three_times_in_the_shortest_lifetime() -> None:
    gateway = Gateway(router_lifetime=90, lifetime=4000)
    gateway.serve(lifetime=1000)
    gateway.wait(89.9)
    assert len(gateway.advertisements()) == 2
    gateway.wait(300.2)
    assert len(gateway.advertisements()) == 11 and gateway.updates() == []


def test_renewals_do_not_delay_it() -> None:
    gateway = Gateway(router_lifetime=90)
    gateway.serve(lifetime=5)
    times = []
    for _ in range(120):
        gateway.wait(1)
        times += [gateway.now] * len(gateway.advertisements())
        if gateway.updates():
            gateway.answer(lifetime=5)
            assert gateway.advertisements() == []
    gaps = [b - a for a, b in pairwise(times)]
    assert gaps and set(map(round, gaps)) == {30}


def test_nothing_is_repeated_where_no_lifetime_ends() -> None:
    gateway = Gateway(router_lifetime=0, valid_lifetime=0, preferred_lifetime=0)
    gateway.serve()
    gateway.wait(239)
    assert gateway.actions == []


def test_a_served_node_that_solicits_is_answered_at_its_address() -> None:
    gateway = Gateway()
    gateway.serve()
    gateway.solicit(NEIGHBOUR)
    assert sent(gateway).destination == NEIGHBOUR and gateway.updates() == []
    gateway.solicit(UNSPECIFIED)
    assert sent(gateway).destination == NEIGHBOUR


def test_a_solicitation_while_the_anchor_is_asked_is_answered_afterwards() -> None:
    gateway = Gateway()
    gateway.link_up()
    assert gateway.solicit(NEIGHBOUR) == []
    gateway.answer()
    assert sent(gateway).destination == NEIGHBOUR


@pytest.mark.parametrize("source", [NEIGHBOUR, UNSPECIFIED])
def test_a_solicitation_is_an_attachment_where_configured(source) -> None:
    gateway = Gateway(detect=["solicitation"])
    assert gateway.link_up() == []
    gateway.solicit(source)
    assert len(gateway.updates()) == 1 and gateway.events() == ["attached", "binding_sent"]
    gateway.answer()
    assert sent(gateway).destination == (ALL_NODES if source == UNSPECIFIED else source)
    gateway.solicit(source)
    assert gateway.updates() == [] and len(gateway.advertisements()) == 1
    gateway.link_down()
    assert gateway.updates()[0].lifetime == 0


def test_a_solicitation_is_none_where_only_the_link_tells() -> None:
    gateway = Gateway(detect=["link"])
    gateway.solicit(NEIGHBOUR)
    assert gateway.drops() == ["solicitation of a node that is not attached"]


def test_the_option_names_the_node_where_the_frame_does_not() -> None:
    gateway = Gateway(detect=["solicitation"])
    message = RouterSolicitation((SourceLinkLayerAddress(NODE),))
    gateway.give(MessageReceived(message, NEIGHBOUR, ALL_ROUTERS, ACCESS))
    assert len(gateway.updates()) == 1
    gateway.give(MessageReceived(RouterSolicitation(()), NEIGHBOUR, ALL_ROUTERS, ACCESS))
    assert gateway.drops() == ["node without a profile"]


def test_a_stranger_that_solicits_gets_nothing() -> None:
    gateway = Gateway(detect=["solicitation"])
    gateway.solicit(NEIGHBOUR, link_layer(77))
    assert gateway.drops() == ["node without a profile"]


def test_a_refused_node_that_solicits_gets_nothing() -> None:
    gateway = Gateway()
    gateway.serve(status=129)
    assert gateway.solicit(NEIGHBOUR) == []
