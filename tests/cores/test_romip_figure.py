"""Figure 1 and figure 2 of draft-ma-dmm-romip-00, by octets, lists and routes."""

from __future__ import annotations

import pytest
from romip_net import Sent
from romip_nodes import ACCESS, HOST, KEY, MAARS, START, home, name
from romip_world import World

from agents.wire import icmpv6, mobility
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.ndisc import PrefixInformation, RomipAddress, RomipSessions

A1, B1 = home(1, "a1"), home(2, "b1")
FIGURE = ["RS", "request", "response", "RA", "sDBU", "sDBA", "dDBU", "dDBA"]
A1_HEX, B1_HEX = A1.hex(), B1.hex()
STAMP = "1b08"


def before_figure_1(**options: object) -> World:
    """User A has moved from A_MAAR1 to A_MAAR2, B from B_MAAR1 to B_MAAR2 (draft §4)."""
    world = World(**options)  # type: ignore[arg-type]
    world.settle((1, "a1"), (2, "b1"))
    assert world.open(1, B1) == A1
    world.settle((2, "b2"))
    world.settle((1, "a2"))
    return world


def figure_1(**options: object) -> tuple[World, list[Sent]]:
    world = before_figure_1(**options)
    start = len(world.sent)
    world.settle((1, "a3"))
    return world, world.sent[start:]


def test_the_eight_steps_come_in_order_and_only_they() -> None:
    world, sent = figure_1()
    assert world.steps()[-8:] == FIGURE
    ends = [(s.source, s.destination) for s in sent]
    a3, a2, b2 = MAARS["a3"], MAARS["a2"], MAARS["b2"]
    assert ends[4:] == [(a3, a2), (a2, a3), (a3, b2), (b2, a3)]
    assert len(sent) == 8


def test_the_solicitation_lists_the_session_and_the_advertisement_assigns_the_address() -> None:
    _, sent = figure_1()
    assert f"fd05010100000000{A1_HEX}{B1_HEX}" in sent[0].octets.hex()
    advertised = icmpv6.parse(sent[3].octets)
    assert [o.address for o in advertised.options if isinstance(o, RomipAddress)] == [home(1, "a3")]
    prefixes = [o for o in advertised.options if isinstance(o, PrefixInformation)]
    assert [prefix.flags & 0x40 for prefix in prefixes] == [0]
    assert sent[3].destination == Address.parse("fe80::ff:fe00:1")


def test_the_server_names_the_previous_maar() -> None:
    _, sent = figure_1()
    request, response = sent[1].message, sent[2].message
    assert (request.user, request.maar) == (name(1), MAARS["a3"])
    assert (response.session, response.result) == (request.session, 2001)
    assert response.previous == MAARS["a2"]


def body(sent: Sent) -> str:
    """The octets from the flags of an update, or the status of an acknowledgement, on."""
    octets = sent.octets
    return octets[8:].hex() if octets[2] == 5 else (octets[6:8] + octets[10:]).hex()


def test_the_octets_of_steps_5_to_8() -> None:
    _, sent = figure_1()
    identifier = name(1).encode().hex()
    moved, other = f"f3120100{A1_HEX}", f"f3120200{B1_HEX}"
    assert body(sent[4]).startswith(f"8200004b081001{identifier}")
    assert moved in body(sent[4]) and other in body(sent[4])
    assert body(sent[5]).startswith(f"0020004b{moved}01020000{other}")
    assert body(sent[5]).endswith(f"4410{MAARS['b2'].hex()}")
    assert body(sent[6]).startswith(f"8300004b{moved}010400000000")
    assert f"4410{MAARS['a3'].hex()}" in body(sent[6]) and other in body(sent[6])
    assert body(sent[7]) == f"0030004b{moved}01020000{other}"
    numbers = [mobility.parse(s.octets).sequence for s in sent[4:]]
    assert numbers[0] == numbers[1] and numbers[2] == numbers[3]


def test_the_octets_of_the_safe_flags() -> None:
    world, sent = figure_1(maar={"flag_profile": "iana-safe"})
    assert [body(s)[:4] for s in sent[4:]] == ["8210", "0022", "8214", "0023"]
    assert world.way(A1, B1) == ["a3", "b2"]


def test_lists_and_routes_after_the_steps_are_those_of_figure_2() -> None:
    world, _ = figure_1()
    assert world.lists("a3", 1) == {
        "external": {A1: home(1, "a3")},
        "internal": {B1: MAARS["b2"]},
    }
    assert world.lists("b2", 2) == {
        "external": {B1: home(2, "b2")},
        "internal": {A1: MAARS["a3"]},
    }
    for place in ("a1", "a2", "b1"):
        assert world.rows(place) == []
    world.assert_routes_match()
    assert world.way(A1, B1) == ["a3", "b2"]
    assert world.way(B1, A1) == ["b2", "a3"]
    assert world.drops() == []


