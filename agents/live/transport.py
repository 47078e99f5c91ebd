"""How a core's messages leave: Mobility Header, ICMPv6, tunnelled, or framed to a neighbour."""

from __future__ import annotations

from time import monotonic

from agents.core.actions import SendMessage
from agents.live.groups import HOPS, TunnelSender
from agents.live.interfaces import index_of
from agents.live.journal import Journal, Level
from agents.live.sockets import HOP_LIMIT, FrameSender, RawSocket
from agents.wire import icmpv6, mobility, packet
from agents.wire.messages import MobilityMessage
from agents.wire.names import message_name


class Transport:
    """Sends messages and logs each that the kernel took."""

    def __init__(
        self,
        mobility_socket: RawSocket,
        icmpv6_socket: RawSocket,
        frames: FrameSender,
        tunnelled: TunnelSender,
        journal: Journal,
    ) -> None:
        self._mobility = mobility_socket
        self._icmpv6 = icmpv6_socket
        self._frames = frames
        self._tunnelled = tunnelled
        self._journal = journal

    def send(self, action: SendMessage) -> None:
        """Send a message; where the kernel refuses, count and log it as a packet would be lost."""
        began_at = monotonic()  # the kernel may carry it to the other end before it returns
        try:
            length = self._send(action)
        except OSError as error:
            why = error.strerror or str(error)
            self._journal.counters["failed: SendMessage"] += 1
            self._journal.event("send_failed", {"error": why, **_addresses(action)})
            self._journal.log(Level.ERROR, lambda: f"{action} failed: {why}")
            return
        self._journal.counters["messages sent"] += 1
        details = {**_addresses(action), "octets": length}
        self._journal.event("message_sent", details, began_at)

    def _send(self, action: SendMessage) -> int:
        message, source, destination = action.message, action.source, action.destination
        if action.outer_destination is not None:
            whole = packet.emit(packet.Packet(source, destination, message, hop_limit=HOPS))
            self._tunnelled.send(whole, source, action.outer_destination)
            return mobility.length(message)
        if isinstance(message, MobilityMessage):
            octets = mobility.emit(message, source, destination)
            self._mobility.send(octets, source, destination, _index(action.interface))
            return len(octets)
        octets = icmpv6.emit(message, source, destination)
        if action.link_layer_destination:
            to = action.link_layer_destination
            self._frames.send(octets, source, destination, action.interface, to)
        else:
            index = _index(action.interface)
            self._icmpv6.send(octets, source, destination, index, HOP_LIMIT)
        return len(octets)


def _index(interface: str) -> int:
    return index_of(interface) if interface else 0


def _addresses(action: SendMessage) -> dict[str, str]:
    details = {
        "message": message_name(action.message),
        "source": str(action.source),
        "destination": str(action.destination),
    }
    if action.interface:
        details["interface"] = action.interface
    if action.outer_destination is not None:
        details["outer_destination"] = str(action.outer_destination)
    return details
