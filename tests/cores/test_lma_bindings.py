"""The life of a binding at the anchor: made, extended, handed over, released, expired."""

from __future__ import annotations

import pytest
from pmipv6_anchor import BETWEEN_MAGS, NOT_CHANGED, POOL, Anchor, pbu, prefixes_in
from pmipv6_world import LMA, MAGS, link_layer, name, text

from agents.core import actions as do
from agents.core.events import Command, Started
from agents.wire.address import Prefix
from agents.wire.numbers import Status

RELEASE = {"prefixes": (POOL,), "lifetime": 0}


def test_it_becomes_a_tunnel_exit_when_it_starts() -> None:
    anchor = Anchor()
    assert anchor.core.handle(Started(), anchor.now) == [do.AcceptTunnels(LMA, do.Delivery.ROUTED)]


def test_a_new_session_is_routed_before_it_is_acknowledged() -> None:
    anchor = Anchor()
    anchor.ask()
    kinds = [type(action) for action in anchor.actions]
    assert kinds == [do.AddTunnel, do.AddRoute, do.SendMessage, do.Record]
    assert anchor.routing() == [do.AddTunnel(LMA, MAGS[0]), do.AddRoute(POOL, tunnel=MAGS[0])]
    assert anchor.core.deadline() == anchor.now + 300


def test_a_second_node_shares_the_tunnel() -> None:
    anchor = Anchor()
    anchor.ask()
    anchor.ask(node=name(2), octets=link_layer(2))
    (route,) = anchor.routing()
    assert route == do.AddRoute(Prefix.parse("2001:db8:1:8001::/64"), tunnel=MAGS[0])


def test_an_extension_changes_only_the_deadline() -> None:
    anchor = Anchor()
    anchor.ask()
    anchor.wait(200)
    reply = anchor.ask(prefixes=(POOL,), handoff=NOT_CHANGED)
    assert reply.status == 0 and reply.lifetime == 75
    assert anchor.routing() == []
    anchor.wait(299)
    assert anchor.rows()[0]["state"] == "registered"


def test_a_handoff_switches_the_route_with_the_acknowledgement() -> None:
    anchor = Anchor(prefixes_per_mobile=2)
    given = prefixes_in(anchor.ask())
    anchor.ask(mag=MAGS[1])
    assert anchor.actions[:3] == [
        do.AddTunnel(LMA, MAGS[1]),
        *[do.AddRoute(prefix, tunnel=MAGS[1]) for prefix in given],
    ]
    assert anchor.replies()[0].destination == MAGS[1]


def test_the_previous_gateway_may_deliver_for_a_while_after_a_handoff() -> None:
    anchor = Anchor()
    anchor.ask()
    anchor.ask(mag=MAGS[1])
    anchor.wait(2.9)
    assert anchor.routing() == []
    anchor.wait(0.2)
    assert anchor.routing() == [do.RemoveTunnel(LMA, MAGS[0])]


def test_a_gateway_that_gets_its_node_back_in_time_keeps_its_tunnel() -> None:
    anchor = Anchor()
    for mag in (MAGS[0], MAGS[1], MAGS[0]):
        anchor.ask(mag=mag)
    assert anchor.routing() == [do.AddRoute(POOL, tunnel=MAGS[0])]
    anchor.wait(10)
    assert anchor.routing() == [do.RemoveTunnel(LMA, MAGS[1])]


def test_a_release_stops_the_traffic_at_once_and_keeps_the_entry_for_ten_seconds() -> None:
    anchor = Anchor()
    anchor.ask()
    reply = anchor.ask(**RELEASE)
    assert (reply.status, reply.lifetime) == (0, 0) and prefixes_in(reply) == (POOL,)
    assert anchor.routing() == [do.RemoveRoute(POOL)]
    assert anchor.rows()[0]["state"] == "released"
    anchor.wait(9.9)
    assert anchor.rows()
    anchor.wait(0.2)
    assert anchor.rows() == [] and anchor.events() == ["binding_deleted"]


def test_a_registration_within_ten_seconds_gets_the_same_prefixes() -> None:
    anchor = Anchor()
    anchor.ask()
    anchor.ask(**RELEASE)
    anchor.wait(9)
    assert prefixes_in(anchor.ask(mag=MAGS[1])) == (POOL,)
    assert do.AddRoute(POOL, tunnel=MAGS[1]) in anchor.actions
    anchor.wait(100)
    assert anchor.rows()[0]["state"] == "registered"


