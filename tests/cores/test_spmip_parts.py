"""The parts that keep a gateway within its bounds, each alone."""

from __future__ import annotations

from random import Random

import pytest
from spmip_world import A, B, C, address, home

from agents.core.actions import AddRoute, Drop, RemoveRoute
from agents.core.rate import TokenBucket
from agents.spmip.askers import Asked, Askers
from agents.spmip.buffers import Buffers
from agents.spmip.by_prefix import ByPrefix
from agents.spmip.config import RespondentConfig
from agents.spmip.locations import Absent, Confirming, Located, Locations, Querying
from agents.spmip.losses import Losses
from agents.spmip.messages import query
from agents.spmip.patience import Patience
from agents.spmip.presence import Presence
from agents.spmip.turns import Turns
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.draft_flags import QueryFlags


def spot(number: int) -> Address:
    return Address(bytes(8) + number.to_bytes(8, "big"))


def test_packets_leave_a_buffer_in_the_order_in_which_they_came() -> None:
    buffers = Buffers(per_address=10, total=100)
    for serial in range(8):
        buffers.add(spot(serial % 2), serial)
    assert buffers.take(spot(0)) == [0, 2, 4, 6]
    assert buffers.take(spot(0)) == []
    assert len(buffers) == 4


def test_a_full_queue_drops_its_own_oldest_packet() -> None:
    buffers = Buffers(per_address=3, total=100)
    buffers.add(spot(1), "other")
    losers = [buffers.add(spot(0), serial) for serial in range(5)]
    assert losers == [None, None, None, spot(0), spot(0)]
    assert buffers.take(spot(0)) == [2, 3, 4]
    assert buffers.take(spot(1)) == ["other"]


def test_full_buffers_drop_the_oldest_packet_of_all() -> None:
    buffers = Buffers(per_address=3, total=4)
    losers = [buffers.add(spot(serial), serial) for serial in range(6)]
    assert losers == [None, None, None, None, spot(0), spot(1)]
    assert [buffers.take(spot(serial)) for serial in range(6)] == [[], [], [2], [3], [4], [5]]
    assert len(buffers) == 0


@pytest.mark.parametrize("seed", range(5))
def test_buffers_never_hold_more_than_they_may(seed) -> None:
    chance, buffers, kept = Random(seed), Buffers(3, 20), 0
    for serial in range(5000):
        if chance.random() < 0.05:
            kept -= len(buffers.take(spot(chance.randrange(30))))
        else:
            kept += buffers.add(spot(chance.randrange(30)), serial) is None
        assert len(buffers) == kept <= 20
    assert sum(len(buffers.take(spot(number))) for number in range(30)) == kept


def test_tokens_come_back_at_the_rate_and_not_beyond_the_burst() -> None:
    bucket = TokenBucket(rate=10, burst=3)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.ready_at() == pytest.approx(100.1)
    assert bucket.take(100.05) is False
    assert bucket.take(bucket.ready_at()) is True
    assert [bucket.take(200.0) for _ in range(4)] == [True, True, True, False]


def test_a_token_is_there_at_the_time_that_was_named() -> None:
    bucket, now = TokenBucket(rate=7, burst=1), 1_700_000_000.123
    assert bucket.take(now)
    for _ in range(1000):
        now = bucket.ready_at()
        assert bucket.take(now)
    assert now - 1_700_000_000.123 == pytest.approx(1000 / 7, rel=1e-3)


def test_senders_take_turns() -> None:
    turns = Turns()
    for number in range(4):
        turns.add(b"greedy", spot(number))
    turns.add(b"modest", spot(9))
    turns.discard(b"greedy", spot(2))
    taken = []
    while turns:
        taken.append(turns.take())
    assert taken == [spot(0), spot(9), spot(1), spot(3)]


def test_losses_are_told_at_once_and_then_in_sums() -> None:
    losses = Losses()
    (first,) = losses.lose("full", spot(1), 10.0)
    assert isinstance(first, Drop) and first.details["packets"] == 1
    for _ in range(100):
        assert losses.lose("full", spot(2), 10.2, packets=2) == []
    (other,) = losses.lose("absent", spot(3), 10.3)
    assert other.reason == "absent"
    assert losses.deadline() == 11.0
    assert losses.tick(10.9) == []
    (rest,) = losses.tick(11.0)
    assert rest.details == {"packets": 200, "destination": str(spot(2))}
    assert losses.deadline() is None
    assert losses.lose("full", spot(1), 11.5, packets=0) == []


