"""Where a mobile node is: solicitations, advertisements, addresses, routers that fall silent."""

from __future__ import annotations

import pytest
from mipv6_bench import sent
from mipv6_mobile import (
    COA,
    COA_B,
    HOA,
    ROUTER_A,
    ROUTER_B,
    WLAN,
    Mobile,
    drops,
    events,
    link_layer,
    messages,
)
from mipv6_places import LINKS

from agents.core import actions as do
from agents.core.events import MessageReceived
from agents.wire.address import ALL_ZERO, UNSPECIFIED, Address, Prefix
from agents.wire.messages import BindingUpdate
from agents.wire.ndisc import (
    NeighborAdvertisement,
    NeighborSolicitation,
    PrefixInformation,
    RouterAdvertisement,
    RouterSolicitation,
    SourceLinkLayerAddress,
)
from agents.wire.packet import Packet

SOLICITED_NODE = Address.parse("ff02::1:ff00:1")


def test_it_solicits_at_once_when_its_link_comes_up() -> None:
    (solicitation,) = sent(Mobile().up(), RouterSolicitation)
    assert solicitation.source == Address.parse("fe80::ff:fe00:1")
    assert solicitation.destination == Address.parse("ff02::2")
    assert solicitation.payload.options == (SourceLinkLayerAddress(link_layer(1)),)


def test_solicitations_are_repeated_ever_more_slowly_until_a_router_answers() -> None:
    mobile = Mobile()
    mobile.up()
    times = []
    for _ in range(70):
        if messages(mobile.wait(1), RouterSolicitation):
            times.append(round(mobile.now - 1_700_000_010))
    assert times == [4, 12, 28, 60]
    mobile.hear()
    assert messages(mobile.wait(100), RouterSolicitation) == []


def test_an_advertisement_gives_it_an_address_a_route_and_a_neighbour() -> None:
    mobile = Mobile()
    mobile.up()
    actions = mobile.hear()
    host = Prefix(COA, 128)
    assert (WLAN, COA) in mobile.kernel.addresses
    assert mobile.kernel.routes[ALL_ZERO, host].next_hop == ROUTER_A
    assert mobile.kernel.routes[ALL_ZERO, None].next_hop == ROUTER_A
    assert mobile.kernel.neighbors == {(WLAN, ROUTER_A)}
    assert mobile.kernel.exits[COA].delivery is do.Delivery.LOCAL
    kinds = [type(action) for action in actions]
    assert kinds.index(do.AddRoute) < kinds.index(do.SendMessage)


def test_nothing_leaves_from_the_home_address_before_its_binding_stands() -> None:
    mobile = Mobile()
    assert HOA in mobile.kernel.confined
    mobile.attach()
    assert mobile.kernel.way(HOA, Address.parse("2001:db8:9::9")) is None
    mobile.answer()
    way = mobile.kernel.way(HOA, Address.parse("2001:db8:9::9"))
    assert way is not None and way.tunnel == (COA, Address.parse("2001:db8:1::1"))


@pytest.mark.parametrize(
    "changes",
    [
        {"source": Address.parse("2001:db8:a::1")},
        {"source": UNSPECIFIED},
    ],
)
def test_an_advertisement_from_no_link_local_address_is_dropped(changes) -> None:
    mobile = Mobile()
    mobile.up()
    actions = mobile.hear(**changes)
    assert drops(actions) == ["advertisement from an address that is not link-local"]
    assert messages(actions) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"flags": 0x80},
        {"prefix": Prefix.parse("2001:db8:a::/56")},
        {"prefix": Prefix.parse("fe80::/64")},
        {"preferred": 0},
        {"valid": 10, "preferred": 20},
    ],
)
def test_a_prefix_that_is_not_for_autoconfiguration_gives_no_address(changes) -> None:
    mobile = Mobile()
    mobile.up()
    assert mobile.hear(**changes) == []
    assert mobile.core.care_of is None


