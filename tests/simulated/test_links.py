from collections import Counter

import pytest

from agents.wire.address import Address
from testbed.simulated.chance import stream
from testbed.simulated.clock import Clock
from testbed.simulated.links import FRAMING, QUEUE, Channel
from testbed.simulated.packet import Packet
from testbed.topology.network import LinkSettings

HERE, THERE = Address.parse("2001:db8::1"), Address.parse("2001:db8::2")


class Line:
    """A channel with a note of what arrives when."""

    def __init__(self, settings: LinkSettings, seed: int = 1) -> None:
        self.clock = Clock()
        self.drops: Counter[str] = Counter()
        self.arrivals: list[tuple[float, object]] = []
        self.channel = Channel(self.clock, settings, stream(seed), self._arrive, self.drops)

    def send(self, count: int = 1, length: int = 1000) -> None:
        for identity in range(count):
            self.channel.send(Packet(HERE, THERE, length, identity=identity))

    def run(self) -> list[float]:
        self.clock.run(1000.0)
        return [at for at, _ in self.arrivals]

    def _arrive(self, packet: Packet) -> None:
        self.arrivals.append((self.clock.now, packet.identity))


def test_a_packet_takes_the_delay() -> None:
    line = Line(LinkSettings(delay=0.01))
    line.send()
    assert line.run() == [0.01]


def test_a_limited_link_serialises_frames_one_after_the_other() -> None:
    line = Line(LinkSettings(delay=0.01, rate=8e6))
    line.send(3, length=1000)
    frame = (1000 + FRAMING) / 1e6
    assert line.run() == pytest.approx([0.01 + frame * number for number in (1, 2, 3)])


def test_a_full_queue_drops_what_comes_last() -> None:
    line = Line(LinkSettings(rate=8e6))
    line.send(2 * QUEUE, length=1500)
    kept = line.run()
    assert len(kept) == QUEUE + 1  # the queue, and the frame on the wire
    assert [identity for _, identity in line.arrivals] == list(range(QUEUE + 1))
    assert line.drops["queue_full"] == 2 * QUEUE - len(kept)


def test_loss_comes_from_the_seed_and_is_as_frequent_as_said() -> None:
    lines = [Line(LinkSettings(loss=0.2), seed) for seed in (1, 1, 2)]
    for line in lines:
        line.send(2000)
        line.run()
    first, again, other = ([identity for _, identity in line.arrivals] for line in lines)
    assert first == again != other
    assert len(first) == pytest.approx(1600, abs=80)


def test_jitter_stays_in_its_bounds_and_keeps_the_order() -> None:
    line = Line(LinkSettings(delay=0.01, jitter=0.004))
    line.send(500)
    arrivals = line.run()
    assert arrivals == sorted(arrivals)
    assert [identity for _, identity in line.arrivals] == list(range(500))
    assert min(arrivals) >= 0.006
    assert 0.013 < max(arrivals) <= 0.014


def test_a_packet_beyond_the_mtu_is_dropped() -> None:
    line = Line(LinkSettings(mtu=1500))
    line.send(length=1501)
    line.send(length=1500)
    assert len(line.run()) == 1
    assert line.drops == {"packet_too_big": 1}


def test_a_closed_link_loses_what_is_under_way() -> None:
    line = Line(LinkSettings(delay=0.01))
    line.send()
    line.clock.run(0.005)
    line.channel.close()
    assert line.run() == []
    assert line.drops == {"link_down": 1}
