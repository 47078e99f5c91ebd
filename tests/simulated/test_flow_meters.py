"""Meters at access links, and the tables of flows that are looked up by headers."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest
from flow_world import UDP, VIDEO, flow_world, home, own, packet, puppet, steer, tell, video

from agents.core.actions import MeterFlows
from agents.core.events import FlowsMetered
from agents.core.flows import FlowSelector
from agents.wire.address import UNSPECIFIED, Address, Prefix
from testbed.simulated.flow_table import FlowTable
from testbed.simulated.packet import HEADER
from testbed.simulated.recognition import Headers
from testbed.simulated.steering import Way


def test_a_meter_tells_what_the_link_carried_and_of_which_flows(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    steer(world, video(world))
    tell(world, "mag2", MeterFlows("mag2-eth1", 0.5))
    for _ in range(3):
        world.nodes["cn"].send(packet(world, "video", length=1000))
    world.clock.run(1.1)
    first, second = puppet(world, "mag2").of(FlowsMetered)
    assert first.octets == 3 * (1000 + HEADER)
    (flow,) = first.flows
    assert flow[:5] == (own(world, "cn"), home(world, "mag1"), UDP, VIDEO, VIDEO)
    assert (flow.octets, flow.packets) == (3000, 3)
    assert (second.octets, second.flows) == (0, ())


def test_what_a_full_queue_drops_was_asked_of_the_link(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    steer(world, video(world))
    tell(world, "mag2", MeterFlows("mag2-eth1", 1.0))
    for index in range(400):  # 2 Mbit/s where there is one
        world.clock.at(index * 0.005, world.nodes["cn"].send, packet(world, "video", length=1250))
    world.clock.run(2.1)
    metered = puppet(world, "mag2").of(FlowsMetered)
    assert [round(each.octets * 8 / 1e6, 1) for each in metered] == [2.1, 2.1]
    assert world.nodes["mag2"].drops["queue_full"] > 0


def test_a_meter_ends_with_its_agent(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    tell(world, "mag2", MeterFlows("mag2-eth1", 0.5))
    world.agents["mag2"].kill()
    assert world.ports["mag2-eth1"].meter is None
    world.agents["mag2"].start()
    world.clock.run(3)
    assert puppet(world, "mag2").of(FlowsMetered) == []


def test_asking_again_changes_the_interval(tmp_path: Path) -> None:
    world = flow_world(tmp_path)
    tell(world, "mag2", MeterFlows("mag2-eth1", 0.5), MeterFlows("mag2-eth1", 1.0))
    world.clock.run(2.1)
    assert [each.interval for each in puppet(world, "mag2").of(FlowsMetered)] == [1.0, 1.0]


def covers(selector: FlowSelector, seen: Headers) -> bool:
    """Say by the definition of a selector whether it covers a packet."""
    wanted = selector.traffic_class
    return (
        selector.source.contains(seen.source)
        and selector.destination.contains(seen.destination)
        and selector.protocol in (0, seen.protocol)
        and selector.source_ports[0] <= seen.source_port <= selector.source_ports[1]
        and selector.destination_ports[0] <= seen.destination_port <= selector.destination_ports[1]
        and (wanted is None or wanted >> 2 == seen.traffic_class >> 2)
    )


def address(chance: Random) -> Address:
    return Address(bytes.fromhex("20010db8") + bytes(11) + bytes([chance.randrange(4)]))


def ports(chance: Random) -> tuple[int, int]:
    low = chance.choice([0, 1, 2, 3])
    return chance.choice([(0, 0xFFFF), (low, low), (low, low + 1)])


def selector(chance: Random) -> FlowSelector:
    return FlowSelector(
        Prefix.of(address(chance), chance.choice([0, 126, 127, 128])),
        Prefix.of(address(chance), chance.choice([0, 64, 128])),
        chance.choice([0, 6, 17]),
        ports(chance),
        ports(chance),
        chance.choice([None, None, 0, 0xB8]),
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_table_finds_what_a_search_through_all_finds(seed: int) -> None:
    chance, table, held = Random(seed), FlowTable[Way](), {}
    for priority in range(60):
        way = Way(selector(chance), UNSPECIFIED, UNSPECIFIED, priority=priority % 7)
        table.add(way)
        held[way.selector] = way
        if chance.random() < 0.3:
            gone = chance.choice(list(held))
            table.remove(gone)
            del held[gone]
    for _ in range(200):
        seen = Headers(
            address(chance),
            address(chance),
            chance.choice([6, 17, 58]),
            chance.randrange(5),
            chance.randrange(5),
            chance.choice([0, 0xB8, 0xBB]),
        )
        expected = [way.priority for way in held.values() if covers(way.selector, seen)]
        found = table.find(seen)
        assert (found.priority if found else None) == min(expected, default=None)
        assert found is None or covers(found.selector, seen)


def test_a_lookup_does_not_take_longer_for_more_flows() -> None:
    def flow(number: int) -> tuple[Prefix, Prefix, int, tuple[int, int], tuple[int, int]]:
        far = Address(bytes.fromhex("20010db8") + number.to_bytes(12))
        port = (number % 60000 + 1,) * 2
        return Prefix(UNSPECIFIED, 128), Prefix(far, 128), UDP, port, port

    def steps(count: int) -> float:
        table = FlowTable[Way]()
        for number in range(count):
            table.add(Way(FlowSelector(*flow(number)), UNSPECIFIED, UNSPECIFIED))
        seen = [
            Headers(UNSPECIFIED, flow(n)[1].network, UDP, flow(n)[3][0], flow(n)[3][0])
            for n in range(0, count, count // 10)
        ]
        begun = time.perf_counter()
        for _ in range(200):
            assert all(table.find(each) is not None for each in seen)
        return (time.perf_counter() - begun) / len(seen)

    assert min(steps(10_000) for _ in range(3)) < 10 * min(steps(10) for _ in range(3))
