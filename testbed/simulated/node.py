"""A simulated node: what its kernel does with a packet, hop by hop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from agents.core.actions import Delivery
from agents.core.events import Event, MessageReceived
from agents.wire.address import Address
from agents.wire.icmpv6 import DestinationUnreachable
from agents.wire.ndisc import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    TargetLinkLayerAddress,
)
from testbed.simulated.access_ports import ResolvingPort
from testbed.simulated.carriage import Carriage
from testbed.simulated.clock import Clock
from testbed.simulated.multicast import Multicast, crosses_routers
from testbed.simulated.packet import MULTICAST, Packet
from testbed.simulated.ports import Port
from testbed.simulated.tables import AS_ROUTED, DIVERTED, PrefixTable, Route, SourceTable
from testbed.simulated.unreachable import Unreachable

Endpoint = Callable[[Packet], None]


class Process(Protocol):
    """What runs on a node: its protocol's agent, as the node sees it."""

    def handle(self, event: Event) -> None:
        """Take note of ``event``."""

    def divert(self, packet: Packet) -> None:
        """Take a data packet whose way only the agent knows."""

    def receive(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        """Take a message from ``port``, sent by ``neighbor``."""

    def take(self, event: MessageReceived) -> None:
        """Take a message that has come by a shortcut."""


class Node:
    """The ports, the addresses, the tables and the tunnels of one node.

    ``main`` holds static routes and an anchor's tunnels; ``attached`` comes before it and holds
    the prefixes of attached mobiles, a gateway's tunnels to others and what is diverted;
    ``uplink`` holds the routes for what attached mobiles send. What came in at a ``guarded`` port
    must find a route there, so that nothing leaves an access link without a binding; with
    ``local_routing`` it may go to an attached mobile directly (RFC 5213 §6.10.3).
    """

    def __init__(self, name: str, clock: Clock, carriage: Carriage, *, forwards: bool) -> None:
        self.name = name
        self.clock = clock
        self.forwards = forwards
        self.mtu = 1500  # octets that an application's packets may have
        self.agent: Process | None = None
        self.ports: dict[str, Port] = {}
        self.addresses: set[Address] = set()
        self.own_address: Address | None = None  # the source of what the node itself says
        self.main: PrefixTable[Route] = PrefixTable()
        self.attached: PrefixTable[Route] = PrefixTable()
        self.uplink = SourceTable()
        self.guarded: set[Port] = set()
        self.local_routing = False
        self.exits: dict[Address, Delivery] = {}
        self.tunnels: dict[Address, Address] = {}  # the remote end -> the local end
        self.endpoints: dict[str, Endpoint] = {}  # the flow -> what takes its packets
        self.drops: Counter[str] = Counter()
        self.multicast = Multicast(self.drops)
        self._carriage = carriage
        self._unreachable = Unreachable(self)

    def owns(self, address: Address, port: Port) -> bool:
        """Say whether ``address`` is this node's, as seen from the link of ``port``."""
        return address in self.addresses or address in port.addresses

    def wrap(self, message: Any, source: Address, destination: Address) -> Packet:
        """Return the packet that carries ``message``."""
        return self._carriage(message, source, destination)

    def send(self, packet: Packet) -> None:
        """Send a packet of this node's own."""
        if packet.outer_destination[0] == MULTICAST:
            self.multicast.send(packet)
            return
        route = self.route_own(packet)
        if route is DIVERTED:
            self._divert(packet)
        else:
            self._output(packet, route)

    def put_back(self, packet: Packet) -> None:
        """Forward a packet that was diverted to the core."""
        self._forward(packet, self._lookup(packet.outer_destination))

    def route_own(self, packet: Packet) -> Route | None:
        """Return the route of a packet that this node sends itself."""
        return self._lookup(packet.outer_destination)

    def receive(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        """Take a packet from ``port``: accept it, forward it or drop it."""
        destination = packet.outer_destination
        if destination[0] == MULTICAST:
            self._receive_for_group(packet, port, neighbor)
        elif self.owns(destination, port):
            self._accept(packet, port, neighbor)
        elif not self.forwards:
            self.drops["not_for_this_node"] += 1
        elif port in self.guarded:
            self._forward(packet, self._lookup_guarded(packet))
        else:
            self._forward(packet, self._lookup(destination))

    def advertised(self, advertisement: RouterAdvertisement, packet: Packet, port: Port) -> None:
        """Take a Router Advertisement: routers ignore it."""

    def _lookup(self, destination: Address) -> Route | None:
        return self.attached.lookup(destination) or self.main.lookup(destination)

    def _lookup_guarded(self, packet: Packet) -> Route | None:
        route = self.uplink.lookup(packet.source, packet.outer_destination)
        if route is AS_ROUTED:
            return self._lookup(packet.outer_destination)
        if route is None or not self.local_routing:
            return route
        return self.attached.lookup(packet.outer_destination) or route

    def _receive_for_group(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        """Take what is for all on the link; send other packets on, and take what was joined."""
        if not crosses_routers(packet.outer_destination):
            self._accept(packet, port, neighbor)
        elif port in self.guarded:
            self.drops["group_from_access_link"] += 1
        else:
            self.multicast.send(packet, port)
            if self.multicast.take(packet) and self.agent is not None:
                self.agent.receive(packet, port, neighbor)

    def _accept(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        if packet.tunnels:
            self._leave_tunnel(packet, port)
        elif packet.message is not None:
            self._take_message(packet, port, neighbor)
        else:
            self._deliver(packet)

    def _deliver(self, packet: Packet) -> None:
        endpoint = self.endpoints.get(packet.flow)
        if endpoint is None:
            self.drops["no_endpoint"] += 1
        else:
            endpoint(packet)

    def _forward(self, packet: Packet, route: Route | None) -> None:
        if packet.hop_limit <= 1:
            self.drops["hop_limit"] += 1
            return
        if route is DIVERTED:
            self._divert(packet)  # the way through the core is no hop
            return
        packet.hop_limit -= 1
        if route is None or (route.port is None and route.tunnel is None):
            self.drops["no_route"] += 1
            self._unreachable.reply(packet)
        else:
            self._output(packet, route)

    def _output(self, packet: Packet, route: Route | None) -> None:
        if route is not None and route.tunnel is not None:
            packet.encapsulate(self.tunnels[route.tunnel], route.tunnel)
            route = self.main.lookup(route.tunnel)
        if route is None or route.port is None:
            self.drops["no_route"] += 1
        else:
            route.port.send(packet, route.next_hop or packet.outer_destination)

    def _divert(self, packet: Packet) -> None:
        if self.agent is not None:
            self.agent.divert(packet)

    def _leave_tunnel(self, packet: Packet, port: Port) -> None:
        """Take a packet out of its tunnel where a peer sent it (RFC 6275 §5.5)."""
        remote, local = packet.tunnels[0]
        delivery = self.exits.get(local)
        if delivery is None or self.tunnels.get(remote) != local:
            self.drops["not_a_tunnel_peer"] += 1
            return
        packet.decapsulate()
        if packet.outer_destination in self.addresses:
            self._accept(packet, port, b"")
        elif delivery is Delivery.ROUTED:
            self._forward(packet, self._lookup(packet.outer_destination))
        elif delivery is Delivery.ATTACHED:
            self._forward(packet, self.attached.lookup(packet.outer_destination))
        else:
            self.drops["not_for_this_node"] += 1

    def _take_message(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        message = packet.message
        if isinstance(message, NeighborSolicitation):
            if isinstance(port, ResolvingPort):
                port.neighbors.answer(message, packet, neighbor)
        elif isinstance(message, NeighborAdvertisement):
            self._take_neighbor_advertisement(message, port)
        elif isinstance(message, RouterAdvertisement):
            self.advertised(message, packet, port)
        elif self.agent is not None and not isinstance(message, DestinationUnreachable):
            self.agent.receive(packet, port, neighbor)

    def _take_neighbor_advertisement(self, message: NeighborAdvertisement, port: Port) -> None:
        if not isinstance(port, ResolvingPort):
            return
        for option in message.options:
            if isinstance(option, TargetLinkLayerAddress):
                port.neighbors.learn(message.target, option.address)
