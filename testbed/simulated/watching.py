"""Flows that are to come out of one tunnel, and are told of when they come out of another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agents.core.events import FlowStrayed
from agents.core.flows import FlowSelector
from agents.wire.address import Address, Prefix
from testbed.simulated.clock import Clock
from testbed.simulated.flow_table import FlowTable
from testbed.simulated.packet import Packet
from testbed.simulated.recognition import Headers, Kinds, beginning, innermost

Strayed = Callable[[FlowStrayed], None]
_WHOLE = 128  # bits of an address
_WITH_PORTS = frozenset((6, 17, 132))  # TCP, UDP, SCTP


@dataclass(slots=True)
class Watch:
    """The packets of a selector that are to come ``through`` a tunnel from there.

    Each single flow is told of at most once in ``interval`` (s): ``told`` says when it last was.
    """

    selector: FlowSelector
    through: Address
    interval: float
    priority: int = 0
    told: dict[Headers, float] = field(default_factory=dict)


class Watches:
    """What one node watches."""

    __slots__ = ("_clock", "_kinds", "_strayed", "_watches")

    def __init__(self, clock: Clock, known: Kinds, strayed: Strayed) -> None:
        self._clock = clock
        self._kinds = known
        self._strayed = strayed
        self._watches: FlowTable[Watch] = FlowTable()

    def __bool__(self) -> bool:
        return bool(self._watches)

    def watch(self, watch: Watch) -> None:
        """Watch the packets of its selector from now on."""
        self._watches.add(watch)

    def stop(self, selector: FlowSelector) -> None:
        """Watch the packets of ``selector`` no longer."""
        self._watches.remove(selector)

    def clear(self) -> None:
        """Watch nothing."""
        self._watches.clear()

    def see(self, packet: Packet, came_by: Address) -> None:
        """See a packet that has come out of all tunnels, the outermost of which was ``came_by``."""
        seen = innermost(packet, self._kinds)
        watch = self._watches.find(seen)
        if watch is None or came_by == watch.through:
            return
        now = self._clock.now
        last = watch.told.get(seen)
        if last is None or now - last >= watch.interval:
            watch.told[seen] = now
            octets = beginning(packet, self._kinds)
            self._strayed(FlowStrayed(watch.selector, came_by, single(seen), octets))


def single(seen: Headers) -> FlowSelector:
    """Return the selector of the one flow that a packet with these headers belongs to."""
    ends = Prefix(seen.source, _WHOLE), Prefix(seen.destination, _WHOLE)
    if seen.protocol not in _WITH_PORTS:
        return FlowSelector(*ends, seen.protocol)
    near, far = seen.source_port, seen.destination_port
    return FlowSelector(*ends, seen.protocol, (near, near), (far, far))
