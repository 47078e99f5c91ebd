"""Packets to a node whose gateway is not known yet: kept, then tunnelled, none lost, in order."""

from __future__ import annotations

import pytest
from spmip_world import (
    CORRESPONDENT,
    DELAY,
    GROUP,
    LMA,
    POOL,
    SCHEMES,
    A,
    B,
    C,
    Data,
    DataWorld,
    address,
    home,
)

from agents.core import actions as do
from agents.core.events import PacketArrived
from agents.wire.address import ALL_ZERO, Address, Prefix

BOTH = pytest.mark.parametrize("scheme", SCHEMES)


@BOTH
def test_the_first_packets_are_kept_and_delivered_in_order(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=40, interval=0.001)
    world.run(1)
    serials = world.got(address(1))
    assert serials == sorted(serials) and len(serials) == 40
    assert world.lost == [] and world.drops() == []
    assert len(world.queries()) == len(world.answers()) == 1


@BOTH
def test_an_established_flow_does_not_pass_through_the_core(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=10, interval=0.001)
    world.run(0.1)
    diverted, messages = len(world.diversions), len(world.sent)
    world.stream(CORRESPONDENT, address(1), A, count=500, interval=0.01)
    world.run(6)
    assert len(world.diversions) == diverted
    assert len(world.sent) == messages
    assert len(world.got(address(1))) == 510
    assert {tuple(packet.way) for _, packet in world.delivered[10:]} == {(A, B)}


@BOTH
def test_the_first_packet_waits_for_one_exchange(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    sent_at = world.now
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    ((arrived_at, _),) = world.delivered
    assert arrived_at - sent_at == pytest.approx(3 * DELAY)  # query, answer, tunnel


@BOTH
def test_nodes_at_one_gateway_need_neither_query_nor_tunnel(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, A), (2, A))
    world.send(1, address(2))
    world.send(2, address(1))
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    assert [packet.way for _, packet in world.delivered] == [[A], [A], [A]]
    assert world.queries() == []


@BOTH
def test_nodes_talk_both_ways_through_one_tunnel(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, A), (2, B))
    world.stream(1, address(2), count=20)
    world.stream(2, address(1), count=20)
    world.run(1)
    assert len(world.got(address(2))) == len(world.got(address(1))) == 20
    assert {tuple(packet.way) for _, packet in world.delivered} == {(A, B), (B, A)}
    assert len(world.queries()) == 2


@BOTH
def test_a_node_reaches_who_is_no_mobile_node_directly(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, A))
    packet = world.send(1, CORRESPONDENT)
    world.run(1)
    assert world.got(CORRESPONDENT) == [packet.serial]
    route = world.kernel(A).routes[ALL_ZERO, home(1)]
    assert route == do.AddRoute(ALL_ZERO, source=home(1))
    assert world.queries() == []


@BOTH
def test_correspondents_at_several_gateways_ask_each_for_themselves(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, C), (2, A))
    for source, mag in ((CORRESPONDENT, A), (CORRESPONDENT, B)):
        world.stream(source, address(1), mag, count=20)
    world.stream(2, address(1), count=20)
    world.run(1)
    assert len(world.got(address(1))) == 60
    assert sorted(sent.source for sent in world.queries()) == [A, B]


@BOTH
def test_two_addresses_of_one_prefix_are_found_apart(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    other = Address(home(1).network[:15] + b"\x77")
    world.send(CORRESPONDENT, address(1), A)
    world.send(CORRESPONDENT, other, A)
    world.run(1)
    assert set(world.known(A)) == {str(address(1)), str(other)}
    routes = {prefix for prefix, _ in world.kernel(A).routes}
    assert routes == {Prefix(address(1), 128), Prefix(other, 128)}


@BOTH
def test_what_is_known_expires_with_the_binding_and_is_asked_anew_without_loss(scheme) -> None:
    world = DataWorld(scheme, mag={"lifetime": 8})
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=2000, interval=0.01)
    world.run(21)
    assert len(world.got(address(1))) == 2000 and world.lost == []
    assert world.got(address(1)) == sorted(world.got(address(1)))
    assert 3 <= len(world.queries()) <= 20 / 4 + 1
    world.run(10)
    assert world.known(A) == {} and world.kernel(A).routes == {}


def test_the_answer_of_an_anchor_lasts_as_long_as_the_binding() -> None:
    world = DataWorld("spmip", mag={"lifetime": 100})
    world.settle((1, B))
    world.run(29)
    world.send(CORRESPONDENT, address(1), A)
    world.run(0.1)
    (answer,) = world.answers()
    assert answer.message.lifetime == 70 // 4 - 1 or answer.message.lifetime == 70 // 4
    left = world.rows(LMA)[0]["remaining"]
    assert left - 4 <= answer.message.lifetime * 4 <= left + 0.1


@BOTH
def test_a_gateway_opens_itself_to_all_others_when_it_starts(scheme) -> None:
    world = DataWorld(scheme)
    started = [action for _, node, action in world.log if node == A]
    assert started[0] == do.AcceptTunnels(A, do.Delivery.ATTACHED)
    assert started[1:3] == [do.AddTunnel(A, B), do.AddTunnel(A, C)]
    assert started[3] == do.Divert(POOL)
    assert started[4:] == ([do.JoinGroup(GROUP)] if scheme == "sdpmip" else [])


def test_a_sender_behind_no_gateway_reaches_the_node_through_its_anchor() -> None:
    world = DataWorld("spmip")
    world.settle((1, B))
    world.forward(LMA, packet := world_packet(world))
    world.run(1)
    assert packet.way == [LMA, B]
    assert world.got(address(1)) == [packet.serial]


@BOTH
def test_packets_that_were_on_their_way_to_the_core_follow_the_new_route(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    late = world_packet(world)
    world.give(A, PacketArrived(late, late.source, late.destination, 100))
    here = world_packet(world)
    world.give(B, PacketArrived(here, here.source, here.destination, 100))
    world.run(1)
    assert (late.way, here.way) == ([A, B], [B])
    assert len(world.queries()) == 1


def world_packet(world: DataWorld) -> Data:
    world.injected += 1
    return Data(CORRESPONDENT, address(1), world.injected)
