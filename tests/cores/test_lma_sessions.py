"""Which session an update is about: each row of RFC 5213 §5.4.1."""

from __future__ import annotations

from typing import Any

import pytest
from pmipv6_anchor import (
    BETWEEN_INTERFACES,
    BETWEEN_MAGS,
    NEW,
    NOT_CHANGED,
    UNKNOWN,
    WIFI,
    WIRED,
    Anchor,
    prefixes_in,
)
from pmipv6_world import MAGS, link_layer, name, text

from agents.core import actions as do
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.numbers import Status

OTHER = link_layer(9)
STATIC = {text(link_layer(1)): ["2001:db8:1:1::/64"], text(OTHER): ["2001:db8:1:9::/64"]}


def sessions(anchor: Anchor) -> list[tuple[str, str, int]]:
    return [(r["care_of"], r["link_layer_address"], r["technology"]) for r in anchor.rows()]


@pytest.mark.parametrize(
    "changes",
    [
        {"handoff": BETWEEN_INTERFACES, "octets": OTHER, "technology": WIRED},
        {"handoff": UNKNOWN},
        {"handoff": BETWEEN_MAGS},
        {"handoff": NEW},
    ],
)
def test_by_prefix_a_new_gateway_takes_the_session_over(changes: dict[str, Any]) -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask())
    reply = anchor.ask(mag=MAGS[1], prefixes=given, **changes)
    assert reply.status == 0 and prefixes_in(reply) == given
    octets, technology = changes.get("octets", link_layer(1)), changes.get("technology", WIFI)
    assert sessions(anchor) == [(str(MAGS[1]), text(octets), technology)]


def test_by_prefix_without_link_layer_only_a_handoff_between_gateways_moves_it() -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask(octets=None))
    refused = anchor.ask(mag=MAGS[1], prefixes=given, octets=None, handoff=UNKNOWN)
    assert refused.status == Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    moved = anchor.ask(mag=MAGS[1], prefixes=given, octets=None, handoff=BETWEEN_MAGS)
    assert moved.status == 0
    assert sessions(anchor)[0][0] == str(MAGS[1])


def test_by_prefix_another_interface_does_not_move_it_by_chance() -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask())
    for changes in ({"octets": OTHER}, {"technology": WIRED}):
        reply = anchor.ask(mag=MAGS[1], prefixes=given, **changes)
        assert reply.status == Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    assert sessions(anchor) == [(str(MAGS[0]), text(link_layer(1)), WIFI)]


def test_by_prefix_of_the_pool_a_session_is_made_for_who_lost_it() -> None:
    anchor = Anchor()
    prefix = Prefix.parse("2001:db8:1:8042::/64")
    reply = anchor.ask(prefixes=(prefix,), handoff=NOT_CHANGED)
    assert reply.status == 0 and prefixes_in(reply) == (prefix,)
    for number in range(2, 5):
        other = anchor.ask(node=name(number), octets=link_layer(number))
        assert prefix not in prefixes_in(other)


@pytest.mark.parametrize(
    ("network", "length"),
    [
        ("2001:db8:1:8042::1", 64),
        ("2001:db8:1:8042::", 65),
        ("2001:db8:1:8000::", 56),
        ("2001:db8:1:7fff::", 64),
        ("2001:db8:1:8100::", 64),
        ("::1", 128),
    ],
)
def test_no_session_is_made_with_what_the_pool_does_not_give(network: str, length: int) -> None:
    reply = Anchor().ask(prefixes=(Prefix(Address.parse(network), length),))
    assert reply.status == Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX


@pytest.mark.parametrize("handoff", [NEW, BETWEEN_MAGS, UNKNOWN, NOT_CHANGED, BETWEEN_INTERFACES])
def test_by_interface_it_is_found_whatever_the_handoff(handoff: int) -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask())
    reply = anchor.ask(mag=MAGS[1], handoff=handoff)
    assert prefixes_in(reply) == given
    assert len(anchor.rows()) == 1


def test_by_interface_a_handoff_between_interfaces_takes_the_only_session() -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask())
    reply = anchor.ask(mag=MAGS[1], handoff=BETWEEN_INTERFACES, octets=OTHER, technology=WIRED)
    assert prefixes_in(reply) == given
    assert sessions(anchor) == [(str(MAGS[1]), text(OTHER), WIRED)]


def test_by_interface_with_two_sessions_a_third_is_made() -> None:
    anchor = Anchor()
    anchor.ask()
    anchor.ask(octets=OTHER, handoff=NEW)
    anchor.ask(octets=link_layer(10), handoff=BETWEEN_INTERFACES)
    assert len(anchor.rows()) == 3


def test_by_interface_a_new_one_gets_a_session_with_other_prefixes() -> None:
    anchor = Anchor()
    first = prefixes_in(anchor.ask())
    second = prefixes_in(anchor.ask(octets=OTHER, handoff=NEW, mag=MAGS[1]))
    assert set(first).isdisjoint(second)
    assert len(anchor.rows()) == 2