def test_back_at_the_same_gateway_the_route_comes_back() -> None:
    anchor = Anchor()
    anchor.ask()
    anchor.ask(**RELEASE)
    anchor.ask()
    assert anchor.routing() == [do.AddRoute(POOL, tunnel=MAGS[0])]


def test_a_late_release_by_the_previous_gateway_is_ignored() -> None:
    anchor = Anchor()
    anchor.ask()
    anchor.ask(mag=MAGS[1])
    assert anchor.ask(mag=MAGS[0], **RELEASE) is None
    assert anchor.drops() == ["release by a previous gateway"]
    assert anchor.rows()[0]["care_of"] == str(MAGS[1])


def test_a_late_release_that_is_older_is_refused() -> None:
    anchor = Anchor()
    anchor.ask()
    late = pbu(anchor.now + 0.0005, **RELEASE)
    anchor.ask(mag=MAGS[1])
    assert anchor.ask(late).status == Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
    assert anchor.rows()[0]["state"] == "registered"


@pytest.mark.parametrize("release_first", [True, False])
def test_a_move_in_no_time_ends_at_the_new_gateway(release_first: bool) -> None:
    anchor = Anchor()
    anchor.ask()
    at = anchor.now + 0.01
    messages = [(pbu(at, **RELEASE), MAGS[0]), (pbu(at, handoff=BETWEEN_MAGS), MAGS[1])]
    for update, mag in messages if release_first else reversed(messages):
        anchor.ask(update, mag)
    (binding,) = anchor.rows()
    assert (binding["care_of"], binding["state"]) == (str(MAGS[1]), "registered")


def test_a_binding_expires_without_trace() -> None:
    anchor = Anchor()
    anchor.ask()
    anchor.wait(300.1)
    assert anchor.events() == ["binding_expired"]
    assert anchor.routing() == [do.RemoveRoute(POOL)]
    assert anchor.rows() == []
    anchor.wait(5)
    assert anchor.routing() == [do.RemoveTunnel(LMA, MAGS[0])]
    assert anchor.core.deadline() is None


def test_the_lifetime_granted_is_bounded() -> None:
    anchor = Anchor(max_lifetime=61)
    assert anchor.ask(lifetime=0xFFFF).lifetime == 15
    assert anchor.core.deadline() == anchor.now + 60


def test_prefixes_are_reused_only_when_all_others_have_been() -> None:
    anchor = Anchor(pool="2001:db8:1:8000::/62", min_delay_before_bce_delete=0)
    given = []
    for _ in range(5):
        given.append(prefixes_in(anchor.ask())[0])
        anchor.ask(lifetime=0, prefixes=(given[-1],))
        anchor.wait(1)
    assert len(set(given[:4])) == 4 and given[4] == given[0]


def test_static_prefixes_are_never_given_to_others() -> None:
    static = {text(link_layer(1)): [str(POOL), "2001:db8:1:8001::/64"]}
    anchor = Anchor(mobiles={name(1): {"prefixes": static}, name(2): {"prefixes": {}}})
    assert prefixes_in(anchor.ask(node=name(2), octets=link_layer(2))) == (
        Prefix.parse("2001:db8:1:8002::/64"),
    )
    assert prefixes_in(anchor.ask()) == (POOL, Prefix.parse("2001:db8:1:8001::/64"))
    assert len([a for a in anchor.routing() if isinstance(a, do.AddRoute)]) == 2


def test_an_event_that_is_not_for_an_anchor_is_a_drop() -> None:
    anchor = Anchor()
    (drop,) = anchor.core.handle(Command("dance"), anchor.now)
    assert isinstance(drop, do.Drop)


def test_ten_thousand_bindings_expire_in_order() -> None:
    mobiles = {name(n): {"prefixes": {}} for n in range(10_000)}
    anchor = Anchor(mobiles=mobiles, pool="2001:db8:1::/48")
    for number in range(10_000):
        octets = number.to_bytes(6, "big") if number else b"\x01" * 6
        anchor.ask(node=name(number), octets=octets, lifetime=1 + number % 7)
    anchor.wait(60)
    assert anchor.events().count("binding_expired") == 10_000
    assert anchor.rows() == []
