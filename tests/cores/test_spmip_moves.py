"""Nodes that move in mid-stream, at either end or both: no packet is lost, no flow goes astray."""

from __future__ import annotations

from itertools import pairwise

import pytest
from spmip_world import CORRESPONDENT, DELAY, LMA, SCHEMES, A, B, C, DataWorld, address

from agents.wire.signaling_messages import (
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)

BOTH = pytest.mark.parametrize("scheme", SCHEMES)
GAPS = pytest.mark.parametrize("gap", [0.0, 0.003, 0.02, 0.3, 1.9])
ROOM = {"buffer_per_address": 1000}


def notifications(world: DataWorld) -> list:
    return [sent for sent in world.sent if isinstance(sent.message, UpdateNotification)]


def move(world: DataWorld, number: int, there, at: float, gap: float) -> None:
    world.at(at, lambda: world.go(number))
    world.at(at + gap, lambda: world.come(number, there))


@BOTH
@GAPS
def test_a_flow_loses_nothing_when_its_node_moves(scheme, gap) -> None:
    world = DataWorld(scheme, mag=ROOM)
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=1000, interval=0.005)
    move(world, 1, C, 1.0, gap)
    world.run(8)
    assert sorted(world.got(address(1))) == list(range(1, 1001)), world.story()
    assert world.lost == [] and world.drops() in ([], ["answer to no query"])
    world.assert_path(A, 1)


@BOTH
def test_packets_are_reordered_only_while_the_path_changes(scheme) -> None:
    world = DataWorld(scheme, mag=ROOM)
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=1000, interval=0.005)
    move(world, 1, C, 1.0, 0.3)
    world.run(8)
    serials = world.got(address(1))
    out_of_place = [s for s, after in pairwise(serials) if after < s]
    # Those that go straight overtake those that are still being passed on by the old gateway.
    assert len(out_of_place) <= 2 * DELAY / 0.005 + 1


@BOTH
def test_after_a_move_packets_go_straight_within_two_exchanges(scheme) -> None:
    world = DataWorld(scheme, mag=ROOM)
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=1000, interval=0.005)
    move(world, 1, C, 1.0, 0.1)
    world.run(8)
    attached_at = world.delivered[0][0] - 3 * DELAY + 1.1
    detour = [at for at, packet in world.delivered if packet.way[:2] == [A, B] and at > attached_at]
    assert max(detour, default=attached_at) - attached_at < 8 * DELAY


@BOTH
def test_who_sends_is_told_of_a_move_once_and_acknowledges(scheme) -> None:
    world = DataWorld(scheme, mag=ROOM)
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=400, interval=0.005)
    move(world, 1, C, 1.0, 0.1)
    world.run(5)
    (notified,) = notifications(world)
    assert (notified.source, notified.destination) == (LMA if scheme == "spmip" else B, A)
    answers = [s for s in world.sent if isinstance(s.message, UpdateNotificationAcknowledgement)]
    assert [(s.source, s.destination) for s in answers] == [(A, notified.source)]


@BOTH
def test_a_lost_notification_is_sent_once_more_and_marked(scheme) -> None:
    seen = []

    def fate(number, message):
        if isinstance(message, UpdateNotification):
            seen.append(message)
            return () if len(seen) == 1 else (0.0,)
        return (0.0,)

    world = DataWorld(scheme, fate=fate, mag=ROOM)
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=600, interval=0.005)
    move(world, 1, C, 1.0, 0.1)
    world.run(5)
    first, second = seen
    assert second.sequence == first.sequence
    assert (first.flags, second.flags) == (0x8000, 0xC000)
    assert sorted(world.got(address(1))) == list(range(1, 601))
    world.assert_path(A, 1)


