"""A TCP transfer: a connection for each time that the flow is started."""

from __future__ import annotations

from collections.abc import Callable

from testbed.simulated.applications import Connection
from testbed.simulated.node import Node
from testbed.simulated.packet import Packet
from testbed.simulated.traffic.caller import Caller
from testbed.simulated.traffic.receiver import Receiver
from testbed.simulated.traffic.segments import ACK_LENGTH, NONE, SYN_LENGTH, Segment, maximum_size
from testbed.simulated.traffic.sender import Emit, Sender
from testbed.simulated.traffic.source import Source
from testbed.topology.network import Flow


class Transfer(Source):
    """Data from one end of a TCP flow to the other; ``downward`` from source to destination.

    The end that has the data opens the connection, unless it is ``called`` by the other.
    """

    def __init__(
        self,
        flow: Flow,
        sender: Node,
        receiver: Node,
        *,
        downward: bool,
        path_mtu: int,
        called: bool = False,
    ) -> None:
        super().__init__(flow)
        self._nodes = sender, receiver
        self._downward = downward
        self._path_mtu = path_mtu
        self._called = called
        self._size = 0  # octets of a segment of the present connection
        self._sent = 0
        self._sender: Sender | None = None
        self._caller: Caller | None = None

    def start(self) -> None:
        """Open a connection now."""
        super().start()
        sender, receiver = self._nodes
        emit, answer = self._emitter(forth=True), self._emitter(forth=False)
        opened = Sender(sender.clock, emit, self.flow.rate, self._choose_size)
        opposite = Receiver(receiver.clock, answer)
        self._listen(sender, opened.take, self.break_off)
        self._listen(receiver, opposite.take, self._hang_up)
        sender.applications.limits[self.flow.name] = self._limit
        self._sender = opened
        if self._called:
            self._caller = caller = Caller(receiver.clock, answer)
            self._listen(receiver, caller.until_answered(opposite.take), self._hang_up)
            caller.call()
        else:
            opened.open()

    def stop(self) -> None:
        """Let go of the connection."""
        for node in self._nodes:
            node.applications.connections.pop(self.flow.name, None)
        if self._caller is not None:
            self._caller.stop()
        if self._sender is not None:
            self._sender.close()

    def _listen(
        self, node: Node, take: Callable[[Segment], None], refused: Callable[[], None]
    ) -> None:
        ends = self.source_address, self.destination_address
        downward = self._downward is (node is self._nodes[0])
        connection = Connection(*(ends if downward else ends[::-1]), downward)
        node.applications.connections[self.flow.name] = connection
        node.applications.endpoints[self.flow.name] = _taker(take, refused)
        node.applications.senders[self.flow.name] = refused

    def _hang_up(self) -> None:
        """Take no more at the receiving end; if that has begun the flow, it is over."""
        receiver = self._nodes[1]
        receiver.applications.endpoints.pop(self.flow.name, None)
        receiver.applications.connections.pop(self.flow.name, None)
        if self._called:
            self.break_off()

    def _emitter(self, *, forth: bool) -> Emit:
        node = self._nodes[0 if forth else 1]
        downward = self._downward is forth
        ends = self.source_address, self.destination_address
        source, destination = ends if downward else ends[::-1]

        def emit(segment: Segment) -> None:
            packet = Packet(
                source,
                destination,
                self._length(segment),
                flow=self.flow.name,
                downward=downward,
                identity=self._identify(segment),
                payload=segment,
            )
            node.send(packet)

        return emit

    def _choose_size(self) -> int:
        """Choose what fits both ends' links (they tell each other) and the path between them."""
        sender, receiver = self._nodes
        ends = self.source_address, self.destination_address
        forth = ends if self._downward else ends[::-1]
        room = max(sender.room(*forth), receiver.room(*forth[::-1]))
        self._size = maximum_size(min(sender.mtu, receiver.mtu, self._path_mtu) - room)
        return self._size

    def _limit(self, mtu: int) -> None:
        """Send shorter segments from now on, and again what was too long (RFC 8201 §5.4)."""
        size = maximum_size(mtu)
        if self._sender is not None and 0 < size < self._size:
            self._size = size
            self._sender.shorten(size)

    def _length(self, segment: Segment) -> int:
        if segment.syn or segment.call:
            return SYN_LENGTH
        return ACK_LENGTH if segment.number == NONE else ACK_LENGTH + self._size

    def _identify(self, segment: Segment) -> int | None:
        """Return a number for a segment with data; a retransmission counts as sent anew."""
        if segment.number == NONE:
            return None
        self._sent += 1
        return self._sent


def _taker(
    take: Callable[[Segment], None], refused: Callable[[], None]
) -> Callable[[Packet], None]:
    def taker(packet: Packet) -> None:
        segment: Segment = packet.payload
        if segment.reset:
            refused()
        else:
            take(segment)

    return taker
