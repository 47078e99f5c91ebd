"""A domain at work: one anchor, several gateways, each procedure of RFC 5213 from end to end."""

from __future__ import annotations

import pytest
from pmipv6_world import ACCESS, DELAY, LMA, MAGS, START, World, link_layer, name, text

from agents.core import actions as do
from agents.core.events import LinkDown
from agents.wire.address import Prefix
from agents.wire.messages import BindingAcknowledgement
from agents.wire.options import MobilityMessageAuthentication

NODE = link_layer(1)
OTHER = link_layer(2)
A, B, C = MAGS
SECRET = {"spi": 256, "key": "30" * 16}
ORDERINGS = pytest.mark.parametrize("ordering", ["timestamp", "sequence"])


def attached(world: World) -> Prefix:
    """Attach the node at A and let the exchange finish; return its prefix."""
    world.attach(NODE, A)
    world.run(1)
    (prefix,) = world.home(1)
    world.assert_served(NODE, prefix)
    return prefix


def move(world: World, to: object, gap: float) -> None:
    world.detach(NODE)
    world.at(gap, lambda: world.attach(NODE, to))


@ORDERINGS
def test_attach_hand_off_and_detach(ordering) -> None:
    world = World(mag={"ordering": ordering})
    prefix = attached(world)
    move(world, B, 0.05)
    world.run(1)
    world.assert_served(NODE, prefix)
    assert world.home(1) == [prefix]
    world.detach(NODE)
    world.run(20)
    for address in (LMA, A, B):
        world.assert_unknown(address)
        assert world.kernels[address].tunnels == set()


def test_a_registration_takes_one_round_trip() -> None:
    world = World()
    world.attach(NODE, A)
    world.run(1)
    installed = [at for at, where, a in world.log if where == A and isinstance(a, do.AddRoute)]
    assert installed == pytest.approx([START + 2 * DELAY] * 2)
    assert len(world.received[NODE]) == 1


def test_the_new_gateway_may_come_before_the_old_one_leaves() -> None:
    world = World()
    prefix = attached(world)
    world.attach(NODE, B)
    world.run(0.5)
    world.assert_served(NODE, prefix)
    world.give(A, LinkDown(ACCESS, NODE))
    world.run(20)
    world.assert_served(NODE, prefix)
    world.assert_unknown(A)


@pytest.mark.parametrize("gap", [0.0, 0.001, 0.0199, 0.02, 0.3, 9.0])
def test_moves_to_and_fro_end_where_the_node_is(gap) -> None:
    world = World()
    prefix = attached(world)
    for _ in range(3):
        for there in (B, A):
            move(world, there, gap)
            world.run(gap + 0.03)
    world.run(5)
    world.assert_served(NODE, prefix)
    world.assert_unknown(B)
    assert world.home(1) == [prefix]


@ORDERINGS
def test_moves_faster_than_the_exchange_end_where_the_node_is(ordering) -> None:
    world = World(mags=3, mag={"ordering": ordering})
    prefix = attached(world)
    for there in (B, C, A, C, B):
        world.detach(NODE)
        world.run(0.001)
        world.attach(NODE, there)
        world.run(0.002)
    world.run(5)
    world.assert_served(NODE, prefix)
    for elsewhere in (A, C):
        world.assert_unknown(elsewhere)


def test_a_node_with_two_interfaces_has_two_sessions_that_move_apart() -> None:
    static = {text(NODE): ["2001:db8:1:1::/64"], text(OTHER): ["2001:db8:1:2::/64"]}
    mobile = {
        "identifier": name(1),
        "lma": str(LMA),
        "link_layer_addresses": [text(NODE), text(OTHER)],
    }
    world = World(
        mags=3, lma={"mobiles": {name(1): {"prefixes": static}}}, mag={"mobiles": [mobile]}
    )
    world.attach(NODE, A)
    world.attach(OTHER, B)
    world.run(0.1)
    first, second = Prefix.parse("2001:db8:1:1::/64"), Prefix.parse("2001:db8:1:2::/64")
    world.assert_served(NODE, first)
    world.assert_served(OTHER, second)
    move(world, C, 0.01)
    world.run(0.1)
    world.assert_served(NODE, first)
    world.assert_served(OTHER, second)
    world.detach(OTHER)
    world.run(20)
    world.assert_served(NODE, first)
    assert world.home(1) == [first]


