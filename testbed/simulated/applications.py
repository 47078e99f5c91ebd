"""What runs on a simulated node above its kernel: the ends of flows, and name servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from agents.wire.address import Address
from testbed.simulated.packet import Packet

Endpoint = Callable[[Packet], None]


class Connection(NamedTuple):
    """The two ends of a connection as seen from one, and the direction of its packets."""

    local: Address
    peer: Address
    downward: bool


class Applications:
    """What takes the packets of a node, and what its flows are told."""

    __slots__ = ("connections", "endpoints", "limits", "senders", "services")

    def __init__(self) -> None:
        self.endpoints: dict[str, Endpoint] = {}  # the flow -> what takes its packets
        self.services: dict[type, Endpoint] = {}  # the kind of payload -> what takes it
        self.connections: dict[str, Connection] = {}  # the flow -> its connection of TCP
        self.senders: dict[str, Callable[[], None]] = {}  # the flow -> what ends it here
        self.limits: dict[str, Callable[[int], None]] = {}  # the flow -> what shortens its packets

    def endpoint(self, packet: Packet) -> Endpoint | None:
        """Return what takes ``packet``."""
        return self.endpoints.get(packet.flow) or self.services.get(type(packet.payload))

    def told_of_refusal(self, flow: str) -> None:
        """End ``flow`` here: its packets are refused, at this end or the other."""
        ended = self.senders.get(flow)
        if ended is not None:
            ended()

    def told_of_mtu(self, flow: str, size: int) -> None:
        """Learn how many octets the packets of ``flow`` may have on their way."""
        limit = self.limits.get(flow)
        if limit is not None:
            limit(size)