@BOTH
@pytest.mark.parametrize("apart", [0.0, 0.001, 0.01, 0.03, 0.2])
def test_both_ends_move_at_the_same_time(scheme, apart) -> None:
    world = DataWorld(scheme, mag=ROOM)
    world.settle((1, A), (2, B))
    world.stream(1, address(2), count=600)
    world.stream(2, address(1), count=600)
    move(world, 1, C, 1.0, 0.1)
    move(world, 2, A, 1.0 + apart, 0.1)
    world.run(8)
    detached = [packet for why, packet in world.lost if why in ("sender detached", "not let in")]
    assert len(world.lost) == len(detached)
    assert len(world.delivered) == world.injected - len(detached), world.story()
    world.assert_path(B, 1)
    world.assert_path(B, 2)


@BOTH
def test_both_ends_swap_their_gateways(scheme) -> None:
    world = DataWorld(scheme, mag=ROOM)
    world.settle((1, A), (2, B))
    world.stream(1, address(2), count=100)
    world.stream(2, address(1), count=100)
    world.run(1)
    world.go(1)
    world.go(2)
    world.come(1, B)
    world.come(2, A)
    world.run(0.5)
    world.stream(1, address(2), count=100)
    world.stream(2, address(1), count=100)
    world.run(2)
    assert len(world.delivered) == 400 and world.lost == []
    world.assert_path(A, 1)
    world.assert_path(B, 2)


@BOTH
@pytest.mark.parametrize("stay", [0.005, 0.025, 0.2, 1.5])
def test_a_node_that_hurries_through_all_gateways_loses_nothing(scheme, stay) -> None:
    world = DataWorld(scheme, mag=ROOM)
    world.settle((1, A))
    world.stream(CORRESPONDENT, address(1), A, count=800, interval=0.005)
    world.stream(CORRESPONDENT, address(1), B, count=800, interval=0.005)
    for hop, there in enumerate((B, C, A, C, B, A, B, C)):
        move(world, 1, there, 0.5 + hop * stay, 0.0)
    world.run(20)
    assert len(world.got(address(1))) == 1600, (world.lost, world.drops())
    for source in (A, B, C):
        world.assert_path(source, 1)


@BOTH
def test_a_node_that_moves_to_its_correspondents_gateway_needs_no_tunnel(scheme) -> None:
    world = DataWorld(scheme, mag=ROOM)
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=600, interval=0.005)
    move(world, 1, A, 1.0, 0.1)
    world.run(6)
    assert sorted(world.got(address(1))) == list(range(1, 601))
    world.assert_path(A, 1)
    assert world.known(A) == {}
    move(world, 1, B, 0.5, 0.0)
    world.stream(CORRESPONDENT, address(1), A, count=200, interval=0.005)
    world.run(5)
    assert len(world.got(address(1))) == 802
    world.assert_path(A, 1)


@BOTH
def test_a_node_that_is_away_for_long_is_found_as_soon_as_it_is_back(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=2000, interval=0.01)
    move(world, 1, C, 1.0, 15.0)
    world.run(16.5)
    back = [at for at, packet in world.delivered if packet.way[-1] == C]
    assert back, world.story()
    world.run(10)
    last = world.got(address(1))[-300:]
    assert last == list(range(1701, 2001))


@BOTH
def test_a_node_that_was_never_there_is_reached_once_it_has_come(scheme) -> None:
    world = DataWorld(scheme)
    world.stream(CORRESPONDENT, address(1), A, count=1200, interval=0.01)
    world.at(9.0, lambda: world.come(1, B))
    world.run(9.2)
    assert world.got(address(1)), world.story()
    world.run(5)
    assert world.got(address(1))[-280:] == list(range(921, 1201))


@BOTH
def test_a_restarted_old_gateway_still_passes_packets_on(scheme) -> None:
    world = DataWorld(scheme, mag={**ROOM, "lifetime": 40})
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(0.5)
    world.restart(B)
    world.go(1)
    world.come(1, C)
    world.run(0.5)
    world.stream(CORRESPONDENT, address(1), A, count=100)
    world.run(2)
    assert len(world.got(address(1))) == 101


@BOTH
def test_a_restarted_sender_gateway_asks_again(scheme) -> None:
    world = DataWorld(scheme)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(0.5)
    world.restart(A)
    world.stream(CORRESPONDENT, address(1), A, count=20)
    world.run(1)
    assert len(world.got(address(1))) == 21
