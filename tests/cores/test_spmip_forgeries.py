"""Forged, replayed and misdirected queries, answers and notifications move nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from spmip_forgers import answer, asking, forged_notification, respondent
from spmip_world import (
    CORRESPONDENT,
    DELAY,
    GROUP,
    LMA,
    SCHEMES,
    A,
    B,
    C,
    DataWorld,
    address,
    home,
)

from agents.spmip.inquiries import ASK_AGAIN_BURST
from agents.wire.address import Address, Prefix
from agents.wire.messages import BindingUpdate
from agents.wire.options import MobilityMessageAuthentication
from agents.wire.signaling_messages import (
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)

BOTH = pytest.mark.parametrize("scheme", SCHEMES)
ATTACKER = Address.parse("2001:db8:bad::1")
SECRET = {"spi": 256, "key": "30" * 16}


FORGERIES = {
    "another sequence number": lambda m: replace(m, sequence=m.sequence ^ 1),
    "no Q": lambda m: replace(m, flags=m.flags & ~1),
    "no P": lambda m: replace(m, flags=m.flags & ~0x20),
    "no home address": lambda m: replace(m, options=m.options[1:]),
    "no care-of address": lambda m: replace(m, options=m.options[:1]),
    "no lifetime": lambda m: replace(m, lifetime=0),
}


@BOTH
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_answer_moves_nothing(scheme, forgery) -> None:
    world = asking(scheme)
    forged = FORGERIES[forgery](answer(world))
    world.forge(A, forged, respondent(scheme), A)
    assert world.kernel(A).routes == {}
    assert world.known(A)[str(address(1))]["state"] == "querying"
    world.forge(A, answer(world), respondent(scheme), A)
    world.run(1)
    assert len(world.got(address(1))) == 1


@BOTH
@pytest.mark.parametrize("source", [ATTACKER, C])
def test_an_answer_from_elsewhere_moves_nothing(scheme, source) -> None:
    world = asking(scheme)
    world.forge(A, answer(world, care_of=C if scheme == "spmip" else B), source, A)
    assert world.kernel(A).routes == {}


@BOTH
def test_an_answer_about_another_address_moves_nothing(scheme) -> None:
    world = asking(scheme)
    world.forge(A, answer(world, about=address(2)), respondent(scheme), A)
    assert world.kernel(A).routes == {}


@BOTH
def test_an_answer_that_names_who_is_no_gateway_moves_nothing(scheme) -> None:
    world = asking(scheme)
    world.forge(A, answer(world, care_of=ATTACKER), respondent(scheme), A)
    world.forge(A, answer(world, care_of=ATTACKER), ATTACKER, A)
    assert world.kernel(A).routes == {}


@BOTH
def test_answers_to_guessed_sequence_numbers_move_nothing(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    genuine = world.answers()[-1].message
    before = dict(world.kernel(A).routes)
    for sequence in range(0, 1 << 16, 7):
        world.forge(A, replace(genuine, sequence=sequence), respondent(scheme), A)
    assert world.kernel(A).routes == before


@BOTH
def test_replays_of_all_messages_move_nothing(scheme) -> None:
    world = DataWorld(scheme, mag={"buffer_per_address": 500})
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=300)
    world.run(0.5)
    world.come(1, C)
    world.run(3)
    for sent in list(world.sent):
        if sent.destination == GROUP:
            world._multicast(sent.octets, sent.source, GROUP)
        else:
            world.deliver(sent)
        world.run(5 * DELAY)
        world.assert_path(A, 1)


@BOTH
def test_queries_from_outside_the_domain_are_not_answered(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    (query,) = world.queries()
    before = len(world.sent)
    world.forge(respondent(scheme), query.message, ATTACKER, query.destination)
    assert len(world.sent) == before
    assert world.drops() == ["query from outside the domain"]


@BOTH
def test_a_query_registers_nothing_and_moves_no_binding(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    rows = [{**row, "remaining": 0} for row in world.rows(respondent(scheme))]
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    hijack = replace(world.queries()[0].message, lifetime=75)
    world.forge(respondent(scheme), hijack, A, world.queries()[0].destination)
    world.run(1)
    assert [{**row, "remaining": 0} for row in world.rows(respondent(scheme))] == rows
    world.assert_path(A, 1)
    world.assert_path(C, 1)


@BOTH
def test_a_notification_from_elsewhere_is_not_heard(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    before = len(world.sent)
    for source in (ATTACKER, B if scheme == "spmip" else LMA):
        world.forge(A, forged_notification(home(1)), source, A)
    assert len(world.sent) == before
    assert world.drops() == ["notification from elsewhere"] * 2


@BOTH
def test_a_notification_about_more_than_the_pool_is_not_heard(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    for wide in (Prefix(home(1).network, 0), Prefix(home(1).network, 55)):
        world.forge(A, forged_notification(wide), respondent(scheme), A)
    assert world.drops() == ["notification from elsewhere"] * 2
    assert world.known(A)[str(address(1))]["state"] == "located"


@BOTH
def test_forged_notifications_cause_queries_at_a_bounded_rate_and_no_loss(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=200, interval=0.01)
    world.run(0.1)
    for index in range(1000):
        world.at(
            index * 0.001,
            lambda: world.forge(A, forged_notification(home(1)), respondent(scheme), A),
        )
    world.run(5)
    assert len(world.queries()) <= 1 + 10 + 2  # one in ASK_AGAIN_INTERVAL
    assert len(world.got(address(1))) == 200
    world.assert_path(A, 1)


@BOTH
def test_forged_notifications_that_wait_for_each_answer_cause_no_more_queries(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    before = len(world.queries())
    for index in range(50):
        world.at(
            index * 0.04,  # longer than a query and its answer take
            lambda: world.forge(A, forged_notification(home(1)), respondent(scheme), A),
        )
    world.run(2)
    assert 10 <= len(world.queries()) - before <= ASK_AGAIN_BURST + 20
    world.assert_path(A, 1)


@BOTH
def test_an_acknowledgement_of_no_notification_is_dropped(scheme) -> None:
    world = DataWorld(scheme)
    message = UpdateNotificationAcknowledgement(9, 0, ())
    world.forge(respondent(scheme), message, A, respondent(scheme))
    assert world.drops() == ["answer to no notification"]


@BOTH
def test_with_a_key_every_message_is_authenticated_and_others_are_not_believed(scheme) -> None:
    world = DataWorld(
        scheme,
        lma={"authentication": SECRET},
        mag={"authentication": SECRET, "buffer_per_address": 500},
    )
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=300)
    world.run(0.5)
    world.come(1, C)
    world.run(3)
    assert len(world.got(address(1))) == 300
    kinds = {type(sent.message) for sent in world.sent}
    assert {BindingUpdate, UpdateNotification, UpdateNotificationAcknowledgement} <= kinds
    for sent in world.sent:
        assert isinstance(sent.message.options[-1], MobilityMessageAuthentication)
    before = dict(world.kernel(A).routes)
    world.forge(A, forged_notification(home(1)), C if scheme == "sdpmip" else LMA, A)
    assert world.drops()[-1] == "notification not authentic"
    assert world.kernel(A).routes == before


@BOTH
def test_with_a_key_a_forged_acknowledgement_does_not_stop_a_notification(scheme) -> None:
    lost: list[UpdateNotification] = []

    def fate(number: int, message: Any) -> tuple[float, ...]:
        if isinstance(message, UpdateNotification):
            lost.append(message)
            return () if len(lost) == 1 else (0.0,)
        return (0.0,)

    config = {"authentication": SECRET}
    world = DataWorld(scheme, fate=fate, lma=config, mag=config)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(5)
    world.come(1, C)
    world.send(CORRESPONDENT, address(1), A)
    world.run(0.5)
    (first,) = lost
    bare = UpdateNotificationAcknowledgement(first.sequence, 0, first.options[:1])
    world.forge(respondent(scheme), bare, A, respondent(scheme))
    assert world.drops()[-1] == "notification answer not authentic"
    world.run(1)
    assert [message.sequence for message in lost] == [first.sequence] * 2


@BOTH
def test_with_a_key_an_answer_needs_it(scheme) -> None:
    world = asking(scheme, authentication=SECRET)
    bare = answer(world)
    bare = replace(bare, options=bare.options[:-1])
    world.forge(A, bare, respondent(scheme), A)
    assert world.drops()[-1] == "query answer not authentic"
    query = world.queries()[0].message
    world.forge(
        respondent(scheme),
        replace(query, options=query.options[:-1]),
        A,
        world.queries()[0].destination,
    )
    assert world.drops()[-1] == "query not authentic"
    world.forge(A, answer(world), respondent(scheme), A)
    assert world.known(A)[str(address(1))]["state"] == "located"
