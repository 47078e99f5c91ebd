"""Ports: the interfaces of simulated nodes, on point-to-point links and on access links."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agents.wire.address import Address
from testbed.simulated.links import Channel
from testbed.simulated.neighbors import Neighbors
from testbed.simulated.packet import MULTICAST, Packet

if TYPE_CHECKING:
    from testbed.simulated.node import Node

Tap = Callable[["Port", Packet, bool], None]
"""Is shown every packet at a port, with whether it goes out."""


class Port:
    """An interface on a point-to-point link, where every packet is for the other end."""

    __slots__ = (
        "addresses",
        "channel",
        "link_layer_address",
        "link_local",
        "name",
        "node",
        "peer",
        "tap",
    )

    def __init__(self, node: Node, name: str, link_layer_address: bytes, link_local: Address):
        self.node = node
        self.name = name
        self.link_layer_address = link_layer_address
        self.link_local = link_local
        self.addresses = {link_local}  # those that are this node's on this link alone
        self.channel: Channel | None = None
        self.peer: Port | None = None
        self.tap: Tap | None = None

    def send(self, packet: Packet, next_hop: Address) -> None:
        """Send ``packet`` towards the neighbour ``next_hop``."""
        self.transmit(packet, b"")

    def transmit(self, packet: Packet, neighbor: bytes) -> None:
        """Put ``packet`` on the link; without a link it is lost and no capture sees it."""
        if self.channel is None:
            self.node.drops["no_carrier"] += 1
            return
        if self.tap is not None:
            self.tap(self, packet, True)
        self.channel.send(packet)

    def receive(self, packet: Packet, neighbor: bytes = b"") -> None:
        """Take ``packet`` from the link, sent by the neighbour with that link-layer address."""
        if self.tap is not None:
            self.tap(self, packet, False)
        self.node.receive(packet, self, neighbor)


class ResolvingPort(Port):
    """An interface whose neighbours must first be resolved to link-layer addresses."""

    __slots__ = ("neighbors",)

    def __init__(self, node: Node, name: str, link_layer_address: bytes, link_local: Address):
        super().__init__(node, name, link_layer_address, link_local)
        self.neighbors = Neighbors(self, node.clock)

    def send(self, packet: Packet, next_hop: Address) -> None:
        """Send ``packet`` to ``next_hop``, after a neighbour exchange where none was held yet."""
        if next_hop[0] == MULTICAST:
            self.transmit(packet, b"")
        else:
            self.neighbors.send(packet, next_hop)


class AccessPort(ResolvingPort):
    """A router's interface to mobiles that come and go, each on a channel of its own."""

    __slots__ = ("channels",)

    def __init__(self, node: Node, name: str, link_layer_address: bytes, link_local: Address):
        super().__init__(node, name, link_layer_address, link_local)
        self.channels: dict[bytes, Channel] = {}

    def transmit(self, packet: Packet, neighbor: bytes) -> None:
        """Send ``packet`` to the mobile ``neighbor``, or to all of them where none is named."""
        if self.tap is not None:
            self.tap(self, packet, True)
        if neighbor:
            self._send_to(neighbor, packet)
            return
        for channel in self.channels.values():
            channel.send(packet.copy())

    def _send_to(self, neighbor: bytes, packet: Packet) -> None:
        channel = self.channels.get(neighbor)
        if channel is None:
            self.node.drops["neighbor_gone"] += 1
        else:
            channel.send(packet)
