"""Ports on access links, whose neighbours come and go."""

from __future__ import annotations

from agents.wire.address import UNSPECIFIED, Address, Prefix
from testbed.simulated.links import Channel
from testbed.simulated.neighbors import Neighbors
from testbed.simulated.packet import MULTICAST, Packet
from testbed.simulated.ports import Owner, Port

_LINK_LOCAL = Prefix.parse("fe80::/10")


class ResolvingPort(Port):
    """An interface whose neighbours must first be resolved to link-layer addresses."""

    __slots__ = ("neighbors",)

    def __init__(self, node: Owner, name: str, link_layer_address: bytes, link_local: Address):
        super().__init__(node, name, link_layer_address, link_local)
        self.neighbors = Neighbors(self, node.clock)

    def send(self, packet: Packet, next_hop: Address) -> None:
        """Send ``packet`` to ``next_hop``, after a neighbour exchange where none was held yet."""
        if next_hop[0] == MULTICAST:
            self.transmit(packet, b"")
        else:
            self.neighbors.send(packet, next_hop)


class AccessPort(ResolvingPort):
    """A router's interface to mobiles that come and go, each on a channel of its own.

    Where the link has ``prefixes``, it takes no packet whose source is of another, nor one that
    comes as if from this router (BCP 38). A router that guards the link needs none: it knows the
    addresses one by one.
    """

    __slots__ = ("channels", "prefixes")

    def __init__(self, node: Owner, name: str, link_layer_address: bytes, link_local: Address):
        super().__init__(node, name, link_layer_address, link_local)
        self.channels: dict[bytes, Channel] = {}
        self.prefixes: list[Prefix] = []

    def receive(self, packet: Packet, neighbor: bytes = b"") -> None:
        """Take ``packet`` from the link, sent by the mobile ``neighbor``."""
        if self.tap is not None:
            self.tap(self, packet, False)
        if self.prefixes and not self._may_come_from(packet.outer_source):
            self.node.drops["ingress_filter"] += 1
        else:
            self.node.receive(packet, self, neighbor)

    def transmit(self, packet: Packet, neighbor: bytes) -> None:
        """Send ``packet`` to the mobile ``neighbor``, or to all of them where none is named."""
        if self.tap is not None:
            self.tap(self, packet, True)
        if self.meter is not None:
            self.meter(packet)
        if neighbor:
            self._send_to(neighbor, packet)
            return
        for channel in self.channels.values():
            channel.send(packet.copy())

    def _may_come_from(self, source: Address) -> bool:
        if source == UNSPECIFIED or _LINK_LOCAL.contains(source):
            return source != self.link_local
        if self.node.owns(source, self):
            return False
        return any(prefix.contains(source) for prefix in self.prefixes)

    def _send_to(self, neighbor: bytes, packet: Packet) -> None:
        channel = self.channels.get(neighbor)
        if channel is None:
            self.node.drops["neighbor_gone"] += 1
        else:
            channel.send(packet)