def test_lists_change_step_by_step() -> None:
    world = before_figure_1()
    world.come(1, "a3")
    seen = []
    for _ in range(9):
        seen.append((world.lists("a3", 1), world.lists("a2", 1), world.lists("b2", 2)))
        world.run(0.01)
    external, internal = {A1: home(1, "a3")}, {B1: MAARS["b2"]}
    # Step 4 makes the external list, 6 releases both of the previous MAAR, 7 makes the internal.
    kept = {"external": {A1: home(1, "a2")}, "internal": internal}
    nothing: dict[str, dict[Address, Address]] = {"external": {}, "internal": {}}
    assert seen[2][:2] == (nothing, kept)
    assert seen[3][:2] == ({"external": external, "internal": {}}, kept)
    assert seen[4][1] == nothing
    assert seen[5][0] == {"external": external, "internal": internal}
    assert seen[5][2]["internal"] == {A1: MAARS["a2"]}
    assert seen[6][2]["internal"] == {A1: MAARS["a3"]}
    world.assert_routes_match()


def test_the_first_attachment_has_no_previous_maar_and_no_handover() -> None:
    world = World()
    world.settle((1, "a1"))
    assert world.steps() == ["RS", "request", "response", "RA"]
    assert world.sent[2].message.previous == UNSPECIFIED
    listed = [o for o in world.sent[0].message.options if isinstance(o, RomipSessions)]
    assert [option.count for option in listed] == [0]
    assert world.mobiles[1].addresses == {A1: ACCESS}
    assert world.rows("a1") == [
        {
            "node": name(1),
            "list": "assigned",
            "address": str(A1),
            "leads_to": ACCESS,
            "state": "served",
        }
    ]


def test_the_first_move_finds_a_correspondent_that_never_moved() -> None:
    """No list has it then: it is with the MAAR whose prefix its address is in."""
    world = World()
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1)
    assert world.lists("a1", 1)["internal"] == world.lists("b1", 2)["internal"] == {}
    world.settle((1, "a2"))
    assert world.steps()[-8:] == FIGURE
    assert world.lists("a2", 1)["internal"] == {B1: MAARS["b1"]}
    assert world.lists("b1", 2)["internal"] == {A1: MAARS["a2"]}
    assert world.way(A1, B1) == ["a2", "b1"]
    assert world.way(B1, A1) == ["b1", "a2"]
    world.assert_routes_match()


def test_a_correspondent_that_is_no_mobile_node_is_with_its_router() -> None:
    world = World()
    world.settle((1, "a1"))
    world.open(1, HOST)
    for place in ("a2", "a3", "b1", "a1"):
        world.settle((1, place))
        assert world.ping(A1, HOST), world.story()
        assert len(world.way(HOST, A1)) == (1 if place == "b1" else 2)


def test_the_way_is_the_shortest_after_any_number_of_moves() -> None:
    world = before_figure_1()
    for number, place in [(1, "a3"), (2, "b3"), (1, "b1"), (2, "a2"), (2, "b2"), (1, "a1")]:
        world.settle((number, place))
        here, there = world.mobiles[1].place, world.mobiles[2].place
        assert world.way(A1, B1) == [here, there], world.story()
        assert world.way(B1, A1) == [there, here]
        world.assert_routes_match()


def test_records_name_each_step() -> None:
    world = before_figure_1()
    start = world.now
    world.settle((1, "a3"))
    events = [
        action.event
        for at, node, action in world.log
        if at >= start and hasattr(action, "event") and node in ("a2", "a3", "aaa")
    ]
    assert events == [
        "detached",
        "attached",
        "query_sent",
        "query_answered",
        "address_assigned",
        "binding_sent",
        "binding_released",
        "binding_acknowledged",
        "session_moved",
    ]
    assert start > START


@pytest.mark.parametrize("profile", ["seed-bits", "iana-safe"])
def test_authenticated_messages_do_the_same(profile: str) -> None:
    world, sent = figure_1(maar={"authentication": KEY, "flag_profile": profile})
    assert len(sent) == 8
    assert all(s.octets[-17:-12].hex() == "0100000100" for s in sent[4:])
    assert world.way(A1, B1) == ["a3", "b2"]
    assert world.drops() == []
