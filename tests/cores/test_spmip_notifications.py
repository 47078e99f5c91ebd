"""Notifications that cross answers, forged ones above all, hide nothing from who asks."""

from __future__ import annotations

import pytest
from spmip_forgers import answer, asking, forged_notification, keep_forging, respondent
from spmip_world import CORRESPONDENT, DELAY, LMA, SCHEMES, A, B, C, DataWorld, address, home

from agents.spmip.messages import refused
from agents.wire.draft_flags import QueryFlags
from agents.wire.numbers import Status

BOTH = pytest.mark.parametrize("scheme", SCHEMES)


@BOTH
def test_forged_notifications_do_not_keep_a_node_from_being_found(scheme: str) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    keep_forging(world, 3)
    world.send(CORRESPONDENT, address(1), A)
    world.run(0.5)
    assert len(world.got(address(1))) == 1
    world.assert_path(A, 1)
    world.run(5)
    assert world.known(A)[str(address(1))]["state"] == "located"


@BOTH
def test_forged_notifications_do_not_hide_where_a_node_has_gone(scheme: str) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.assert_path(A, 1)
    keep_forging(world, 3)
    world.run(0.5)
    world.come(1, C)
    world.run(0.5)
    assert world.known(A)[str(address(1))]["care_of"] == str(C)
    world.assert_path(A, 1)


def test_forged_notifications_do_not_hide_that_a_node_is_nowhere() -> None:
    world = DataWorld("spmip")
    world.send(CORRESPONDENT, address(1), A)
    keep_forging(world, 0.25)
    world.run(0.25)
    assert {answered["status"] for answered in world.records("query_answered")} == {153}
    assert world.known(A) == {}


def test_a_refusal_that_a_notification_has_crossed_counts_once_however_often_it_comes() -> None:
    world = asking("spmip")
    world.forge(A, forged_notification(home(1)), LMA, A)
    refusal = refused(
        world.queries()[-1].message, Status.NOT_LMA_FOR_THIS_MOBILE_NODE, QueryFlags()
    )
    for _ in range(3):
        world.forge(A, refusal, LMA, A)
    assert world.known(A)[str(address(1))]["state"] == "querying"
    world.run(0.1 + 2 * DELAY)
    world.forge(A, answer(world), LMA, A)
    world.run(2 * DELAY)
    assert len(world.got(address(1))) == 1


@BOTH
def test_an_answer_that_a_notification_has_crossed_is_asked_for_again(scheme: str) -> None:
    world = asking(scheme)
    world.forge(A, forged_notification(home(1)), respondent(scheme), A)
    crossed = answer(world)
    world.forge(A, crossed, respondent(scheme), A)
    assert len(world.got(address(1))) == 0
    assert world.known(A)[str(address(1))]["state"] == "confirming"
    assert len(world.queries()) == 1
    world.run(0.1 + 2 * DELAY)
    assert len(world.got(address(1))) == 1
    assert len(world.queries()) == 2
    world.forge(A, answer(world), respondent(scheme), A)
    assert world.known(A)[str(address(1))]["state"] == "located"
    world.run(3)
    assert len(world.queries()) == 2


@BOTH
def test_old_queries_are_forgotten_however_many_notifications_come(scheme: str) -> None:
    world = asking(scheme)
    first = answer(world)
    keep_forging(world, 2)
    world.run(2)
    world.forge(A, first, respondent(scheme), A)
    assert world.drops()[-1] == "answer to no query"
    assert world.known(A)[str(address(1))]["state"] == "querying"
