"""Ports: the interfaces of simulated nodes, and what they ask of their node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from agents.wire.address import Address
from testbed.simulated.clock import Clock
from testbed.simulated.links import Channel
from testbed.simulated.packet import Homes, Packet

Tap = Callable[["Port", Packet, bool], None]
"""Is shown every packet at a port, with whether it goes out."""

Count = Callable[[Packet], None]
"""Counts a packet that goes out at a port."""


class Owner(Protocol):
    """A node as its ports and its other parts see it."""

    name: str
    clock: Clock
    drops: Counter[str]
    own_address: Address | None
    forwards: bool

    def owns(self, address: Address, port: Port) -> bool:
        """Say whether ``address`` is the node's, as seen from the link of ``port``."""

    def owns_on(self, address: Address, port: Port) -> bool:
        """Say whether ``address`` is the node's on the link of ``port``, for the neighbours."""

    def wrap(
        self, message: Any, source: Address, destination: Address, homes: Homes | None = None
    ) -> Packet:
        """Return the packet that carries ``message``."""

    def send(self, packet: Packet) -> None:
        """Send a packet of the node's own."""

    def receive(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        """Take a packet from ``port``."""

    def too_big(self, packet: Packet, mtu: int) -> None:
        """Learn that ``packet`` has not left by a link of ``mtu`` octets."""


class Port:
    """An interface on a point-to-point link, where every packet is for the other end."""

    __slots__ = (
        "addresses",
        "channel",
        "link_layer_address",
        "link_local",
        "meter",
        "name",
        "node",
        "peer",
        "tap",
    )

    def __init__(self, node: Owner, name: str, link_layer_address: bytes, link_local: Address):
        self.node = node
        self.name = name
        self.link_layer_address = link_layer_address
        self.link_local = link_local
        self.addresses = {link_local}  # those that are this node's on this link alone
        self.channel: Channel | None = None
        self.peer: Port | None = None
        self.tap: Tap | None = None
        self.meter: Count | None = None

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
        if self.meter is not None:
            self.meter(packet)
        self.channel.send(packet)

    def receive(self, packet: Packet, neighbor: bytes = b"") -> None:
        """Take ``packet`` from the link, sent by the neighbour with that link-layer address."""
        if self.tap is not None:
            self.tap(self, packet, False)
        self.node.receive(packet, self, neighbor)
