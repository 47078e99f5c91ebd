"""Constant-rate UDP: datagrams of one size at one interval, in one or both directions."""

from __future__ import annotations

from agents.wire.address import Address
from testbed.simulated.node import Node
from testbed.simulated.packet import HEADER, Packet
from testbed.topology.network import Flow

UDP_HEADER = 8  # octets


class Datagrams:
    """One direction of a UDP flow."""

    def __init__(self, flow: Flow, sender: Node, receiver: Node, *, downward: bool) -> None:
        assert flow.interval is not None
        assert flow.size is not None
        ends = Address.parse(flow.source_address), Address.parse(flow.destination_address)
        self._flow = flow
        self._sender = sender
        self._downward = downward
        self._from, self._to = ends if downward else ends[::-1]
        self._interval = flow.interval
        self._length = HEADER + UDP_HEADER + flow.size
        self._sent = 0
        self._running = 0  # the number of the present run, 0 while stopped
        self._runs = 0
        receiver.endpoints[flow.name] = self._take

    def start(self) -> None:
        """Send the first datagram now."""
        self._runs += 1
        self._running = self._runs
        self._send(self._running)

    def stop(self) -> None:
        """Send no more."""
        self._running = 0

    def _send(self, run: int) -> None:
        if run != self._running:
            return
        self._sender.send(
            Packet(
                self._from,
                self._to,
                self._length,
                flow=self._flow.name,
                downward=self._downward,
                identity=self._sent,
            )
        )
        self._sent += 1
        self._sender.clock.after(self._interval, self._send, run)

    def _take(self, datagram: Packet) -> None:
        """Take a datagram off the network; the captures have counted it."""
