"""What a router says of a packet for which it has no route (RFC 4443 §3.1)."""

from __future__ import annotations

from agents.wire.address import Address
from agents.wire.icmpv6 import DestinationUnreachable
from testbed.simulated.packet import HEADER, MULTICAST, Packet
from testbed.simulated.ports import Owner

LONGEST = 1280 - HEADER - 8  # octets of the packet that are returned
INTERVAL = 0.25  # s between replies to one source that is routed by a /64 or a /48, as in Linux
BURST = 6  # replies that come at once where none were due for long, as in Linux


class Unreachable:
    """Sends Destination Unreachable for a node, not too often to any one source."""

    __slots__ = ("_node", "_saved")

    def __init__(self, node: Owner) -> None:
        self._node = node
        self._saved: dict[Address, tuple[float, float]] = {}  # seconds saved up, and at what time

    def reply(self, packet: Packet) -> None:
        """Tell the source of ``packet``, unless that is none or the packet tells of an error."""
        source, own = packet.source, self._node.own_address
        error = isinstance(packet.message, DestinationUnreachable)
        if error or own is None or not any(source) or source[0] == MULTICAST:
            return
        if self._spend(source):
            message = DestinationUnreachable(bytes(min(packet.length, LONGEST)))
            self._node.send(self._node.wrap(message, own, source))

    def _spend(self, source: Address) -> bool:
        now = self._node.clock.now
        saved, since = self._saved.get(source, (BURST * INTERVAL, now))
        saved = min(saved + now - since, BURST * INTERVAL)
        allowed = saved >= INTERVAL
        self._saved[source] = (saved - INTERVAL if allowed else saved, now)
        return allowed
