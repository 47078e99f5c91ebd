"""Meters at access links: what they carry towards mobile nodes, flow by flow."""

from __future__ import annotations

from collections.abc import Callable

from agents.core.events import FlowsMetered
from testbed.simulated.clock import Clock
from testbed.simulated.packet import HEADER, Packet
from testbed.simulated.ports import Port
from testbed.simulated.recognition import Headers, Kinds, innermost

Metering = Callable[[FlowsMetered], None]


class Meter:
    """Counts what ``port`` sends, and tells of it every ``interval`` seconds until it is stopped.

    All that is put before the link counts, like the bytes of a kernel's interface: what a full
    queue then drops, too.
    """

    __slots__ = ("_clock", "_flows", "_interval", "_kinds", "_octets", "_port", "_tell")

    def __init__(
        self, clock: Clock, known: Kinds, port: Port, interval: float, tell: Metering
    ) -> None:
        self._clock = clock
        self._kinds = known
        self._port = port
        self._interval = interval
        self._tell = tell
        self._octets = 0
        self._flows: dict[Headers, tuple[int, int]] = {}
        port.meter = self.count
        clock.after(interval, self._read)

    def count(self, packet: Packet) -> None:
        """Count one packet, as all of it and as the flow inside of its tunnels."""
        self._octets += packet.length
        if packet.message is None:
            seen = innermost(packet, self._kinds)
            octets, packets = self._flows.get(seen, (0, 0))
            inner = packet.length - HEADER * len(packet.tunnels)
            self._flows[seen] = octets + inner, packets + 1

    def stop(self) -> None:
        """Count no more."""
        if self._counts():
            self._port.meter = None

    def _counts(self) -> bool:
        return self._port.meter == self.count

    def _read(self) -> None:
        if not self._counts():
            return
        flows = tuple(seen.metered(*counts) for seen, counts in self._flows.items())
        octets = self._octets
        self._octets, self._flows = 0, {}
        self._clock.after(self._interval, self._read)
        self._tell(FlowsMetered(self._port.name, self._interval, octets, flows))
