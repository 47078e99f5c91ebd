"""Both ends of a simulated connection over two channels, without a network around them."""

from collections import Counter

import pytest

from agents.wire.address import Address
from testbed.simulated.chance import stream
from testbed.simulated.clock import Clock
from testbed.simulated.links import Channel
from testbed.simulated.packet import Packet
from testbed.simulated.traffic.receiver import Receiver
from testbed.simulated.traffic.segments import ACK_LENGTH, Segment
from testbed.simulated.traffic.sender import WINDOW, Sender
from testbed.topology.network import LinkSettings

SIZE = 1400
HERE, THERE = Address.parse("2001:db8::1"), Address.parse("2001:db8::2")
FAST = LinkSettings(delay=0.01)


class Connection:
    """A sender and a receiver, the links between them."""

    def __init__(self, forth: LinkSettings, back: LinkSettings, rate: float | None = None) -> None:
        self.clock = Clock()
        self.cut = False
        self.sent: list[tuple[float, Segment]] = []
        self.lose: set[int] = set()  # the segments that do not arrive when first sent
        self.drops: Counter[str] = Counter()
        self.forth = self._channel(forth, "forth", self._at_receiver)
        self.back = self._channel(back, "back", self._at_sender)
        self.sender = Sender(self.clock, self._send, rate, lambda: SIZE)
        self.receiver = Receiver(self.clock, self._answer)
        self.acknowledged = 0

    def run(self, until: float) -> int:
        self.clock.run(until)
        return self.acknowledged

    def _channel(self, settings: LinkSettings, name: str, arrive: object) -> Channel:
        return Channel(self.clock, settings, stream(7, name), arrive, self.drops)  # type: ignore[arg-type]

    def _send(self, segment: Segment) -> None:
        self.sent.append((self.clock.now, segment))
        lost = segment.number in self.lose
        self.lose.discard(segment.number)
        if not self.cut and not lost:
            length = ACK_LENGTH + SIZE
            self.forth.send(Packet(HERE, THERE, length, payload=segment))

    def _answer(self, segment: Segment) -> None:
        self.acknowledged = max(self.acknowledged, segment.ack * SIZE)
        if not self.cut:
            self.back.send(Packet(THERE, HERE, ACK_LENGTH, payload=segment))

    def _at_receiver(self, packet: Packet) -> None:
        self.receiver.take(packet.payload)

    def _at_sender(self, packet: Packet) -> None:
        self.sender.take(packet.payload)


def test_nothing_is_sent_before_the_handshake_and_ten_segments_after_it() -> None:
    connection = Connection(FAST, FAST)
    connection.sender.open()
    connection.run(0.0201)
    assert [(at, segment.syn) for at, segment in connection.sent[:1]] == [(0.0, True)]
    assert [segment.number for _, segment in connection.sent[1:]] == list(range(10))
    assert all(at == pytest.approx(0.02) for at, _ in connection.sent[1:])


def test_it_fills_the_bottleneck() -> None:
    rate = 10e6
    connection = Connection(LinkSettings(delay=0.01, rate=rate), FAST)
    connection.sender.open()
    begun = connection.run(2.0)
    assert (connection.run(12.0) - begun) * 8 / 10 == pytest.approx(0.93 * rate, rel=0.05)


def test_without_a_bottleneck_the_receiver_s_window_bounds_it() -> None:
    connection = Connection(FAST, FAST)
    connection.sender.open()
    begun = connection.run(1.0)
    assert connection.run(3.0) - begun == pytest.approx(2 * WINDOW / 0.02, rel=0.05)


def test_a_rate_is_kept_to() -> None:
    connection = Connection(FAST, FAST, rate=2e6)
    connection.sender.open()
    assert connection.run(10.0) * 8 / 10 == pytest.approx(2e6, rel=0.02)


def test_it_survives_an_outage_and_goes_on_at_full_speed() -> None:
    rate = 10e6
    connection = Connection(LinkSettings(delay=0.01, rate=rate), FAST)
    connection.sender.open()
    connection.run(2.0)
    connection.cut = True
    before = connection.run(2.5)
    connection.cut = False
    connection.run(4.0)
    later = connection.run(5.0)
    assert later > before
    assert (connection.run(8.0) - later) * 8 / 3 == pytest.approx(0.93 * rate, rel=0.05)


def test_a_timeout_doubles_with_each_silence() -> None:
    connection = Connection(FAST, FAST)
    connection.cut = True
    connection.sender.open()
    connection.run(16.0)
    assert [at for at, _ in connection.sent] == [0.0, 1.0, 3.0, 7.0, 15.0]


def test_one_loss_is_mended_within_two_round_trips() -> None:
    connection = Connection(LinkSettings(delay=0.01, rate=10e6), FAST)
    connection.lose.add(20)
    connection.sender.open()
    connection.run(1.0)
    times = [at for at, segment in connection.sent if segment.number == 20]
    assert len(times) == 2
    assert 0.02 < times[1] - times[0] < 0.06
    assert max(Counter(segment.number for _, segment in connection.sent).values()) == 2


def test_many_losses_of_one_window_are_mended_together() -> None:
    connection = Connection(LinkSettings(delay=0.01, rate=10e6), FAST)
    connection.lose.update(range(30, 60, 2))
    connection.sender.open()
    connection.run(1.0)
    again = [at for at, segment in connection.sent if segment.number in range(30, 60, 2)]
    assert len(again) == 30
    assert max(again) - min(again) < 0.15


def test_a_lost_tail_is_probed_for_before_the_timeout() -> None:
    connection = Connection(FAST, FAST, rate=1e6)
    connection.lose.add(50)
    connection.sender.open()
    connection.run(2.0)
    times = [at for at, segment in connection.sent if segment.number == 50]
    assert len(times) == 2
    assert times[1] - times[0] < 0.15


@pytest.mark.parametrize("loss", [0.001, 0.01])
def test_random_loss_slows_it_down_and_does_not_stop_it(loss: float) -> None:
    connection = Connection(LinkSettings(delay=0.01, loss=loss), FAST)
    connection.sender.open()
    connection.run(1.0)
    middle = connection.run(10.0)
    assert connection.run(20.0) - middle > 1_000_000


def test_a_closed_sender_sends_nothing() -> None:
    connection = Connection(FAST, FAST)
    connection.sender.open()
    connection.run(1.0)
    connection.sender.close()
    count = len(connection.sent)
    connection.run(10.0)
    assert len(connection.sent) == count
