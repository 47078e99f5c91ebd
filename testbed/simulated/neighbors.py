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

SOLICITED, OVERRIDE = 0x40000000, 0x20000000
"""Flags of a Neighbor Advertisement (RFC 4861 §4.4)."""

ALL_NODES = Address.parse("ff02::1")


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
    """The neighbour cache of one port. Entries do not age: a neighbour that leaves says nothing.

    Besides the node's own it answers for the addresses that are ``proxied``.
    """

    __slots__ = ("_clock", "_known", "_pending", "_port", "proxied")

    def __init__(self, port: Port, clock: Clock) -> None:
        self._port = port
        self._clock = clock
        self._known: dict[Address, bytes] = {}
        self._pending: dict[Address, Resolution] = {}
        self.proxied: set[Address] = set()

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
        self._ask(neighbor, resolution, packet.outer_source)

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

    def advertised(self, advertisement: NeighborAdvertisement) -> None:
        """Take what a neighbour says of itself, if it is of interest here (RFC 4861 §7.2.5).

        A router is interested in everybody who is new (RFC 9131 §6.1.2).
        """
        neighbor = advertisement.target
        known = neighbor in self._known
        if not known and neighbor not in self._pending and not self._port.node.forwards:
            return
        may_learn = not known or advertisement.flags & OVERRIDE
        for option in advertisement.options:
            if isinstance(option, TargetLinkLayerAddress) and may_learn:
                self.learn(neighbor, option.address)

    def answer(self, solicitation: NeighborSolicitation, packet: Packet, asker: bytes) -> None:
        """Answer for an address of this node, and learn who asked (RFC 4861 §7.2.3-4).

        One who asks without an address of its own wants to use the target: all must hear that it
        is taken (RFC 4862 §5.4.4).
        """
        source, target = packet.source, solicitation.target
        if any(isinstance(option, SourceLinkLayerAddress) for option in solicitation.options):
            self.learn(source, asker)
        own = self._port.node.owns_on(target, self._port)
        if not own and target not in self.proxied:
            return
        flags = OVERRIDE if own else 0  # a proxy gives way to the owner (RFC 4861 §7.2.8)
        speaker = target if own else self._port.link_local
        if any(source):
            self._advertise(target, flags | SOLICITED, speaker, source, asker)
        else:
            self._advertise(target, flags, speaker, ALL_NODES, b"")

    def _advertise(
        self, target: Address, flags: int, speaker: Address, listener: Address, neighbor: bytes
    ) -> None:
        option = TargetLinkLayerAddress(self._port.link_layer_address)
        advertisement = NeighborAdvertisement(target, flags, (option,))
        self._port.transmit(self._port.node.wrap(advertisement, speaker, listener), neighbor)

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
        if not node.owns_on(source, self._port):
            source = self._port.link_local
        option = SourceLinkLayerAddress(self._port.link_layer_address)
        question = NeighborSolicitation(neighbor, (option,))
        self._port.transmit(node.wrap(question, source, solicited_node(neighbor)), b"")
        self._clock.after(RETRANS_TIMER, self._ask, neighbor, resolution, source)
