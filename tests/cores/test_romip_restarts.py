"""What agents forget when they are killed, and how it is found again; what the AAA server says."""

from __future__ import annotations

from typing import Any

import pytest
from romip_nodes import AAA, LIFETIME, MAARS, REALM, aaa_config, home, name
from romip_world import World

from agents.core.actions import SendMessage, Store
from agents.core.events import MessageReceived, Restored, Started
from agents.romip.aaa import AaaServer
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.diameter import AaAnswer, AaRequest

A1, B1 = home(1, "a1"), home(2, "b1")


def moved(*numbers_and_places: tuple[int, str]) -> World:
    world = World()
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1)
    world.settle(*numbers_and_places)
    return world


def assert_right(world: World) -> None:
    here, there = world.mobiles[1].place, world.mobiles[2].place
    assert world.way(A1, B1) == [here, there], world.story()
    assert world.way(B1, A1) == [there, here], world.story()
    world.assert_routes_match()


@pytest.mark.parametrize(
    ("place", "moves"),
    [
        ("a1", ()),
        ("b1", ()),
        ("a3", ((1, "a2"), (1, "a3"))),
        ("b1", ((1, "a2"), (1, "a3"))),
        ("a3", ((1, "a3"), (2, "b2"))),
        ("b2", ((1, "a3"), (2, "b2"))),
    ],
)
def test_a_maar_that_restarts_serves_its_nodes_again(
    place: str, moves: tuple[tuple[int, str], ...]
) -> None:
    world = moved(*moves)
    assert world.rows(place)
    world.restart(place)
    world.run(70)
    assert_right(world)


@pytest.mark.parametrize("downtime", [0.5, 5.0, 40.0])
def test_nodes_that_come_while_their_maar_is_down_are_served_after(downtime: float) -> None:
    world = moved((1, "a2"), (2, "b2"))
    world.stop("a3")
    world.come(1, "a3")
    world.run(downtime)
    world.restart("a3")
    world.run(70)
    assert_right(world)


def test_the_previous_maar_may_have_died() -> None:
    """The lists died with it; the address of the correspondent says whom to ask instead."""
    world = moved((1, "a2"), (2, "b2"))
    world.stop("a2")
    world.settle((1, "a3"))
    world.run(60)
    assert_right(world)


def test_both_maars_of_a_session_may_restart() -> None:
    world = moved((1, "a2"), (2, "b2"))
    world.restart("a2")
    world.restart("b2")
    world.run(LIFETIME)
    assert_right(world)


def test_the_aaa_server_may_restart_in_the_middle() -> None:
    world = moved((1, "a2"), (2, "b2"))
    world.stop("aaa")
    world.come(1, "a3")
    world.run(5)
    assert A1 in world.mobiles[1].addresses and world.way(A1, B1) == []
    world.restart("aaa")
    world.run(40)
    assert [row["maar"] for row in world.rows("aaa")] == [str(MAARS["a3"]), str(MAARS["b2"])]
    assert_right(world)


def test_a_maar_that_restarts_is_heard_whatever_number_it_begins_with() -> None:
    for seed in range(8):
        world = moved((1, "a2"), (2, "b2"))
        world.seed = seed * 7919
        world.restart("a2")
        world.run(70)
        assert_right(world)


# --- the AAA server by itself ---------------------------------------------------------------------


def server(**changes: Any) -> AaaServer:
    core = AaaServer.from_config(aaa_config(**changes), None)  # type: ignore[arg-type]
    assert core.handle(Started(), 0.0) == []
    return core


def request(place: str, session: str = "", **changes: Any) -> AaRequest:
    values = {
        "session": session or f"{place}.{REALM};1;1",
        "user": name(1),
        "maar": MAARS[place],
        "origin_host": f"{place}.{REALM}",
        "origin_realm": REALM,
        "destination_realm": REALM,
    }
    return AaRequest(**{**values, **changes})


def ask(core: AaaServer, question: AaRequest) -> tuple[AaAnswer, list[Any]]:
    actions = list(core.handle(MessageReceived(question, question.maar, AAA), 0.0))
    (answer,) = [a.message for a in actions if isinstance(a, SendMessage)]
    return answer, actions


def test_the_old_value_is_answered_and_the_new_one_stored() -> None:
    core = server()
    assert ask(core, request("a1"))[0].previous == UNSPECIFIED
    answer, actions = ask(core, request("a2"))
    assert answer.previous == MAARS["a1"]
    kinds = [type(action).__name__ for action in actions]
    assert kinds == ["Store", "SendMessage", "Record"]
    assert ask(core, request("a3"))[0].previous == MAARS["a2"]


def test_who_asks_again_is_no_handover() -> None:
    core = server()
    ask(core, request("a1"))
    assert ask(core, request("a1", "another"))[0].previous == UNSPECIFIED


def test_a_repeated_request_gets_the_same_answer_and_changes_nothing() -> None:
    core = server()
    ask(core, request("a1"))
    first, _ = ask(core, request("a2"))
    again, actions = ask(core, request("a2"))
    assert again == first and not any(isinstance(a, Store) for a in actions)
    ask(core, request("a3"))
    assert ask(core, request("a2"))[0] == first
    assert core.bindings(0.0)[0]["maar"] == str(MAARS["a3"])


def test_what_is_stored_is_restored() -> None:
    core = server()
    ask(core, request("a1"))
    _, actions = ask(core, request("a2"))
    (stored,) = [action for action in actions if isinstance(action, Store)]
    later = AaaServer.from_config(aaa_config(), None)  # type: ignore[arg-type]
    later.handle(Restored(stored.state), 0.0)
    later.handle(Started(), 0.0)
    assert later.bindings(0.0) == core.bindings(0.0)
    assert ask(later, request("a2"))[0].previous == MAARS["a1"]
    assert ask(later, request("a3"))[0].previous == MAARS["a2"]


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({"destination_realm": "elsewhere.org"}, 3003),
        ({"maar": Address.parse("2001:db8:bad::1")}, 5003),
        ({"origin_host": f"a2.{REALM}"}, 5003),
        ({"user": "nobody@example.com"}, 5030),
    ],
)
def test_what_is_wrong_is_said_and_not_stored(changes: dict[str, Any], result: int) -> None:
    core = server()
    answer, actions = ask(core, request("a1", **changes))
    assert (answer.result, answer.previous) == (result, UNSPECIFIED)
    assert not any(isinstance(action, Store) for action in actions)
    assert core.bindings(0.0) == []


def test_a_node_that_the_server_does_not_know_is_not_served() -> None:
    world = World()
    world.cores["aaa"] = server(mobiles=1)
    world.settle((2, "b2"))
    world.run(60)
    assert world.mobiles[2].addresses == {}
    assert world.kernels["b2"].routes == {}
    asked = [s for s in world.sent if isinstance(s.message, AaRequest)]
    assert 2 <= len(asked) <= 8
    assert {r["status"] for r in world.records("binding_rejected")} == {5030}
