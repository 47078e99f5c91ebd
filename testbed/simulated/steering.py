"""Single flows that a node sends their own way, before it looks at any route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agents.core.flows import FlowSelector
from agents.wire.address import Address
from testbed.simulated.clock import Clock
from testbed.simulated.flow_table import FlowTable
from testbed.simulated.packet import Packet
from testbed.simulated.ports import Port
from testbed.simulated.recognition import Kinds, outermost

Idle = Callable[[FlowSelector], None]


@dataclass(slots=True)
class Way:
    """Where the packets of a flow go: into a tunnel, or out of ``port`` as they are.

    With ``idle_timeout`` (s) it is told once when no packet came for so long after ``used_at``.
    """

    selector: FlowSelector
    local: Address
    remote: Address
    priority: int = 0
    idle_timeout: float = 0.0
    port: Port | None = None
    next_hop: Address | None = None
    used_at: float = 0.0


class Steering:
    """The flows that one node steers."""

    __slots__ = ("_clock", "_idle", "_kinds", "_ways")

    def __init__(self, clock: Clock, known: Kinds, idle: Idle) -> None:
        self._clock = clock
        self._kinds = known
        self._idle = idle
        self._ways: FlowTable[Way] = FlowTable()

    def __bool__(self) -> bool:
        return bool(self._ways)

    def steer(self, way: Way) -> None:
        """Send the packets of its selector by ``way`` from now on."""
        way.used_at = self._clock.now
        self._ways.add(way)
        if way.idle_timeout:
            self._clock.after(way.idle_timeout, self._look_at, way)

    def stop(self, selector: FlowSelector) -> None:
        """Let the packets of ``selector`` take the routes again."""
        self._ways.remove(selector)

    def clear(self) -> None:
        """Let all packets take the routes again."""
        self._ways.clear()

    def find(self, packet: Packet) -> Way | None:
        """Return the way of ``packet``, which is about to take it; None where routes decide."""
        way = self._ways.find(outermost(packet, self._kinds))
        if way is not None:
            way.used_at = self._clock.now
        return way

    def _look_at(self, way: Way) -> None:
        """Tell that a flow is idle, or look again when it can be."""
        if self._ways.get(way.selector) is not way:
            return
        due = way.used_at + way.idle_timeout
        if due <= self._clock.now:
            self._idle(way.selector)
        else:
            self._clock.at(due, self._look_at, way)
