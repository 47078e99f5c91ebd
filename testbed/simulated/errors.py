"""What a node says of packets that it cannot take: ICMPv6 errors (RFC 4443 §3)."""

from __future__ import annotations

from typing import NamedTuple

from agents.wire.address import Address
from agents.wire.icmpv6 import (
    DestinationUnreachable,
    Icmpv6Message,
    PacketTooBig,
    ParameterProblem,
    TimeExceeded,
)
from testbed.simulated.carriage import octets_of
from testbed.simulated.packet import HEADER, MULTICAST, Packet
from testbed.simulated.ports import Owner

LONGEST = 1280 - HEADER - 8  # octets of the packet that are returned
INTERVAL = 0.25  # s between replies to one source that is routed by a /64 or a /48, as in Linux
BURST = 6  # replies that come at once where none were due for long, as in Linux

UNRECOGNIZED_HEADER, UNRECOGNIZED_OPTION, ERRONEOUS_FIELD = 1, 2, 0  # codes, RFC 4443 §3.4
PORT_UNREACHABLE = 4  # a code, RFC 4443 §3.1
_NEXT_HEADER = 6  # the offset of the field in an IPv6 header
_ROUTING_TYPE = HEADER + 2
_OPTION_TYPE = 6  # the offset of a Home Address option in its header

_ERRORS = (DestinationUnreachable, PacketTooBig, TimeExceeded, ParameterProblem)


class Returned(NamedTuple):
    """By what a sender knows the packet that an error returns: a kernel looks for its socket.

    ``mtu`` is what the next link takes, 0 where the error is of another kind. From inside of a
    tunnel it is ``inner`` that its entry has to tell of.
    """

    flow: str
    mtu: int = 0
    extensions: int = 0  # octets of what the sender's kernel has added
    inner: Packet | None = None


class Errors:
    """Sends the errors of a node, not too often to any one source."""

    __slots__ = ("_node", "_saved")

    def __init__(self, node: Owner) -> None:
        self._node = node
        self._saved: dict[Address, tuple[float, float]] = {}  # seconds saved up, and at what time

    def unreachable(self, packet: Packet) -> None:
        """Tell the source of ``packet`` that there is no route, if this node has an address."""
        own = self._node.own_address
        if own is not None and self._may_tell(packet):
            self._tell(own, packet, DestinationUnreachable(bytes(min(packet.length, LONGEST))))

    def too_big(self, packet: Packet, mtu: int) -> None:
        """Tell the source of ``packet`` that the next link takes no more than ``mtu`` octets."""
        own = self._node.own_address
        if own is None or not self._may_tell(packet):
            return
        told = self._node.wrap(
            PacketTooBig(mtu, octets_of(packet)[:LONGEST]), own, packet.outer_source
        )
        inner = packet if packet.tunnels else None
        if inner is not None:
            inner.decapsulate()
        extensions = packet.homes.length if packet.homes else 0
        told.payload = Returned(packet.flow, mtu, extensions, inner)
        self._node.send(told)

    def unknown_message(self, packet: Packet) -> None:
        """Answer a Mobility Header as a kernel does that knows none and has nobody to ask."""
        if self._may_tell(packet):
            problem = ParameterProblem(
                _NEXT_HEADER, octets_of(packet)[:LONGEST], code=UNRECOGNIZED_HEADER
            )
            self._tell(packet.destination, packet, problem)

    def unknown_extension(self, packet: Packet) -> None:
        """Answer the first extension header of ``packet`` as a kernel without MIPv6 does."""
        homes = packet.homes
        assert homes is not None
        if not self._may_tell(packet):
            return
        pointer, code = HEADER + _OPTION_TYPE, UNRECOGNIZED_OPTION
        if homes.routed_to is not None:
            pointer, code = _ROUTING_TYPE, ERRONEOUS_FIELD
        problem = ParameterProblem(pointer, octets_of(packet)[:LONGEST], code=code)
        self._tell(packet.destination, packet, problem)

    def refused(self, packet: Packet) -> None:
        """Tell the source of ``packet``, which belongs to a flow, that this node refuses it."""
        if self._may_tell(packet):
            error = DestinationUnreachable(octets_of(packet)[:LONGEST], code=PORT_UNREACHABLE)
            self._tell(packet.destination, packet, error, Returned(packet.flow))

    def _tell(
        self, own: Address, packet: Packet, error: Icmpv6Message, returned: Returned | None = None
    ) -> None:
        told = self._node.wrap(error, own, packet.source)
        told.payload = returned
        self._node.send(told)

    def _may_tell(self, packet: Packet) -> bool:
        source = packet.source
        if isinstance(packet.message, _ERRORS) or not any(source) or source[0] == MULTICAST:
            return False
        return self._spend(source)

    def _spend(self, source: Address) -> bool:
        now = self._node.clock.now
        saved, since = self._saved.get(source, (BURST * INTERVAL, now))
        saved = min(saved + now - since, BURST * INTERVAL)
        allowed = saved >= INTERVAL
        self._saved[source] = (saved - INTERVAL if allowed else saved, now)
        return allowed