def test_an_unprofiled_second_interface_waits_and_gets_its_own_session() -> None:
    mobiles = {name(1): {"prefixes": {}}}
    mobile = {
        "identifier": name(1),
        "lma": str(LMA),
        "link_layer_addresses": [text(NODE), text(OTHER)],
    }
    world = World(lma={"mobiles": mobiles}, mag={"mobiles": [mobile]})
    first = attached(world)
    world.attach(OTHER, B)
    world.run(1.4)
    assert world.home(1) == [first]
    world.run(2)
    second = next(prefix for prefix in world.home(1) if prefix != first)
    world.assert_served(OTHER, second)


def test_a_session_is_renewed_for_hours_without_a_change_of_routes() -> None:
    world = World()
    prefix = attached(world)
    before = len(world.log)
    world.run(7200)
    changes = {type(a) for _, _, a in world.log[before:]}
    assert changes == {do.SendMessage, do.Record}
    assert len(world.records("binding_sent")) == 1 + 7200 // 240
    world.assert_served(NODE, prefix)


def test_a_restarted_anchor_takes_sessions_back_as_they_are_renewed() -> None:
    world = World()
    prefix = attached(world)
    world.restart(LMA)
    assert world.downward(prefix) is None
    world.attach(OTHER, B)
    world.run(250)
    assert prefix in world.home(1) or world.home(2) == [prefix]
    world.run(300)
    (now_its,) = world.home(1)
    world.assert_served(NODE, now_its)
    world.assert_served(OTHER, world.home(2)[0])
    assert world.home(1) != world.home(2)


def test_a_restarted_anchor_recovers_with_a_handoff_too() -> None:
    world = World()
    attached(world)
    world.restart(LMA)
    move(world, B, 0.05)
    world.run(1)
    world.assert_served(NODE, world.home(1)[0])


@ORDERINGS
def test_a_restarted_gateway_finds_the_session_again(ordering) -> None:
    world = World(mag={"ordering": ordering})
    prefix = attached(world)
    world.restart(A)
    world.run(1)
    world.attach(NODE, A)
    world.run(1)
    world.assert_served(NODE, prefix)


def test_a_session_outlives_an_anchor_that_is_cut_off_while_it_is_renewed() -> None:
    cut = {"off": False}
    world = World(fate=lambda number, message: () if cut["off"] else (0.0,))
    prefix = attached(world)
    cut["off"] = True
    world.run(260)
    cut["off"] = False
    world.run(40)
    world.assert_served(NODE, prefix)
    assert world.records("binding_expired") == []


def test_a_session_that_both_ends_lost_comes_back_with_its_prefix() -> None:
    cut = {"off": False}
    world = World(fate=lambda number, message: () if cut["off"] else (0.0,))
    prefix = attached(world)
    cut["off"] = True
    world.run(400)
    assert len(world.records("binding_expired")) == 2
    assert world.downward(prefix) is None and not world.upward(A, prefix)
    cut["off"] = False
    world.run(40)
    world.assert_served(NODE, prefix)


def test_two_nodes_at_one_gateway_do_not_disturb_each_other() -> None:
    world = World()
    prefix = attached(world)
    world.attach(OTHER, A)
    world.run(1)
    move(world, B, 0.01)
    world.run(20)
    world.assert_served(NODE, prefix)
    world.assert_served(OTHER, world.home(2)[0])


def test_a_clock_that_is_off_is_refused_until_it_is_set_right() -> None:
    world = World()
    world.offset[A] = 1.0
    world.attach(NODE, A)
    world.run(5)
    assert {r["status"] for r in world.records("binding_rejected")} == {156}
    assert world.home(1) == []
    world.offset[A] = 0.0
    world.run(40)
    world.assert_served(NODE, world.home(1)[0])


def test_authenticated_signalling_serves_and_every_message_carries_the_option() -> None:
    world = World(lma={"authentication": SECRET}, mag={"authentication": SECRET})
    prefix = attached(world)
    move(world, B, 0.05)
    world.run(1)
    world.assert_served(NODE, prefix)
    assert len(world.sent) == 6
    for sent in world.sent:
        assert isinstance(sent.message.options[-1], MobilityMessageAuthentication)


def test_another_key_is_refused_and_its_answers_are_not_believed() -> None:
    world = World(
        lma={"authentication": SECRET}, mag={"authentication": {"spi": 256, "key": "31" * 16}}
    )
    world.attach(NODE, A)
    world.run(10)
    answers = [s.message for s in world.sent if isinstance(s.message, BindingAcknowledgement)]
    assert {answer.status for answer in answers} == {146}
    assert set(world.drops()) == {"acknowledgement not authentic"}
    assert world.home(1) == []