def test_interfaces_of_the_profile_have_sessions_of_their_own_at_once() -> None:
    anchor = Anchor(mobiles={name(1): {"prefixes": STATIC}})
    assert prefixes_in(anchor.ask()) == (Prefix.parse("2001:db8:1:1::/64"),)
    second = anchor.ask(octets=OTHER, handoff=UNKNOWN, mag=MAGS[1])
    assert prefixes_in(second) == (Prefix.parse("2001:db8:1:9::/64"),)
    assert len(anchor.rows()) == 2


def test_unknown_waits_and_takes_over_what_is_released() -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask())
    assert anchor.ask(mag=MAGS[1], octets=OTHER, technology=WIRED) is None
    assert anchor.events() == ["binding_waits"] and len(anchor.rows()) == 1
    anchor.ask(prefixes=given, lifetime=0)
    replies = {sent.destination: sent.message for sent in anchor.replies()}
    assert replies[MAGS[0]].lifetime == 0
    assert prefixes_in(replies[MAGS[1]]) == given
    assert sessions(anchor) == [(str(MAGS[1]), text(OTHER), WIRED)]
    anchor.wait(5)
    assert anchor.replies() == [] and len(anchor.rows()) == 1


def test_unknown_after_the_release_takes_over_without_waiting() -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask())
    anchor.ask(prefixes=given, lifetime=0)
    assert prefixes_in(anchor.ask(mag=MAGS[1], octets=OTHER)) == given


@pytest.mark.parametrize("repeated", [False, True])
def test_unknown_gets_a_new_session_when_the_wait_is_over(repeated: bool) -> None:
    anchor = Anchor()
    first = prefixes_in(anchor.ask())
    assert anchor.ask(mag=MAGS[1], octets=OTHER, sequence=5) is None
    started = anchor.now
    if repeated:
        anchor.wait(1.0)
        assert anchor.ask(mag=MAGS[1], octets=OTHER, sequence=6) is None
    assert anchor.core.deadline() == pytest.approx(started + 1.5)
    anchor.wait(1.5)
    (sent,) = anchor.replies()
    assert sent.destination == MAGS[1]
    assert sent.message.sequence == (6 if repeated else 5)
    assert set(prefixes_in(sent.message)).isdisjoint(first)
    assert len(anchor.rows()) == 2


def test_unknown_does_not_wait_where_the_configuration_says_so() -> None:
    anchor = Anchor(max_delay_before_new_bce_assign=0)
    anchor.ask()
    anchor.ask(mag=MAGS[1], octets=OTHER)
    anchor.wait(0.0)
    assert len(anchor.rows()) == 2


def test_a_release_ends_the_wait() -> None:
    anchor = Anchor()
    anchor.ask()
    anchor.ask(mag=MAGS[1], octets=OTHER)
    anchor.ask(mag=MAGS[1], octets=OTHER, lifetime=0)
    assert anchor.drops() == ["release of an unknown session"]
    anchor.wait(5)
    assert len(anchor.rows()) == 1


@pytest.mark.parametrize("handoff", [BETWEEN_INTERFACES, BETWEEN_MAGS])
def test_by_node_a_handoff_takes_the_only_session(handoff: int) -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask(octets=None))
    assert prefixes_in(anchor.ask(octets=None, handoff=handoff, mag=MAGS[1])) == given


def test_by_node_unknown_waits_and_a_new_interface_does_not() -> None:
    anchor = Anchor()
    anchor.ask(octets=None)
    assert anchor.ask(octets=None, mag=MAGS[1]) is None
    assert anchor.events() == ["binding_waits"]
    assert anchor.ask(octets=None, handoff=NEW, mag=MAGS[2]).status == 0
    assert len(anchor.rows()) == 2


def test_by_node_the_serving_gateway_repeats_and_releases() -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask(octets=None))
    assert prefixes_in(anchor.ask(octets=None)) == given
    reply = anchor.ask(octets=None, lifetime=0)
    assert reply.lifetime == 0
    assert anchor.rows()[0]["state"] == "released"


def test_an_all_zero_link_layer_identifier_is_none() -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask(octets=bytes(6)))
    assert prefixes_in(anchor.ask(octets=None, handoff=BETWEEN_MAGS, mag=MAGS[1])) == given


def test_zero_prefixes_beside_others_do_not_count() -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask())
    assert prefixes_in(anchor.ask(prefixes=(ALL_ZERO, *given))) == given


def test_a_release_of_nothing_is_ignored() -> None:
    anchor = Anchor()
    assert anchor.ask(lifetime=0) is None
    assert anchor.actions == [do.Drop("release of an unknown session", anchor.actions[0].details)]
