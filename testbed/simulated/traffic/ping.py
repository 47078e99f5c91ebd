"""A ping: echo requests at an interval, each answered by the other end (RFC 4443 §4)."""

from __future__ import annotations

from testbed.simulated.node import Node
from testbed.simulated.packet import HEADER, Packet
from testbed.simulated.traffic.source import Source
from testbed.topology.network import Flow

ECHO_HEADER = 8  # octets
INTERVAL = 1.0  # s, ping's own
SIZE = 56  # octets, ping's own


class Ping(Source):
    """Echo requests from ``source``; ``destination`` answers what reaches it."""

    def __init__(self, flow: Flow, source: Node, destination: Node) -> None:
        super().__init__(flow)
        self._source = source
        self._destination = destination
        self._interval = flow.interval or INTERVAL
        self._length = HEADER + ECHO_HEADER + (SIZE if flow.size is None else flow.size)
        self._sent = 0
        self._running = 0  # the number of the present run, 0 while stopped
        self._runs = 0
        source.applications.endpoints[flow.name] = self._take_reply
        source.applications.senders[flow.name] = self.break_off
        destination.applications.endpoints[flow.name] = self._answer

    def start(self) -> None:
        """Send the first request now."""
        super().start()
        self._runs += 1
        self._running = self._runs
        self._request(self._running)

    def stop(self) -> None:
        """Send no more requests."""
        self._running = 0

    def _request(self, run: int) -> None:
        if run != self._running:
            return
        self._sent += 1
        ends = self.source_address, self.destination_address
        name = self.flow.name
        self._source.send(Packet(*ends, self._length, flow=name, identity=self._sent))
        self._source.clock.after(self._interval, self._request, run)

    def _answer(self, request: Packet) -> None:
        self._destination.send(
            Packet(
                request.destination,
                request.source,
                request.length,
                flow=self.flow.name,
                downward=False,
                identity=request.identity,
            )
        )

    def _take_reply(self, reply: Packet) -> None:
        """Take a reply off the network; the captures have counted it."""
