"""A host whose addresses, routes and optimized routes are in the hands of its agent."""

from __future__ import annotations

from collections.abc import Mapping

from agents.core.events import CarrierDown, CarrierUp, LinkQuality, PeerHeard
from agents.wire.address import Address
from agents.wire.icmpv6 import Icmpv6Message
from agents.wire.ndisc import RouterAdvertisement
from testbed.simulated.access_ports import ResolvingPort
from testbed.simulated.applications import Connection
from testbed.simulated.carriage import Carriage
from testbed.simulated.clock import Clock
from testbed.simulated.icmpv6 import learn_source
from testbed.simulated.node import Node
from testbed.simulated.optimization import Optimization
from testbed.simulated.packet import HEADER, Homes, Packet
from testbed.simulated.ports import Port
from testbed.simulated.refusals import TCP, Refusal, Refusals, Selector
from testbed.simulated.tables import AS_ROUTED, Route
from testbed.simulated.traffic.segments import RESET_LENGTH, Segment

CONFINED = Route(None)
"""Of what must not leave by a route that asks for no source."""


class Terminal(Node):
    """A mobile or fixed host with an agent: it configures nothing by itself.

    What it sends takes a route of its source address (``uplink``), else one that asks for no
    source, unless the source is ``confined``. ``assigned`` are the addresses that the agent has
    given to its interfaces, by name; peers of the ``watched`` ones are reported when their packets
    come out of a tunnel, and those of the ones ``watched_plainly`` whichever way they come.
    """

    def __init__(
        self, name: str, clock: Clock, carriage: Carriage, flows: Mapping[str, Selector]
    ) -> None:
        super().__init__(name, clock, carriage, forwards=False)
        self.assigned: set[tuple[str, Address]] = set()
        self.confined: set[Address] = set()
        self.watched: dict[Address, set[Address]] = {}  # -> the peers that were reported
        self.watched_plainly: set[Address] = set()
        self.optimization = Optimization()
        self.refusals = Refusals(flows)

    def owns_on(self, address: Address, port: Port) -> bool:
        """Say whether ``address`` is on ``port``: one that is elsewhere is not answered for."""
        return address in port.addresses or (port.name, address) in self.assigned

    def link_up(self, port: ResolvingPort, rate: float | None) -> None:
        """Tell the agent that the link of ``port`` has come up, and what it is capable of."""
        if self.agent is not None:
            self.agent.handle(CarrierUp(port.name))
            self.agent.handle(LinkQuality(port.name, rate))

    def link_changed(self, port: ResolvingPort, rate: float | None) -> None:
        """Tell the agent what the link of ``port`` is capable of from now on."""
        if self.agent is not None:
            self.agent.handle(LinkQuality(port.name, rate))

    def link_down(self, port: ResolvingPort) -> None:
        """Forget the neighbours on ``port`` and tell the agent that its link has gone."""
        port.neighbors.clear()
        if self.agent is not None:
            self.agent.handle(CarrierDown(port.name))

    def advertised(self, advertisement: RouterAdvertisement, packet: Packet, port: Port) -> None:
        """Learn who the router is, and nothing else from its advertisement."""
        if isinstance(port, ResolvingPort):
            learn_source(packet, port)

    def room(self, source: Address, destination: Address) -> int:
        """Return how many octets packets between these addresses leave to other headers."""
        optimized = self.optimization.room(source, destination)
        if optimized:
            return optimized
        route = self.uplink.lookup(source, destination) or self._lookup(destination)
        return HEADER if route is not None and route.tunnel is not None else 0

    def send(self, packet: Packet) -> None:
        """Send a packet of an application, or of the kernel: by an optimized route if it can."""
        if self.refusals and self._refuses(packet, packet.source, packet.destination):
            self.applications.told_of_refusal(packet.flow)
            return
        if self.optimization and _may_be_optimized(packet):
            self.optimization.apply(packet)
        self.post(packet)

    def refuse(self, refusal: Refusal) -> None:
        """Refuse flows from now on, and reset at once the connections that they have."""
        self.refusals.add(refusal)
        for flow, connection in list(self.applications.connections.items()):
            if self.refusals.cover(flow, connection.local, connection.peer):
                self._reset(flow, connection)
                self.applications.told_of_refusal(flow)

    def route_own(self, packet: Packet) -> Route | None:
        """Return the route of a packet by its source, else by its destination alone."""
        source, destination = packet.outer_source, packet.outer_destination
        route = self.uplink.lookup(source, destination)
        if route is None and source in self.confined:
            return CONFINED
        if route is None or route is AS_ROUTED:
            return self._lookup(destination)
        return route

    def _output(self, packet: Packet, route: Route | None) -> None:
        if route is not None and route.tunnel is not None:
            local = self.tunnels.get(route.tunnel)
            if local is None:
                self.drops["no_route"] += 1
                return
            packet.encapsulate(local, route.tunnel)
            route = self.route_own(packet)
            if route is not None and route.tunnel is not None:
                route = None  # the way to the other end of a tunnel is no tunnel
        if route is CONFINED:
            self.drops["confined"] += 1
        else:
            super()._output(packet, route)

    def _send_to_group(self, packet: Packet) -> None:
        """Send along the tree that begins here, or else to the router that knows one."""
        route = None if self.multicast.starts(packet) else self.route_own(packet)
        if route is None or route.port is None:
            super()._send_to_group(packet)
        else:
            route.port.transmit(packet, b"")

    def _accept_inner(self, packet: Packet, port: Port) -> None:
        if self.watched and packet.message is None:
            self._hear(packet)
        super()._accept_inner(packet, port)

    def _hear(self, packet: Packet) -> None:
        """Report who sends to an address that is watched, by its home address, once."""
        peer, _ = packet.ends
        heard = self.watched.get(packet.destination)
        if heard is not None and peer not in heard:
            heard.add(peer)
            if self.agent is not None:
                self.agent.handle(PeerHeard(packet.destination, peer))

    def _accept_optimized(self, packet: Packet, homes: Homes) -> None:
        if self.optimization.accepts(packet, homes):
            packet.restore()
            self._deliver(packet)
        else:
            super()._accept_optimized(packet, homes)

    def _deliver(self, packet: Packet) -> None:
        if packet.destination in self.watched_plainly:
            self._hear(packet)
        if self.refusals and self._refuses(packet, packet.destination, packet.source):
            self._refuse(packet)
        else:
            super()._deliver(packet)

    def _refuses(self, packet: Packet, local: Address, peer: Address) -> bool:
        """Say whether ``packet`` is of a refused flow, and then count it as lost."""
        if not packet.flow or not self.refusals.cover(packet.flow, local, peer):
            return False
        self.drops["refused"] += 1
        return True

    def _refuse(self, packet: Packet) -> None:
        """Tell the sender of ``packet`` that its flow is refused here."""
        if self.refusals.protocol(packet.flow) != TCP:
            self.errors.refused(packet)
            return
        if not packet.payload.reset:
            connection = Connection(packet.destination, packet.source, not packet.downward)
            self._reset(packet.flow, connection)

    def _reset(self, flow: str, connection: Connection) -> None:
        local, peer, downward = connection
        payload = Segment(reset=True)
        reset = Packet(local, peer, RESET_LENGTH, flow=flow, downward=downward, payload=payload)
        if self.optimization:
            self.optimization.apply(reset)
        self.post(reset)


def _may_be_optimized(packet: Packet) -> bool:
    """Say whether it is data or an answer of the kernel: signalling goes its own ways."""
    return packet.message is None or isinstance(packet.message, Icmpv6Message)
