"""Constant-rate UDP: datagrams of one size at one interval, in one or both directions."""

from __future__ import annotations

from testbed.simulated.node import Node
from testbed.simulated.packet import HEADER, Packet
from testbed.simulated.traffic.source import Source
from testbed.topology.network import Flow

UDP_HEADER = 8  # octets


class Datagrams(Source):
    """One direction of a UDP flow."""

    def __init__(self, flow: Flow, sender: Node, receiver: Node, *, downward: bool) -> None:
        assert flow.interval is not None
        assert flow.size is not None
        super().__init__(flow)
        self._sender = sender
        self._downward = downward
        self._interval = flow.interval
        self._length = HEADER + UDP_HEADER + flow.size
        self._sent = 0
        self._running = 0  # the number of the present run, 0 while stopped
        self._runs = 0
        sender.applications.senders[flow.name] = self.break_off
        receiver.applications.endpoints[flow.name] = self._take

    def start(self) -> None:
        """Send the first datagram now."""
        super().start()
        self._runs += 1
        self._running = self._runs
        self._send(self._running)

    def stop(self) -> None:
        """Send no more."""
        self._running = 0

    def _send(self, run: int) -> None:
        if run != self._running:
            return
        ends = self.source_address, self.destination_address
        datagram = Packet(
            *(ends if self._downward else ends[::-1]),
            self._length,
            flow=self.flow.name,
            downward=self._downward,
            identity=self._sent,
        )
        self._sent += 1
        self._sender.send(datagram)
        self._sender.clock.after(self._interval, self._send, run)

    def _take(self, datagram: Packet) -> None:
        """Take a datagram off the network; the captures have counted it."""
