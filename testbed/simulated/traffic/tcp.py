"""A TCP transfer: a connection for each time that the flow is started."""

from __future__ import annotations

from collections.abc import Callable

from agents.wire.address import Address
from testbed.simulated.node import Node
from testbed.simulated.packet import Packet
from testbed.simulated.traffic.receiver import Receiver
from testbed.simulated.traffic.segments import ACK_LENGTH, NONE, SYN_LENGTH, Segment, maximum_size
from testbed.simulated.traffic.sender import Emit, Sender
from testbed.topology.network import Flow


class Transfer:
    """Data from one end of a TCP flow to the other; ``downward`` from source to destination."""

    def __init__(
        self, flow: Flow, sender: Node, receiver: Node, *, downward: bool, path_mtu: int
    ) -> None:
        ends = Address.parse(flow.source_address), Address.parse(flow.destination_address)
        self._flow = flow
        self._nodes = sender, receiver
        self._addresses = ends if downward else ends[::-1]
        self._downward = downward
        self._path_mtu = path_mtu
        self._size = 0  # octets of a segment of the present connection
        self._sent = 0
        self._sender: Sender | None = None

    def start(self) -> None:
        """Open a connection now."""
        sender, receiver = self._nodes
        emit, answer = self._emitter(forth=True), self._emitter(forth=False)
        opened = Sender(sender.clock, emit, self._flow.rate, self._choose_size)
        opposite = Receiver(receiver.clock, answer)
        sender.endpoints[self._flow.name] = _taker(opened.take)
        receiver.endpoints[self._flow.name] = _taker(opposite.take)
        self._sender = opened
        opened.open()

    def stop(self) -> None:
        """Let go of the connection."""
        if self._sender is not None:
            self._sender.close()

    def _emitter(self, *, forth: bool) -> Emit:
        node = self._nodes[0 if forth else 1]
        source, destination = self._addresses if forth else self._addresses[::-1]
        downward = self._downward is forth

        def emit(segment: Segment) -> None:
            packet = Packet(
                source,
                destination,
                self._length(segment),
                flow=self._flow.name,
                downward=downward,
                identity=self._identify(segment),
                payload=segment,
            )
            node.send(packet)

        return emit

    def _choose_size(self) -> int:
        """Choose what fits both ends' links (they tell each other) and the path between them."""
        sender, receiver = self._nodes
        self._size = maximum_size(min(sender.mtu, receiver.mtu, self._path_mtu))
        return self._size

    def _length(self, segment: Segment) -> int:
        if segment.syn:
            return SYN_LENGTH
        return ACK_LENGTH if segment.number == NONE else ACK_LENGTH + self._size

    def _identify(self, segment: Segment) -> int | None:
        """Return a number for a segment with data; a retransmission counts as sent anew."""
        if segment.number == NONE:
            return None
        self._sent += 1
        return self._sent


def _taker(take: Callable[[Segment], None]) -> Callable[[Packet], None]:
    return lambda packet: take(packet.payload)
