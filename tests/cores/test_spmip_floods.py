"""A flood of packets to addresses that nobody has costs a bounded number of queries and octets."""

from __future__ import annotations

import pytest
from spmip_world import CORRESPONDENT, POOL, SCHEMES, A, B, C, Data, DataWorld, address, home

from agents.core import actions as do
from agents.core.events import PacketArrived
from agents.wire.address import Address

BOTH = pytest.mark.parametrize("scheme", SCHEMES)
BOUNDS = {
    "buffer_per_address": 4,
    "buffer_total": 100,
    "queries": 400,
    "routes": 30,
    "absences": 60,
    "query_rate": 20,
    "query_burst": 40,
}

ONE_SENDERS = BOUNDS["queries"] // 8


def nobody(number: int) -> Address:
    """An address of the pool that no node has."""
    return Address(POOL.network[:7] + b"\xee" + number.to_bytes(8, "big"))


def hit(world: DataWorld, destination: Address) -> list:
    packet = Data(CORRESPONDENT, destination, 0)
    return world.give(A, PacketArrived(packet, packet.source, destination, 1400))


def lost(world: DataWorld) -> dict[str, int]:
    """How many packets the cores have lost, by reason."""
    sums: dict[str, int] = {}
    for _, _, action in world.log:
        if isinstance(action, do.Drop) and "packets" in action.details:
            sums[action.reason] = sums.get(action.reason, 0) + action.details["packets"]
    return sums


@BOTH
def test_queries_stay_below_the_rate_whatever_arrives(scheme) -> None:
    world = DataWorld(scheme, mag=BOUNDS)
    world.run(1)
    seconds = 10
    for step in range(100 * seconds):
        for index in range(20):
            hit(world, nobody(20 * step + index))
        world.run(0.01)
    allowed = BOUNDS["query_burst"] + BOUNDS["query_rate"] * seconds + 1
    assert allowed * 0.9 < len(world.queries()) <= allowed
    world.run(30)
    assert sum(lost(world).values()) == 2000 * seconds


@BOTH
def test_memory_stays_below_the_bounds_whatever_arrives(scheme) -> None:
    world = DataWorld(scheme, mag=BOUNDS)
    finder = world.cores[A]._finder
    for index in range(5000):
        hit(world, nobody(index // 3))
        world.run(0.001)
        assert len(finder._buffers) <= BOUNDS["buffer_total"]
        assert len(finder._inquiries._inquiries) <= ONE_SENDERS
    assert len(world.known(A)) <= ONE_SENDERS + BOUNDS["absences"]
    world.run(60)
    assert len(finder._buffers) == 0
    assert world.known(A) == {}
    assert sum(lost(world).values()) == 5000


@BOTH
def test_a_flood_is_reported_in_sums(scheme) -> None:
    world = DataWorld(scheme, mag=BOUNDS)
    for step in range(300):
        for index in range(50):
            hit(world, nobody(50 * step + index))
        world.run(0.01)
    drops = [action for _, _, action in world.log if isinstance(action, do.Drop)]
    assert len(drops) <= 4 * 4  # four reasons, three seconds
    world.run(30)
    assert sum(lost(world).values()) == 15000


@BOTH
def test_who_is_absent_is_asked_for_once_in_a_while_only(scheme) -> None:
    world = DataWorld(scheme, mag={"negative_cache": 5})
    for _ in range(4000):
        hit(world, nobody(1))
        world.run(0.01)
    # S-PMIP is refused within one exchange; SD-PMIP hears nothing and tries three times in 7 s.
    periods = 40 / 5 if scheme == "spmip" else 3 * 40 / 12
    assert len(world.queries()) <= periods + 3
    assert len(world.queries()) > periods / 2


@BOTH
@pytest.mark.parametrize("after", [0.0, 0.5, 3.0])
def test_a_flood_from_one_sender_does_not_hold_up_the_others(scheme, after) -> None:
    world = DataWorld(scheme, mag={"query_rate": 100, "query_burst": 200})
    world.settle((1, B), (2, A))
    for index in range(12_000):
        world.at(index * 0.0005, lambda index=index: hit(world, nobody(index)))
    world.run(after)
    packet = world.send(2, address(1))
    world.run(0.2)
    assert packet.serial in world.got(address(1))
    world.run(20)
    packet = world.send(CORRESPONDENT, address(2), C)
    world.run(1)
    assert packet.serial in world.got(address(2))


@BOTH
def test_an_established_flow_does_not_notice_a_flood(scheme) -> None:
    world = DataWorld(scheme, mag=BOUNDS)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    world.stream(CORRESPONDENT, address(1), A, count=200, interval=0.01)
    for index in range(2000):
        world.at(0.001 * index, lambda index=index: hit(world, nobody(index)))
    world.run(3)
    assert len(world.got(address(1))) == 201


@BOTH
def test_the_newest_packets_are_kept_for_an_address(scheme) -> None:
    world = DataWorld(scheme, mag={"buffer_per_address": 10})
    world.settle((1, B))
    sent = [world.send(CORRESPONDENT, address(1), A).serial for _ in range(25)]
    world.run(2)
    assert world.got(address(1)) == sent[-10:]
    assert lost(world) == {"buffer full": 15}


@BOTH
def test_scanning_a_nodes_prefix_makes_a_bounded_number_of_routes(scheme) -> None:
    world = DataWorld(scheme, mag={**BOUNDS, "query_rate": 1000, "query_burst": 1000})
    world.settle((1, B))
    for index in range(500):
        hit(world, Address(home(1).network[:8] + index.to_bytes(8, "big")))
        world.run(0.05)
        assert len(world.kernel(A).routes) <= BOUNDS["routes"]
    # The oldest route has gone, which costs its flow no packet: it is asked about again.
    world.assert_path(A, 1)


@BOTH
def test_what_is_no_home_address_is_not_asked_about(scheme) -> None:
    world = DataWorld(scheme)
    hit(world, Address.parse("2001:db8:77::1"))
    assert world.queries() == []
    assert lost(world) == {"not a home address": 1}
