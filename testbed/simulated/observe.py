"""What a run is judged by: every packet at every port, and what was done when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agents.wire.icmpv6 import EchoReply, EchoRequest
from testbed.evidence.observed import LogEvent, Sighting
from testbed.simulated.clock import Clock
from testbed.simulated.packet import Packet
from testbed.simulated.ports import Port

Log = Callable[..., None]
"""``log(node, event, **details)``: as ``LogEvent``, at the present time."""

_PINGS = frozenset((EchoRequest, EchoReply))


class Recorder:
    """Keeps sightings and events in the order in which they came about."""

    def __init__(self, clock: Clock) -> None:
        self.sightings: list[Sighting] = []
        self.events: list[LogEvent] = []
        self._clock = clock

    def tap(self, port: Port, packet: Packet, outgoing: bool) -> None:
        """See ``packet`` at ``port``, as a capture on that interface is read.

        A Home Address option and a type 2 routing header are put in place (RFC 6275 §9.3.1,
        §11.3.2). Nobody can tell an agent's ping from that of a program, so neither is signalling.
        """
        message = packet.message
        source, destination = packet.ends
        self.sightings.append(
            Sighting(
                self._clock.now,
                port.node.name,
                port.name,
                outgoing,
                packet.length,
                packet.tunnels,
                source,
                destination,
                packet.flow,
                packet.downward,
                packet.identity,
                None if message.__class__ in _PINGS else message,
                extensions=packet.homes.length if packet.homes else 0,
            )
        )

    def log(self, node: str, event: str, /, **details: Any) -> None:
        """Note that ``node`` ("" for the runner) did ``event``."""
        now = self._clock.now
        self.events.append(LogEvent(now, now, node, event, details))
