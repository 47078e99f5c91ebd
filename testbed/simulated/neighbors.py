"""Neighbour Discovery on an access link: who is behind an address (RFC 4861 §7.2)."""

from __future__ import annotations

from agents.wire.address import Address
from agents.wire.ndisc import (
    NeighborAdvertisement,
    NeighborSolicitation,
    SourceLinkLayerAddress,
    TargetLinkLayerAddress,
)
from testbed.simulated.clock import Clock
from testbed.simulated.packet import Packet
from testbed.simulated.ports import Port

MAX_MULTICAST_SOLICIT = 3  # RFC 4861 §10
RETRANS_TIMER = 1.0  # s, RFC 4861 §10
QUEUE = 101  # packets that Linux holds for an unresolved neighbour (unres_qlen)

SOLICITED_OVERRIDE = 0x60000000
"""Flags of an advertisement that answers a solicitation (RFC 4861 §4.4)."""


def solicited_node(address: Address) -> Address:
    """Return the multicast address at which ``address`` is asked for (RFC 4291 §2.7.1)."""
    return Address(bytes.fromhex("ff0200000000000000000001ff") + address[13:])


class Resolution:
    """An exchange under way: how often was asked, and what waits for the answer."""

    __slots__ = ("asked", "queue")

    def __init__(self, packet: Packet) -> None:
        self.asked = 0
        self.queue = [packet]


class Neighbors:
    """The neighbour cache of one port. Entries do not age: a neighbour that leaves says nothing."""

    __slots__ = ("_clock", "_known", "_pending", "_port")

    def __init__(self, port: Port, clock: Clock) -> None:
        self._port = port
        self._clock = clock
        self._known: dict[Address, bytes] = {}
        self._pending: dict[Address, Resolution] = {}

    def send(self, packet: Packet, neighbor: Address) -> None:
        """Send ``packet`` to ``neighbor`` now, or when it has told its link-layer address."""
        link_layer_address = self._known.get(neighbor)
        if link_layer_address is not None:
            self._port.transmit(packet, link_layer_address)
            return
        resolution = self._pending.get(neighbor)
        if resolution is not None:
            self._enqueue(resolution, packet)
            return
        resolution = self._pending[neighbor] = Resolution(packet)
        self._ask(neighbor, resolution, packet.source)

    def learn(self, neighbor: Address, link_layer_address: bytes) -> None:
        """Know ``neighbor``, and send what has waited for it."""
        self._known[neighbor] = link_layer_address
        resolution = self._pending.pop(neighbor, None)
        if resolution is not None:
            for packet in resolution.queue:
                self._port.transmit(packet, link_layer_address)

    def forget(self, neighbor: Address) -> None:
        """Know ``neighbor`` no longer."""
        self._known.pop(neighbor, None)

    def clear(self) -> None:
        """Forget all neighbours and what waits for them, as Linux does when carrier is lost."""
        for resolution in self._pending.values():
            self._port.node.drops["unresolved"] += len(resolution.queue)
        self._known.clear()
        self._pending.clear()

    def answer(self, solicitation: NeighborSolicitation, packet: Packet, asker: bytes) -> None:
        """Answer for an address of this node, and learn who asked (RFC 4861 §7.2.3-4)."""
        if any(isinstance(option, SourceLinkLayerAddress) for option in solicitation.options):
            self.learn(packet.source, asker)
        node = self._port.node
        target = solicitation.target
        if not any(packet.source) or not node.owns(target, self._port):
            return
        option = TargetLinkLayerAddress(self._port.link_layer_address)
        answer = NeighborAdvertisement(target, SOLICITED_OVERRIDE, (option,))
        self._port.transmit(node.wrap(answer, target, packet.source), asker)

    def _enqueue(self, resolution: Resolution, packet: Packet) -> None:
        if len(resolution.queue) == QUEUE:  # the oldest gives way, as in Linux
            resolution.queue.pop(0)
            self._port.node.drops["unresolved"] += 1
        resolution.queue.append(packet)

    def _ask(self, neighbor: Address, resolution: Resolution, source: Address) -> None:
        if self._pending.get(neighbor) is not resolution:
            return
        if resolution.asked == MAX_MULTICAST_SOLICIT:
            del self._pending[neighbor]
            self._port.node.drops["unresolved"] += len(resolution.queue)
            return
        resolution.asked += 1
        node = self._port.node
        if not node.owns(source, self._port):
            source = self._port.link_local
        option = SourceLinkLayerAddress(self._port.link_layer_address)
        question = NeighborSolicitation(neighbor, (option,))
        self._port.transmit(node.wrap(question, source, solicited_node(neighbor)), b"")
        self._clock.after(RETRANS_TIMER, self._ask, neighbor, resolution, source)
