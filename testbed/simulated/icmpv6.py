"""What a kernel does with the ICMPv6 messages that reach it, and which of them an agent hears."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from agents.wire.icmpv6 import (
    DestinationUnreachable,
    EchoReply,
    EchoRequest,
    PacketTooBig,
    UnknownIcmpv6Message,
)
from agents.wire.ndisc import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
    SourceLinkLayerAddress,
)
from testbed.simulated.access_ports import ResolvingPort
from testbed.simulated.applications import Applications
from testbed.simulated.carriage import NEIGHBOR_DISCOVERY, ON_LINK
from testbed.simulated.errors import Returned
from testbed.simulated.packet import HEADER, MULTICAST, Packet
from testbed.simulated.ports import Owner, Port
from testbed.simulated.process import Process

_REJECTED = 6  # a code of Destination Unreachable, RFC 4443 §3.1
_ALWAYS = int(RouterSolicitation.LAYOUT.number)

Taker = Callable[[Packet, Port, bytes], None]


class Kernel(Owner, Protocol):
    """A node, as far as its ICMPv6 messages are concerned."""

    agent: Process | None
    applications: Applications

    def advertised(self, advertisement: RouterAdvertisement, packet: Packet, port: Port) -> None:
        """Take a Router Advertisement."""


class Icmpv6:
    """Answers what a kernel answers by itself, and hands the agent what it listens to."""

    __slots__ = ("_node", "_takers", "_takes_rejections", "_types")

    def __init__(self, node: Kernel) -> None:
        self._node = node
        self._types = {_ALWAYS}
        self._takes_rejections = False
        self._takers: dict[type, Taker] = {
            NeighborSolicitation: self._solicited,
            NeighborAdvertisement: self._advertised,
            RouterSolicitation: self._asked_for_routers,
            RouterAdvertisement: self._heard_router,
            EchoRequest: self._echo,
            DestinationUnreachable: self._returned,
            PacketTooBig: self._returned,
        }

    def listen(self, types: Iterable[int]) -> None:
        """Hand the agent the messages of these ``types`` too."""
        self._types.update(types)

    def stop_listening(self) -> None:
        """Hand the next agent only what every agent hears."""
        self._types = {_ALWAYS}

    def take_rejections(self) -> None:
        """Hand the agent, and nobody else, the errors that reject a route (RFC 4443 §3.1)."""
        self._takes_rejections = True

    def leave_rejections(self) -> None:
        """Let programs learn of rejected routes."""
        self._takes_rejections = False

    def take(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        """Take the message in ``packet``, which came in at ``port`` from ``neighbor``.

        Neighbour Discovery is only for neighbours: not for what a router has forwarded, nor for
        what has come out of a tunnel.
        """
        if packet.message.__class__ in NEIGHBOR_DISCOVERY and (
            packet.hop_limit != ON_LINK or not neighbor
        ):
            self._node.drops["not_from_a_neighbor"] += 1
            return
        if self._takes_rejections and _rejects(packet.message):
            if self._node.agent is not None:
                self._node.agent.receive(packet, port, neighbor)
            return
        taker = self._takers.get(packet.message.__class__)
        if taker is not None:
            taker(packet, port, neighbor)
        if _type_of(packet.message) in self._types and self._node.agent is not None:
            self._node.agent.receive(packet, port, neighbor)

    def _solicited(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        if isinstance(port, ResolvingPort):
            port.neighbors.answer(packet.message, packet, neighbor)

    def _advertised(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        if isinstance(port, ResolvingPort):
            port.neighbors.advertised(packet.message)

    def _asked_for_routers(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        if isinstance(port, ResolvingPort) and self._node.forwards:
            learn_source(packet, port)

    def _heard_router(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        self._node.advertised(packet.message, packet, port)

    def _echo(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        if packet.destination[0] == MULTICAST or not any(packet.source):
            return
        asked = packet.message
        answer = EchoReply(asked.identifier, asked.sequence, asked.data)
        self._node.send(self._node.wrap(answer, packet.destination, packet.source))

    def _returned(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        returned = packet.payload
        if not isinstance(returned, Returned):
            return
        if returned.inner is not None:  # a tunnel's entry passes it on (RFC 2473 §8)
            self._node.too_big(returned.inner, returned.mtu - HEADER)
        elif returned.mtu:
            self._node.applications.told_of_mtu(returned.flow, returned.mtu - returned.extensions)
        else:
            self._node.applications.told_of_refusal(returned.flow)


def learn_source(packet: Packet, port: ResolvingPort) -> None:
    """Know the sender of ``packet`` by its Source Link-Layer Address option, if there is one."""
    for option in packet.message.options:
        if isinstance(option, SourceLinkLayerAddress) and any(packet.source):
            port.neighbors.learn(packet.source, option.address)


def _rejects(message: Any) -> bool:
    return isinstance(message, DestinationUnreachable) and message.code == _REJECTED


def _type_of(message: Any) -> int:
    if isinstance(message, UnknownIcmpv6Message):
        return message.type
    return int(message.LAYOUT.number)
