"""The world of PMIPv6 with data in it, for cores that take packets in and tunnel to one another.

Packets cross what the cores have made of the kernels: on-link and tunnel routes by the longest
prefix, then what is diverted, then the way to the anchor, if there is one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from fake_kernels import DataKernel
from pmipv6_world import DELAY, LMA, MAGS, Fate, Sent, World, link_layer, name, text

from agents.core import actions as do
from agents.core.events import MessageReceived, PacketArrived, Started
from agents.pmipv6.forwarding import interface_address
from agents.roles import ROLES
from agents.wire import mobility
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.messages import BindingAcknowledgement, BindingUpdate

GROUP = Address.parse("ff05::4d41:4701")
POOL = Prefix.parse("2001:db8:1:8000::/56")
A, B, C = MAGS
SCHEMES = ("spmip", "sdpmip")
CORRESPONDENT = Address.parse("2001:db8:cc::1")
HOP_LIMIT = 64


def home(number: int) -> Prefix:
    """The prefix that the profile gives a mobile node."""
    return Prefix(Address(POOL.network[:7] + bytes((number,)) + bytes(8)), 64)


def address(number: int) -> Address:
    """The home address of a mobile node."""
    found = interface_address(home(number), link_layer(number))
    assert found is not None
    return found


@dataclass
class Data:
    """A packet of some flow."""

    source: Address
    destination: Address
    serial: int
    hop_limit: int = HOP_LIMIT
    way: list[Address] = field(default_factory=list)


class DataWorld(World):
    """Gateways that find one another's nodes, with an anchor (S-PMIP) or without (SD-PMIP)."""

    def __init__(
        self,
        scheme: str,
        seed: int = 0,
        *,
        fate: Fate = lambda number, message: (0.0,),
        lma: dict[str, Any] | None = None,
        mag: dict[str, Any] | None = None,
    ) -> None:
        self.scheme = scheme
        self.delivered: list[tuple[float, Data]] = []
        self.lost: list[tuple[str, Data]] = []
        self.diversions: list[tuple[float, Address, Data]] = []
        self.injected = 0
        pools = {str(POOL): str(LMA)} if scheme == "spmip" else [str(POOL)]
        gateways = {"pools": pools, "mags": [str(mag) for mag in MAGS], "group": str(GROUP)}
        gateways["mobiles"] = [profile(number) for number in range(1, 5)]
        homes = {name(n): {"prefixes": profile(n)["prefixes"]} for n in range(1, 5)}
        anchors = {"mobiles": homes}
        super().__init__(
            seed, mags=3, lma={**anchors, **(lma or {})}, mag={**gateways, **(mag or {})}, fate=fate
        )

    # --- what a test does ---------------------------------------------------------------------

    def restart(self, address: Address) -> None:
        role, config = self._configs[address]
        if role == "lma" and self.scheme == "sdpmip":
            return
        self.cores[address] = ROLES[self.scheme, role](config, Random(self.seed))
        self.kernels[address] = DataKernel()
        self.give(address, Started())

    def kernel(self, address: Address) -> DataKernel:
        kernel = self.kernels[address]
        assert isinstance(kernel, DataKernel)
        return kernel

    def come(self, number: int, mag: Address) -> None:
        """Let a mobile node attach, and move it if it is attached elsewhere."""
        self.go(number)
        self.attach(link_layer(number), mag)

    def go(self, number: int) -> None:
        if link_layer(number) in self.attached:
            self.detach(link_layer(number))

    def settle(self, *numbers_and_mags: tuple[int, Address]) -> None:
        """Have nodes attached and their registrations done."""
        for number, mag in numbers_and_mags:
            self.come(number, mag)
        self.run(1)

    def send(self, source: int | Address, destination: Address, at: Address | None = None) -> Data:
        """Send a packet now, from a mobile node or from a correspondent behind the gateway."""
        self.injected += 1
        if isinstance(source, Address):
            assert at is not None
            packet = Data(source, destination, self.injected)
            self.forward(at, packet)
            return packet
        packet = Data(address(source), destination, self.injected)
        where = self.attached.get(link_layer(source))
        if where is None:
            self.lost.append(("sender detached", packet))
        elif not self._let_in(where[0], packet):
            self.lost.append(("not let in", packet))
        else:
            self.forward(where[0], packet)
        return packet

    def stream(
        self,
        source: int | Address,
        destination: Address,
        at: Address | None = None,
        *,
        count: int = 50,
        interval: float = 0.005,
    ) -> None:
        """Send ``count`` packets, one every ``interval`` seconds."""
        for index in range(count):
            self.at(index * interval, lambda: self.send(source, destination, at))

    def forge(self, node: Address, message: Any, source: Address, destination: Address) -> None:
        """Let a message arrive at ``node`` that nobody of the domain has sent."""
        octets = mobility.emit(message, source, destination)
        parsed = mobility.parse(octets)
        self.give(node, MessageReceived(parsed, source, destination, octets=octets))

    # --- what a test looks at -----------------------------------------------------------------

    def got(self, destination: Address, source: Address | None = None) -> list[int]:
        """The serial numbers of the packets that came to a node, in the order of arrival."""
        return [
            packet.serial
            for _, packet in self.delivered
            if packet.destination == destination and source in (None, packet.source)
        ]

    def queries(self) -> list[Sent]:
        return [s for s in self.sent if isinstance(s.message, BindingUpdate) and _q(s, 0x0008)]

    def answers(self) -> list[Sent]:
        kind = BindingAcknowledgement
        return [s for s in self.sent if isinstance(s.message, kind) and _q(s, 0x01)]

    def known(self, mag: Address) -> dict[str, dict[str, Any]]:
        """What a gateway knows of addresses elsewhere."""
        return {row["address"]: row for row in self.rows(mag) if "address" in row}

    def assert_path(self, source: Address, number: int) -> None:
        """Packets go from a correspondent at ``source`` straight to the node's gateway.

        The first may have to wait for a query, and those after it not.
        """
        mag, _ = self.attached[link_layer(number)]
        self.send(CORRESPONDENT, address(number), source)
        self.run(5 * DELAY)
        before = len(self.diversions)
        packet = self.send(CORRESPONDENT, address(number), source)
        self.run(2 * DELAY)
        assert self.got(address(number))[-2:] == [packet.serial - 1, packet.serial], self.story()
        assert packet.way == ([source] if source == mag else [source, mag]), self.story()
        assert len(self.diversions) == before, self.story()

    # --- how it works -------------------------------------------------------------------------

    def forward(self, node: Address, packet: Data) -> None:
        """What the kernel of ``node`` does with a packet."""
        if packet.hop_limit == 0:
            self.lost.append(("hop limit", packet))
            return
        packet.hop_limit -= 1
        kernel = self.kernel(node)
        route = kernel.lookup(packet.destination)
        if route is not None and route.interface:
            packet.way.append(node)
            self._deliver(node, route.interface, packet)
        elif route is not None and route.tunnel is not None:
            packet.way.append(node)
            remote = route.tunnel
            self.at(DELAY, lambda: self._leave_tunnel(node, remote, packet))
        elif any(prefix.contains(packet.destination) for prefix in kernel.diverted):
            self.diversions.append((self.now, node, packet))
            self.give(node, PacketArrived(packet, packet.source, packet.destination, 100))
        else:
            self._route(node, packet)

    def _route(self, node: Address, packet: Data) -> None:
        if packet.destination == CORRESPONDENT:
            self.at(DELAY, lambda: self.delivered.append((self.now, packet)))
        elif POOL.contains(packet.destination) and LMA in self.cores and node != LMA:
            self.at(DELAY, lambda: self.forward(LMA, packet))
        else:
            self.lost.append(("no route", packet))

    def _deliver(self, node: Address, interface: str, packet: Data) -> None:
        for octets, where in self.attached.items():
            if where == (node, interface) and packet.destination == address(octets[-1]):
                self.delivered.append((self.now, packet))
                return
        self.lost.append(("not on the link", packet))

    def _leave_tunnel(self, source: Address, node: Address, packet: Data) -> None:
        if source not in self.kernel(node).tunnels:
            self.lost.append(("not a tunnel peer", packet))
        else:
            self.forward(node, packet)

    def _let_in(self, mag: Address, packet: Data) -> bool:
        """Whether the ingress filter lets a node's packet pass, to be routed as any other."""
        for (prefix, source), route in self.kernel(mag).routes.items():
            if source is not None and source.contains(packet.source):
                assert prefix == ALL_ZERO and not (route.interface or route.tunnel)
                return True
        return False

    def _perform(self, address: Address, actions: list[Any]) -> None:
        for action in actions:
            if isinstance(action, do.Forward):
                self.log.append((self.now, address, action))
                self.forward(address, action.packet)
            else:
                super()._perform(address, [action])

    def _send(self, action: do.SendMessage) -> None:
        if action.outer_destination is None:
            super()._send(action)
            return
        message, source, group = action.message, action.source, action.destination
        assert action.outer_destination == group == GROUP
        octets = mobility.emit(message, source, group)
        number = len(self.sent)
        self.sent.append(Sent(self.now, message, source, group, octets))
        for extra in self.fate(number, message):
            self.at(DELAY + extra, lambda: self._multicast(octets, source, group))

    def _multicast(self, octets: bytes, source: Address, group: Address) -> None:
        for node in [node for node in self.cores if group in self.kernel(node).groups]:
            if node != source:
                event = MessageReceived(mobility.parse(octets), source, group, octets=octets)
                self.give(node, event)


def profile(number: int) -> dict[str, Any]:
    octets = text(link_layer(number))
    return {
        "identifier": name(number),
        "lma": str(LMA),
        "link_layer_addresses": [octets],
        "prefixes": {octets: [str(home(number))]},
    }


def _q(sent: Sent, mask: int) -> bool:
    return bool(sent.message.flags & mask)
