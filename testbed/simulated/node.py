"""A simulated node: what its kernel does with a packet, hop by hop."""

from __future__ import annotations

from collections import Counter
from typing import Any

from agents.core.actions import Delivery
from agents.core.events import HomeAddressUnknown
from agents.wire.address import Address
from agents.wire.icmpv6 import Icmpv6Message
from agents.wire.mobility_message import MobilityMessage
from agents.wire.ndisc import RouterAdvertisement
from testbed.simulated.applications import Applications
from testbed.simulated.carriage import Carriage
from testbed.simulated.clock import Clock
from testbed.simulated.errors import Errors
from testbed.simulated.exits import Exits
from testbed.simulated.icmpv6 import Icmpv6
from testbed.simulated.multicast import Multicast, crosses_routers
from testbed.simulated.packet import HEADER, MULTICAST, Homes, Packet
from testbed.simulated.ports import Port
from testbed.simulated.process import Process
from testbed.simulated.steering import Steering, Way
from testbed.simulated.tables import AS_ROUTED, DIVERTED, PrefixTable, Route, SourceTable
from testbed.simulated.watching import Watches


class Node:
    """The ports, the addresses, the tables and the tunnels of one node.

    ``main`` holds static routes and an anchor's tunnels; ``attached`` comes before it and holds
    the prefixes of attached mobiles, a gateway's tunnels to others and what is diverted;
    ``uplink`` holds the routes for what attached mobiles send. What came in at a ``guarded`` port
    must find a route there, so that nothing leaves an access link without a binding; with
    ``local_routing`` it may go to an attached mobile directly (RFC 5213 §6.10.3).

    Packets come out of a tunnel at one of the ``exits``. ``steering`` comes before all tables;
    ``watches`` see what has come out of tunnels.
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
        self.tunnels: dict[Address, Address] = {}  # the remote end -> the local end
        self.steering: Steering | None = None
        self.watches: Watches | None = None
        self.applications = Applications()
        self.drops: Counter[str] = Counter()
        self.exits = Exits(self.drops, self._returns)
        self.multicast = Multicast(self.drops)
        self.errors = Errors(self)
        self.icmpv6 = Icmpv6(self)
        self._carriage = carriage

    def owns(self, address: Address, port: Port) -> bool:
        """Say whether ``address`` is this node's, as seen from the link of ``port``."""
        return address in self.addresses or address in port.addresses

    def owns_on(self, address: Address, port: Port) -> bool:
        """Say whether this node answers neighbours on the link of ``port`` for ``address``."""
        return self.owns(address, port)

    def wrap(
        self, message: Any, source: Address, destination: Address, homes: Homes | None = None
    ) -> Packet:
        """Return the packet that carries ``message``."""
        return self._carriage(message, source, destination, homes)

    def send(self, packet: Packet) -> None:
        """Send a packet of this node's own."""
        if packet.outer_destination[0] == MULTICAST:
            self._send_to_group(packet)
            return
        way = self.steering.find(packet) if self.steering else None
        if way is not None:
            self._steer(packet, way)
            return
        route = self.route_own(packet)
        if route is DIVERTED:
            self._divert(packet)
        else:
            self._output(packet, route)

    post = send
    """The same for a message of the agent, whose ends are already those on the wire."""

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
            self._forward_guarded(packet)
        else:
            self._forward(packet, self._lookup(destination))

    def advertised(self, advertisement: RouterAdvertisement, packet: Packet, port: Port) -> None:
        """Take a Router Advertisement: routers ignore it."""

    def too_big(self, packet: Packet, mtu: int) -> None:
        """Tell the source of ``packet``, which may be here, what fits (RFC 8201, RFC 2473 §7.1)."""
        while packet.tunnels and packet.tunnels[0][::-1] in self.exits.peers:
            packet.decapsulate()
            mtu -= HEADER
        if not packet.tunnels and packet.source in self.addresses:
            size = mtu - (packet.homes.length if packet.homes else 0)
            self.applications.told_of_mtu(packet.flow, size)
        else:
            self.errors.too_big(packet, mtu)

    def room(self, source: Address, destination: Address) -> int:
        """Return how many octets packets between these addresses leave to other headers."""
        return 0

    def _send_to_group(self, packet: Packet) -> None:
        self.multicast.send(packet)

    def _lookup(self, destination: Address) -> Route | None:
        return self.attached.lookup(destination) or self.main.lookup(destination)

    def _lookup_guarded(self, packet: Packet) -> Route | None:
        route = self.uplink.lookup(packet.outer_source, packet.outer_destination)
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
        elif packet.homes is not None:
            self._accept_homes(packet, packet.homes, port, neighbor)
        elif packet.message is not None:
            self._take_message(packet, port, neighbor)
        else:
            self._deliver(packet)

    def _deliver(self, packet: Packet) -> None:
        endpoint = self.applications.endpoint(packet)
        if endpoint is None:
            self.drops["no_endpoint"] += 1
        else:
            endpoint(packet)

    def _forward_guarded(self, packet: Packet) -> None:
        route = self._lookup_guarded(packet)
        self._forward(packet, route, may_be_steered=route is not None)

    def _forward(self, packet: Packet, route: Route | None, *, may_be_steered: bool = True) -> None:
        if packet.hop_limit <= 1:
            self.drops["hop_limit"] += 1
            return
        way = self.steering.find(packet) if self.steering and may_be_steered else None
        if way is None and route is DIVERTED:
            self._divert(packet)  # the way through the core is no hop
            return
        packet.hop_limit -= 1
        if way is not None:
            self._steer(packet, way)
        elif route is None or (route.port is None and route.tunnel is None):
            self.drops["no_route"] += 1
            self.errors.unreachable(packet)
        else:
            self._output(packet, route)

    def _steer(self, packet: Packet, way: Way) -> None:
        """Send ``packet`` by its own way; what is put around it takes the routes."""
        if way.port is not None:
            way.port.send(packet, way.next_hop or packet.outer_destination)
        else:
            packet.encapsulate(way.local, way.remote)
            self._output(packet, self.route_own(packet))

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
        """Take a packet out of its tunnels where peers sent it (RFC 6275 §5.5)."""
        came_by = packet.outer_source
        delivery = self.exits.take_out(packet)
        while delivery and packet.tunnels and packet.outer_destination in self.addresses:
            delivery = self.exits.take_out(packet)
        if delivery is None:
            return
        if self.watches:
            self.watches.see(packet, came_by)
        if packet.outer_destination in self.addresses:
            self._accept_inner(packet, port)
        elif delivery is Delivery.ROUTED:
            self._forward(packet, self._lookup(packet.outer_destination))
        elif delivery is Delivery.ATTACHED:
            self._forward(packet, self.attached.lookup(packet.outer_destination))
        else:
            self.drops["not_for_this_node"] += 1

    def _returns(self, packet: Packet, remote: Address) -> bool:
        """Say whether the way back to the source of ``packet`` is the tunnel to ``remote``."""
        route = self._lookup(packet.outer_source)
        return route is not None and route.tunnel == remote

    def _accept_inner(self, packet: Packet, port: Port) -> None:
        self._accept(packet, port, b"")

    def _accept_homes(self, packet: Packet, homes: Homes, port: Port, neighbor: bytes) -> None:
        """Take a packet with the extension headers of RFC 6275 §6.3 and §6.4."""
        message = packet.message
        if self.agent is None or not self.agent.running:
            self.errors.unknown_extension(packet)
        elif homes.routed_to is not None and homes.routed_to not in self.addresses:
            self.drops["routed_to_another"] += 1
        elif message is not None:
            self._take_message(packet, port, neighbor)
        else:
            self._accept_optimized(packet, homes)

    def _accept_optimized(self, packet: Packet, homes: Homes) -> None:
        """Take data that comes directly: a node without an optimized route holds it for forged."""
        assert self.agent is not None
        if homes.home_address is None:
            self.drops["not_optimized"] += 1
            return
        self.drops["home_address_unknown"] += 1
        self.agent.handle(HomeAddressUnknown(homes.home_address, packet.source, packet.destination))

    def _take_message(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        if isinstance(packet.message, Icmpv6Message):
            self.icmpv6.take(packet, port, neighbor)
        elif self.agent is not None:
            self.agent.receive(packet, port, neighbor)
        elif isinstance(packet.message, MobilityMessage):
            self.errors.unknown_message(packet)
        else:
            self.drops["no_endpoint"] += 1