def test_the_same_router_after_a_short_loss_of_the_link_costs_no_update() -> None:
    mobile = Mobile()
    mobile.register()
    mobile.down()
    assert mobile.core.care_of is None
    mobile.up()
    actions = mobile.hear()
    assert mobile.core.care_of == COA
    assert messages(actions, BindingUpdate) == []
    assert messages(mobile.wait(30), BindingUpdate) == []


def test_another_link_makes_it_move_and_leave_nothing_of_the_old_one() -> None:
    mobile = Mobile()
    mobile.register()
    actions = mobile.attach("b")
    assert len(messages(actions, BindingUpdate)) == 1
    assert {address for name, address in mobile.kernel.addresses if name == WLAN} == {COA_B}
    assert (ALL_ZERO, Prefix(COA, 128)) not in mobile.kernel.routes
    assert mobile.kernel.neighbors == {(WLAN, ROUTER_B)}
    assert mobile.kernel.tunnels == {Address.parse("2001:db8:1::1"): COA_B}


def test_a_second_router_on_the_link_is_followed_only_when_the_first_one_is_gone() -> None:
    mobile = Mobile()
    mobile.register()
    mobile.wait(10)
    probes = messages(mobile.hear("b"), NeighborSolicitation)
    assert [probe.target for probe in probes] == [ROUTER_A]
    answer = Packet(ROUTER_A, Address.parse("fe80::ff:fe00:1"), NeighborAdvertisement(ROUTER_A, 0))
    mobile.take(answer, WLAN)
    mobile.wait(20)
    assert mobile.core.care_of == COA
    mobile.hear("b")
    actions = mobile.wait(2.5)
    assert len(messages(actions, NeighborSolicitation)) == 2 and mobile.core.care_of == COA
    assert "router_lost" in events(mobile.wait(1)) and mobile.core.care_of is None
    mobile.hear("b")
    assert mobile.core.care_of == COA_B


def test_a_router_that_was_just_heard_is_not_doubted() -> None:
    mobile = Mobile()
    mobile.register()
    assert mobile.hear("b") == []


def test_a_router_that_misses_three_advertisements_is_asked_and_then_given_up() -> None:
    mobile = Mobile()
    mobile.up()
    mobile.hear(interval=1000)
    assert messages(mobile.wait(2.9), NeighborSolicitation) == []
    assert len(messages(mobile.wait(2.5), NeighborSolicitation)) == 3
    actions = mobile.wait(1)
    assert "router_lost" in events(actions)
    assert len(messages(actions, RouterSolicitation)) == 1


@pytest.mark.parametrize("how", ["withdrawn", "expired"])
def test_a_router_ends_with_its_lifetime(how) -> None:
    mobile = Mobile()
    mobile.up()
    mobile.hear(lifetime=60)
    actions = mobile.hear(lifetime=0) if how == "withdrawn" else mobile.wait(61)
    assert "router_lost" in events(actions)
    assert mobile.core.care_of is None


def test_a_deprecated_prefix_is_left_for_another_one_of_the_same_router() -> None:
    mobile = Mobile()
    mobile.register()
    mobile.hear(preferred=0)
    assert mobile.core.care_of == COA, "there is no other prefix"
    other = Prefix.parse("2001:db8:aa::/64")
    old = PrefixInformation(LINKS["a"].prefix, 0xC0, 3600, 0)
    new = PrefixInformation(other, 0xC0, 3600, 1800)
    both = RouterAdvertisement(64, 0, 1800, 0, 0, (old, new))
    actions = mobile.take(Packet(ROUTER_A, Address.parse("ff02::1"), both), WLAN)
    assert mobile.core.care_of == Address(other.network[:8] + COA[8:])
    assert len(messages(actions, BindingUpdate)) == 1


def test_with_two_interfaces_it_stays_with_one_and_takes_the_other_when_that_goes() -> None:
    mobile = Mobile()
    mobile.register()
    mobile.up("wlan1")
    assert messages(mobile.hear("b", "wlan1"), BindingUpdate) == []
    assert mobile.core.care_of == COA
    assert len(messages(mobile.down(), BindingUpdate)) == 1
    assert mobile.core.care_of == Address.parse("2001:db8:b::ff:fe00:41")


