"""A mobile node as a plain Linux host: it configures itself and notices no mobility."""

from __future__ import annotations

from enum import StrEnum
from random import Random  # noqa: TID251 - the type only; testbed.simulated.chance seeds it
from typing import NamedTuple

from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.ndisc import (
    Mtu,
    NeighborSolicitation,
    PrefixInformation,
    RouterAdvertisement,
    RouterSolicitation,
    SourceLinkLayerAddress,
    UnknownNdOption,
)
from testbed.simulated.access_ports import ResolvingPort
from testbed.simulated.carriage import Carriage
from testbed.simulated.clock import Clock
from testbed.simulated.neighbors import solicited_node
from testbed.simulated.node import Node
from testbed.simulated.packet import Packet
from testbed.simulated.ports import Port
from testbed.simulated.tables import Route

ALL_ROUTERS = Address.parse("ff02::2")
NONCE, NONCE_LENGTH = 14, 6  # the option by which Linux knows its own probes (RFC 7527 §4.1)
AUTONOMOUS = 0x40  # the A flag of a Prefix Information option (RFC 4861 §4.6.2)
INFINITY = 0xFFFFFFFF  # s, a lifetime without end (RFC 4861 §4.6.2)
RETRANS_TIMER = 1.0  # s, how long one probe of an address waits for an objection (RFC 4862 §5.1)
MAX_RTR_SOLICITATION_DELAY = 1.0  # s, over which first probes are spread (RFC 4862 §5.4.2)
RTR_SOLICITATION_INTERVAL = 4.0  # s, doubled while nobody answers (RFC 4861 §10, RFC 7559 §2)


class Detection(StrEnum):
    """Duplicate address detection: not at all, RFC 4429's or RFC 4862's."""

    OFF = "off"
    OPTIMISTIC = "optimistic"
    STANDARD = "standard"


class DefaultRouter(NamedTuple):
    """The router that a port has heard of, and until when it may be used."""

    route: Route
    until: float


class Host(Node):
    """A mobile node without an agent of its own.

    Like Linux it solicits routers when its first link has come up, and later keeps its addresses
    and its default router when a link goes, forgets its neighbours, and neither probes its
    addresses again nor solicits, unless ``solicit`` says that something in its user space does.
    Packets leave by the port that owns their source address.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        carriage: Carriage,
        chance: Random,
        *,
        detection: Detection,
        solicit: bool,
    ) -> None:
        super().__init__(name, clock, carriage, forwards=False)
        self._chance = chance
        self._detection = detection
        self._solicit = solicit
        self._seen_up: set[Port] = set()
        self._routers: dict[Port, DefaultRouter] = {}
        self._valid: dict[Address, tuple[Port, float]] = {}  # address -> its port, until when

    def route_own(self, packet: Packet) -> Route | None:
        """Return the default route of the port that owns the packet's source address."""
        now = self.clock.now
        port, valid_until = self._valid.get(packet.source, (None, 0.0))
        if port is None or packet.source not in self.addresses or valid_until < now:
            return None
        router = self._routers.get(port)
        return router.route if router is not None and router.until >= now else None

    def link_up(self, port: ResolvingPort) -> None:
        """Notice that the link of ``port`` has come up."""
        if self._solicit and port.link_local in port.addresses:
            self._ask_for_routers(port)
        if port not in self._seen_up:
            self._seen_up.add(port)
            self._probe(port, port.link_local)

    def link_down(self, port: ResolvingPort) -> None:
        """Notice that the link of ``port`` has gone."""
        port.neighbors.clear()

    def advertised(self, advertisement: RouterAdvertisement, packet: Packet, port: Port) -> None:
        """Configure ``port`` by a Router Advertisement (RFC 4861 §6.3.4, RFC 4862 §5.5.3)."""
        if not isinstance(port, ResolvingPort):
            return
        self._take_router(port, packet.source, advertisement.router_lifetime)
        for option in advertisement.options:
            if isinstance(option, SourceLinkLayerAddress):
                port.neighbors.learn(packet.source, option.address)
            elif isinstance(option, PrefixInformation) and option.flags & AUTONOMOUS:
                self._take_prefix(port, option.prefix, option.valid_lifetime)
            elif isinstance(option, Mtu):
                self.mtu = option.mtu

    def _take_router(self, port: Port, router: Address, lifetime: int) -> None:
        if lifetime:
            until = self.clock.now + lifetime
            self._routers[port] = DefaultRouter(Route(port, router), until)
            return
        held = self._routers.get(port)
        if held is not None and held.route.next_hop == router:
            del self._routers[port]

    def _take_prefix(self, port: ResolvingPort, prefix: Prefix, lifetime: int) -> None:
        if prefix.length != 64:
            return
        address = Address(prefix.network[:8] + port.link_local[8:])
        known = address in self._valid
        until = float("inf") if lifetime == INFINITY else self.clock.now + lifetime
        if known or lifetime:
            self._valid[address] = (port, until)
        if not known and lifetime:
            self._probe(port, address)

    def _probe(self, port: ResolvingPort, address: Address) -> None:
        """Use ``address`` when duplicate address detection allows it."""
        settled_after = 0.0
        if self._detection is Detection.STANDARD:
            settled_after = self._chance.uniform(0.0, MAX_RTR_SOLICITATION_DELAY)
            self.clock.after(settled_after, self._ask_for_owner, port, address)
            self.clock.after(settled_after + RETRANS_TIMER, self._use, port, address)
        else:
            self._use(port, address)
        if self._detection is Detection.OPTIMISTIC:
            self._ask_for_owner(port, address)
        if address == port.link_local:
            if self._detection is not Detection.OFF:
                settled_after += RETRANS_TIMER
            first = (port, RTR_SOLICITATION_INTERVAL)
            self.clock.after(settled_after, self._look_for_routers, *first)

    def _use(self, port: ResolvingPort, address: Address) -> None:
        (port.addresses if address == port.link_local else self.addresses).add(address)

    def _look_for_routers(self, port: ResolvingPort, interval: float) -> None:
        """Ask for routers, again after ``interval`` while none has answered."""
        self._ask_for_routers(port)
        self.clock.after(interval, self._look_again, port, interval)

    def _look_again(self, port: ResolvingPort, interval: float) -> None:
        if port not in self._routers:
            self._look_for_routers(port, 2 * interval)

    def _ask_for_owner(self, port: ResolvingPort, address: Address) -> None:
        nonce = UnknownNdOption(NONCE, self._chance.randbytes(NONCE_LENGTH))
        question = NeighborSolicitation(address, (nonce,))
        port.transmit(self.wrap(question, UNSPECIFIED, solicited_node(address)), b"")

    def _ask_for_routers(self, port: ResolvingPort) -> None:
        question = RouterSolicitation((SourceLinkLayerAddress(port.link_layer_address),))
        port.transmit(self.wrap(question, port.link_local, ALL_ROUTERS), b"")
