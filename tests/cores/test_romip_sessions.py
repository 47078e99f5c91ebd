"""Sessions keep the address they began with; addresses last as long as their sessions."""

from __future__ import annotations

from romip_nodes import ACCESS, HOST, MAARS, home, name
from romip_world import World

from agents.core.events import Command, PeerHeard
from agents.wire.messages import BindingUpdate
from agents.wire.ndisc import RomipSessions, RouterSolicitation

A1, A2, B1 = home(1, "a1"), home(1, "a2"), home(2, "b1")
C, D = home(3, "b2"), home(4, "b3")


def two_sessions(**options: object) -> World:
    """Node 1 began one session with 2 at A_MAAR1, and one with 3 at A_MAAR2."""
    world = World(**options)  # type: ignore[arg-type]
    world.settle((1, "a1"), (2, "b1"), (3, "b2"))
    assert world.open(1, B1, "first") == A1
    world.settle((1, "a2"))
    assert world.open(1, C, "second") == A2
    return world


def test_sessions_begun_at_different_maars_each_keep_their_address() -> None:
    world = two_sessions()
    world.settle((1, "a3"))
    assert world.lists("a3", 1) == {
        "external": {A1: home(1, "a3"), A2: home(1, "a3")},
        "internal": {B1: MAARS["b1"], C: MAARS["b2"]},
    }
    assert world.way(A1, B1) == ["a3", "b1"]
    assert world.way(A2, C) == ["a3", "b2"]
    world.settle((3, "b1"), (2, "a1"), (1, "a1"))
    assert world.ping(A1, B1) and world.ping(A2, C)
    assert world.way(A2, C) == ["a1", "b1"]
    world.assert_routes_match()


def test_several_sessions_with_one_correspondent_share_its_entry() -> None:
    world = World()
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1, "first")
    world.settle((1, "a2"))
    world.open(1, B1, "second")
    world.settle((1, "a3"), (2, "b2"))
    assert world.lists("a3", 1)["internal"] == {B1: MAARS["b2"]}
    assert world.lists("b2", 2)["internal"] == {A1: MAARS["a3"], A2: MAARS["a3"]}
    world.close(1, "first")
    world.run(5)
    assert world.lists("a3", 1) == {
        "external": {A2: home(1, "a3")},
        "internal": {B1: MAARS["b2"]},
    }
    assert world.ping(A2, B1)
    world.assert_routes_match()


def test_a_new_session_begins_from_the_newest_address() -> None:
    world = two_sessions()
    world.settle((1, "a3"))
    assert world.open(1, C, "third") == home(1, "a3")
    assert world.mobiles[1].route is not None
    assert world.mobiles[1].route.preferred_source == home(1, "a3")


def test_an_address_is_given_back_when_its_last_session_ends() -> None:
    world = two_sessions()
    world.settle((1, "a3"))
    assert set(world.mobiles[1].addresses) == {A1, A2, home(1, "a3")}
    world.close(1, "first")
    world.run(5)
    assert set(world.mobiles[1].addresses) == {A2, home(1, "a3")}
    assert world.records("address_returned") == [{"node": name(1), "address": str(A1)}]
    assert world.lists("a3", 1) == {
        "external": {A2: home(1, "a3")},
        "internal": {C: MAARS["b2"]},
    }
    assert world.lists("b1", 2)["internal"] == {}
    assert world.ping(A2, C)
    world.assert_routes_match()


def test_the_router_is_told_by_a_solicitation_that_lists_it_no_longer() -> None:
    world = two_sessions()
    world.settle((1, "a3"))
    start = len(world.sent)
    world.close(1, "first")
    world.run(5)
    listed = [
        [
            pair.mobile_node
            for option in s.message.options
            if isinstance(option, RomipSessions)
            for pair in option.pairs
        ]
        for s in world.sent[start:]
        if isinstance(s.message, RouterSolicitation)
    ]
    assert listed == [[A2]]
    released = [s for s in world.sent[start:] if isinstance(s.message, BindingUpdate)]
    assert [(s.message.lifetime, s.destination) for s in released] == [(0, MAARS["b1"])]


def test_an_address_without_a_session_is_left_behind() -> None:
    world = World()
    world.settle((1, "a1"), (1, "a2"))
    assert world.mobiles[1].addresses == {A2: ACCESS}
    assert world.lists("a2", 1) == {"external": {}, "internal": {}}


def test_a_session_that_is_heard_of_only_is_one() -> None:
    """Nobody has told the responder's agent of it."""
    world = World()
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1)
    world.settle((2, "b2"))
    assert set(world.mobiles[2].addresses) == {B1, home(2, "b2")}
    assert world.ping(A1, B1)


def test_a_silent_session_ends() -> None:
    world = World(mn={"session_timeout": 20})
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1)
    world.settle((1, "a2"), (2, "b2"))
    for _ in range(10):
        world.run(5)
        assert world.ping(A1, B1), world.story()
    world.run(45)
    # The one who has opened the flow keeps it until it is closed.
    assert set(world.mobiles[2].addresses) == {home(2, "b2")}
    assert world.lists("b2", 2) == {"external": {}, "internal": {}}
    assert A1 in world.mobiles[1].addresses
    world.close(1)
    world.run(5)
    assert set(world.mobiles[1].addresses) == {A2}
    world.assert_routes_match()


def test_last_packets_of_a_closed_flow_are_no_new_session() -> None:
    world = World()
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1)
    world.close(1)
    assert world.tell(1, PeerHeard(A1, B1)) == []
    world.run(3)
    assert world.rows("a1")[0]["state"] == "served"
    world.settle((1, "a2"))
    assert set(world.mobiles[1].addresses) == {A2}