def test_addresses_are_found_by_any_prefix_that_covers_them() -> None:
    table: ByPrefix[int] = ByPrefix()
    for number in (1, 2, 3):
        table.set(address(number), number)
    assert table.within(home(2)) == [address(2)]
    assert table.within(Prefix(address(2), 128)) == [address(2)]
    assert len(table.within(Prefix.of(address(1), 56))) == 3
    assert table.within(Prefix(home(2).network, 128)) == []
    table.remove(address(2))
    table.remove(address(2))
    assert table.within(home(2)) == [] and len(table) == 2


def asked(number: int, asker: Address = A, at: float = 0.0, **more) -> Asked:
    return Asked(address(number), asker, at, **{"until": 100.0, **more})


def test_askers_are_taken_out_by_prefix_and_only_while_they_count() -> None:
    askers = Askers(10)
    askers.remember(asked(1, A))
    askers.remember(asked(1, B, until=50.0))
    askers.remember(asked(2, A))
    askers.remember(asked(1, A, tries=2))
    assert askers.find(address(1), A) == asked(1, A, tries=2)
    assert askers.take(home(1), 60.0) == [asked(1, A, tries=2)]
    assert askers.take(home(1), 60.0) == [] and len(askers) == 1


def test_the_oldest_askers_are_forgotten_first() -> None:
    askers = Askers(2)
    for asker in (A, B, C):
        askers.remember(asked(1, asker))
    assert [each.asker for each in askers.take(home(1), 0.0)] == [B, C]


def test_locations_are_bounded_by_kind_and_expire() -> None:
    class Room:
        routes, absences = 2, 1

    locations = Locations(Room())  # type: ignore[arg-type]
    assert locations.enter(spot(1), Located(A, 10.0)) is None
    assert locations.enter(spot(2), Querying()) is None
    assert locations.enter(spot(3), Located(A, 20.0)) is None
    assert locations.enter(spot(1), Confirming(A, 10.0)) is None
    assert locations.enter(spot(4), Located(B, 30.0)) == spot(3)
    locations.forget(spot(3))
    assert locations.enter(spot(5), Absent(5.0)) is None
    assert locations.enter(spot(6), Absent(6.0)) == spot(5)
    assert locations.deadline() == 5.0
    assert list(locations.expired(10.0)) == [spot(5), spot(6), spot(1)]


def patience(sole: bool) -> Patience:
    config = RespondentConfig(A, frozenset({B}), 9, 1.0, 3, 5.0, QueryFlags(), None)
    return Patience(config, sole)


def queried(sequence: int, at: float) -> Asked:
    return Asked(address(1), B, at, question=query(address(1), sequence, None, QueryFlags()))


def test_one_of_several_counts_how_often_a_query_is_repeated() -> None:
    judge = patience(sole=False)
    first = judge.begin(queried(1, 0.0), None)
    copy = judge.begin(queried(1, 0.1), first)
    second = judge.begin(queried(2, 1.0), first)
    third = judge.begin(queried(3, 3.0), second)
    assert [each.tries for each in (first, copy, second, third)] == [1, 1, 2, 3]
    assert [judge.unanswered(each) for each in (first, second, third)] == [False, False, True]
    assert judge.waits(first, 1.0) and not judge.waits(first, 1.1)
    assert judge.waits(third, 7.0) and not judge.waits(third, 7.1)
    assert third.until == 3.0 + 4.0 + 5.0
    assert judge.begin(queried(4, 60.0), third).tries == 1


def test_the_only_one_who_could_answer_lets_all_wait_for_long() -> None:
    judge = patience(sole=True)
    first = judge.begin(queried(1, 0.0), None)
    assert judge.unanswered(first) and judge.waits(first, 4.0) and not judge.waits(first, 4.1)


def test_presence_follows_routes_of_attached_nodes_alone() -> None:
    presence = Presence()
    up = AddRoute(ALL_ZERO, source=home(1))
    assert presence.follow([AddRoute(home(1), interface="wlan0"), up]) == [home(1)]
    assert presence.covering(address(1)) == home(1)
    assert presence.covering(address(2)) is None
    presence.follow([RemoveRoute(ALL_ZERO, source=home(1))])
    assert presence.covering(address(1)) == home(1)
    presence.follow([RemoveRoute(home(1))])
    assert presence.covering(address(1)) is None