def test_optimistic_detection_uses_the_address_while_it_asks() -> None:
    mobile = Mobile(detection="optimistic")
    mobile.up()
    actions = mobile.hear()
    (probe,) = sent(actions, NeighborSolicitation)
    assert (probe.source, probe.destination) == (UNSPECIFIED, SOLICITED_NODE)
    assert probe.payload.target == COA and probe.payload.options == ()
    assert len(messages(actions, BindingUpdate)) == 1


def test_standard_detection_waits_a_random_delay_and_one_second() -> None:
    mobile = Mobile(detection="standard")
    mobile.up()
    assert messages(mobile.hear()) == []
    first = mobile.wait(1)
    assert len(messages(first, NeighborSolicitation)) == 1
    assert mobile.core.care_of is None and messages(first, BindingUpdate) == []
    assert len(messages(mobile.wait(1), BindingUpdate)) == 1
    assert mobile.core.care_of == COA


@pytest.mark.parametrize("detection", ["optimistic", "standard"])
def test_an_address_that_another_node_has_is_given_up_for_a_random_one(detection) -> None:
    mobile = Mobile(detection=detection)
    mobile.up()
    mobile.hear()
    mobile.wait(0.9 if detection == "standard" else 0.1)
    denial = NeighborAdvertisement(COA, 0x20000000)
    actions = mobile.take(Packet(COA, Address.parse("ff02::1"), denial), WLAN)
    assert "care_of_duplicate" in events(actions)
    mobile.wait(2.5)
    chosen = mobile.core.care_of
    assert chosen not in (None, COA) and chosen[:8] == COA[:8]
    assert (WLAN, COA) not in mobile.kernel.addresses


def test_one_who_probes_for_the_same_address_counts_but_its_own_echo_does_not() -> None:
    probe = Packet(UNSPECIFIED, SOLICITED_NODE, NeighborSolicitation(COA))
    mobile = Mobile(detection="standard")
    mobile.up()
    mobile.hear()
    assert events(mobile.take(probe, WLAN, link_layer(1))) == []
    assert "care_of_duplicate" in events(mobile.take(probe, WLAN))


def test_after_three_duplicates_it_tries_no_more() -> None:
    mobile = Mobile(detection="optimistic")
    mobile.up()
    mobile.hear()
    for _ in range(3):
        address = mobile.core.care_of
        assert address is not None
        denial = Packet(address, Address.parse("ff02::1"), NeighborAdvertisement(address, 0))
        mobile.take(denial, WLAN)
    assert mobile.core.care_of is None


def test_what_is_heard_while_the_link_is_down_or_elsewhere_is_dropped() -> None:
    mobile = Mobile()
    mobile.down()
    assert drops(mobile.hear()) == ["advertisement while the link is down"]
    assert drops(mobile.hear(interface="eth7")) == ["not an interface for mobility"]


def test_the_update_follows_the_advertisement_in_the_same_step() -> None:
    """Nothing is waited for once the address is usable."""
    mobile = Mobile()
    mobile.up()
    assert len(messages(mobile.hear(), BindingUpdate)) == 1


def test_a_solicitation_of_another_host_means_nothing() -> None:
    mobile = Mobile()
    event = MessageReceived(RouterSolicitation(()), ROUTER_B, Address.parse("ff02::2"), WLAN)
    assert mobile.give(event) == []


def test_an_address_never_stands_without_its_route() -> None:
    """Else a tunnel that starts there would lead its own packets into itself."""
    mobile = Mobile()
    mobile.register()
    mobile.down()
    mobile.up()
    actions = mobile.attach("b")
    kinds = [
        (type(each).__name__, getattr(each, "source", None) or getattr(each, "address", None))
        for each in actions
        if isinstance(each, do.AddAddress | do.RemoveAddress | do.AddRoute | do.RemoveRoute)
    ]
    new, old = Prefix(COA_B, 128), Prefix(COA, 128)
    assert kinds.index(("AddRoute", new)) < kinds.index(("AddAddress", COA_B))
    assert kinds.index(("RemoveAddress", COA)) < kinds.index(("RemoveRoute", old))