def test_a_flow_waits_for_the_first_address() -> None:
    world = World()
    assert world.tell(1, Command("open_flow", {"flow": "f", "destination": str(HOST)}, "t")) == []
    world.settle((1, "a1"))
    replies = [a.details for _, _, a in world.log if type(a).__name__ == "Reply"]
    assert replies == [{"source": str(A1)}]


def test_a_flow_does_not_wait_forever() -> None:
    world = World()
    world.tell(1, Command("open_flow", {"flow": "f", "destination": str(HOST)}, "t"))
    world.run(11)
    replies = [a.details for _, _, a in world.log if type(a).__name__ == "Reply"]
    assert replies == [{"error": "no router assigns an address"}]
    answer = world.tell(1, Command("open_flow", {"destination": "nowhere"}, "u"))
    assert answer == []
    world.settle((1, "a1"))
    replies = [a.details for _, _, a in world.log if type(a).__name__ == "Reply"]
    assert replies[1:] == [{"error": "'nowhere' is no IPv6 address"}]


def test_a_flow_for_which_nobody_waits_is_opened_without_an_answer() -> None:
    world = World()
    world.settle((1, "a1"))
    arguments = {"flow": "f", "destination": str(HOST)}
    (opened,) = world.tell(1, Command("open_flow", arguments))
    assert (opened.event, opened.details) == ("flow_opened", {"flow": "f", "source": str(A1)})
    (drop,) = world.tell(1, Command("open_flow", {"flow": "f", "destination": "nowhere"}))
    assert drop.reason == "command not carried out"


def test_two_ends_at_one_maar_need_no_tunnel() -> None:
    world = World()
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1)
    world.settle((1, "a3"), (2, "a3"))
    assert world.way(A1, B1) == world.way(B1, A1)[::-1] == ["a3"]
    assert [r for r in world.kernels["a3"].routes.values() if r.tunnel] == []
    assert world.lists("a3", 1)["internal"] == {B1: MAARS["a3"]}
    for _ in range(4):
        world.run(250)
        assert world.ping(A1, B1)
    world.settle((1, "a2"))
    assert world.way(A1, B1) == ["a2", "a3"]
    world.settle((2, "a2"), (2, "b2"))
    assert world.way(A1, B1) == ["a2", "b2"]
    world.assert_routes_match()


def test_a_session_begun_at_one_maar_survives_both_leaving() -> None:
    world = World()
    world.settle((1, "a1"), (2, "a1"))
    other = home(2, "a1")
    world.open(1, other)
    world.settle((1, "a2"))
    assert world.way(A1, other) == ["a2", "a1"]
    world.settle((2, "b1"))
    assert world.way(A1, other) == ["a2", "b1"]
    world.settle((1, "a1"), (2, "a1"))
    assert world.way(A1, other) == ["a1"]
    world.assert_routes_match()


def test_two_nodes_at_one_maar_with_one_correspondent_follow_it_together() -> None:
    world = World()
    world.settle((1, "a1"), (3, "a1"), (2, "b1"))
    world.open(1, B1)
    world.open(3, B1)
    world.settle((1, "a2"), (3, "a2"), (2, "b2"))
    assert world.way(A1, B1) == world.way(home(3, "a1"), B1) == ["a2", "b2"]
    world.settle((1, "a3"))
    assert world.way(A1, B1) == ["a3", "b2"]
    assert world.way(home(3, "a1"), B1) == ["a2", "b2"]
    world.close(3)
    world.run(5)
    world.settle((3, "a3"))
    assert world.ping(A1, B1)
    world.assert_routes_match()


def test_a_node_that_comes_back_gets_its_address_and_serves_it_itself() -> None:
    world = World()
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1)
    world.settle((1, "a2"), (1, "a1"))
    assert world.lists("a1", 1) == {"external": {}, "internal": {B1: MAARS["b1"]}}
    assert set(world.mobiles[1].addresses) == {A1}
    assert world.way(B1, A1) == ["b1", "a1"]


def test_a_link_that_flaps_changes_nothing() -> None:
    world = two_sessions()
    world.settle((1, "a3"))
    before = world.lists("a3", 1)
    for pause in (0.0, 0.005, 0.015, 0.03, 0.1):
        world.come(1, "a3")
        world.run(pause)
    world.settle((1, "a3"))
    assert world.lists("a3", 1) == before
    assert world.ping(A1, B1) and world.ping(A2, C)
    world.assert_routes_match()


def test_lists_are_renewed_for_as_long_as_sessions_go_on() -> None:
    world = World()
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1)
    world.settle((1, "a2"))
    for _ in range(20):
        world.run(100)
        assert world.ping(A1, B1), world.story()
    assert world.records("binding_expired") == []
    renewals = [s for s in world.sent if isinstance(s.message, BindingUpdate)]
    assert 8 <= len(renewals) <= 12


def test_entries_that_nobody_renews_expire() -> None:
    world = World()
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1)
    world.settle((1, "a2"))
    world.stop("a2")
    world.run(301)
    assert world.lists("b1", 2)["internal"] == {}
    assert world.records("binding_expired") == [
        {"node": name(2), "correspondent": str(A1), "maar": str(MAARS["a2"])}
    ]
    world.run(20)
    assert world.kernels["b1"].tunnels == set()


def test_lists_of_a_node_that_comes_nowhere_expire() -> None:
    world = two_sessions()
    world.go(1)
    world.run(299)
    assert world.lists("a2", 1)["internal"] == {B1: MAARS["b1"]}
    world.run(400)
    assert world.rows("a2") == []
    assert world.kernels["a2"].tunnels == set()
    assert world.kernels["a2"].routes == {}
