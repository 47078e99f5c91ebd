"""What an agent hears with: sockets for messages, and for packets that bring home addresses."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from time import perf_counter_ns

from agents.core.actions import JoinGroup, Listen, SendMessage, TakeRejections
from agents.core.events import Event, MessageReceived
from agents.live import neighbors
from agents.live.boundary import Boundary
from agents.live.carried import Carried, CarriedPackets, split
from agents.live.groups import GroupSocket
from agents.live.interfaces import index_of, name_of, wired
from agents.live.journal import Journal
from agents.live.loop import Loop
from agents.live.packet_log import Logged
from agents.live.rejections import Rejections
from agents.live.sockets import (
    ICMPV6,
    MOBILITY,
    Datagram,
    Icmpv6Socket,
    RawSocket,
    SolicitationSocket,
)
from agents.live.tunnel_errors import TunnelErrors
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.ndisc import NeighborSolicitation

BURST = 64  # datagrams read at once, before timers and other sockets have their turn
_MOST_PROBED = 64  # addresses that are no kernel's yet, heard of at the same time

Handle = Callable[[Event, int], None]
"""Takes an event, and when the work on it began (ns)."""


class Reception:
    """Turns what arrives into events; ``access`` and ``links`` are interfaces with solicitors.

    Attached nodes behind ``access`` are not heard in groups.
    """

    def __init__(
        self, access: Sequence[str], links: Sequence[str], mobility: RawSocket, journal: Journal
    ) -> None:
        self.icmpv6 = Icmpv6Socket()
        self._mobility = mobility
        self._access = access
        self._solicitations = [SolicitationSocket(interface) for interface in (*access, *links)]
        self._boundary = Boundary(mobility, self.icmpv6, journal)
        self._journal = journal
        self._rejections: Rejections | None = None
        self._probed: OrderedDict[tuple[Address, int], None] = OrderedDict()

    def watch(self, loop: Loop, handle: Handle) -> None:
        """Give ``handle`` the events from now on."""
        self._loop, self._handle = loop, handle
        self._read(self._mobility, self._boundary.mobility)
        self._read(self.icmpv6, self._boundary.icmpv6)
        for solicitations in self._solicitations:
            self._read(solicitations, self._boundary.icmpv6)

    def pass_errors_on(self, find_tunnel: Callable[[Address], object | None]) -> None:
        """Tell senders what goes wrong in tunnels; ``find_tunnel`` knows those to a peer."""
        errors = TunnelErrors(self.icmpv6, find_tunnel, self._journal)
        self._loop.watch(errors.fileno(), errors.receive)

    def take_carried(self, data: Callable[[Carried], Event | None]) -> CarriedPackets:
        """Hear messages with home addresses too; other such packets are ``data``'s.

        NetlinkError where the kernel does not let go of them.
        """
        source = CarriedPackets()

        def read() -> None:
            for _ in range(BURST):
                started = perf_counter_ns()
                packet = source.receive()
                if packet is None:
                    return
                self._tell(self._judge(packet, data), started)

        self._loop.watch(source.fileno(), read)
        return source

    def listen(self, action: Listen) -> None:
        """Receive these types of ICMPv6 messages; solicitors are heard already, if at all."""
        heard = {neighbors.ROUTER_SOLICITATION} if self._solicitations else set()
        self.icmpv6.listen(action.types - heard)

    def take_rejections(self, action: TakeRejections) -> None:
        """Receive rejections of routes from now on; NetlinkError where the kernel cannot."""
        if self._rejections is not None:
            return
        source = self._rejections = Rejections()

        def read() -> None:
            for datagram in source.receive():
                started = perf_counter_ns()
                self._tell(self._boundary.icmpv6(datagram), started)

        self._loop.watch(source.fileno(), read)

    def join(self, action: JoinGroup) -> None:
        """Receive what is sent to a group, but not what attached nodes send there."""
        interfaces = wired(self._access)
        if action.tunnelled:
            self._read(GroupSocket(action.group, interfaces), self._boundary.tunnelled)
            return
        joined = [index for index in interfaces if self._joins(action.group, index)]
        if not joined:
            raise OSError(f"no interface can receive what is sent to {action.group}")

    def expect(self, action: SendMessage) -> None:
        """Hear those that have or want the address that a probe is for (RFC 4862 §5.4.2)."""
        message = action.message
        if not isinstance(message, NeighborSolicitation) or action.source != UNSPECIFIED:
            return
        key = neighbors.solicited_node(message.target), index_of(action.interface)
        if key not in self._probed:
            self.icmpv6.join(*key)
        self._probed[key] = None
        self._probed.move_to_end(key)
        if len(self._probed) > _MOST_PROBED:
            oldest, _ = self._probed.popitem(last=False)
            self.icmpv6.leave(*oldest)

    def _joins(self, group: Address, index: int) -> bool:
        try:
            self.icmpv6.join(group, index)
        except OSError:  # such as a device without multicast
            return False
        return True

    def _read(
        self,
        source: RawSocket | SolicitationSocket,
        judge: Callable[[Datagram], MessageReceived | None],
    ) -> None:
        def read() -> None:
            for _ in range(BURST):
                started = perf_counter_ns()
                datagram = source.receive()
                if datagram is None:
                    return
                self._tell(judge(datagram), started)

        self._loop.watch(source.fileno(), read)

    def _tell(self, event: Event | None, started: int) -> None:
        if event is None:
            self._journal.flush()
        else:
            self._handle(event, started)

    def _judge(self, logged: Logged, data: Callable[[Carried], Event | None]) -> Event | None:
        packet = split(logged)
        if packet is None:
            interface = name_of(logged.interface)
            self._journal.drop("malformed", {"interface": interface, "packet": logged.octets[:80]})
            return None
        if packet.protocol == MOBILITY:
            return self._boundary.mobility(_datagram(packet))
        kind = packet.octets[packet.payload : packet.payload + 1]
        if packet.protocol == ICMPV6 and kind and kind[0] in self.icmpv6.types:
            return self._boundary.icmpv6(_datagram(packet))
        return data(packet)


def _datagram(packet: Carried) -> Datagram:
    return Datagram(
        packet.octets[packet.payload :],
        packet.source,
        packet.destination,
        packet.interface,
        packet.hop_limit,
        home_address=packet.home_address,
        routed_to=packet.routed_to,
    )
