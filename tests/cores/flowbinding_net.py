"""What is between the nodes of flow binding: links, the kernels, and the time.

Every message crosses the codec.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flowbinding_kernels import FlowKernel
from flowbinding_nodes import Nodes, node, octets
from flowbinding_ways import Data, Ways
from pmipv6_world import DELAY, LMA, START, Fate, Sent
from virtual_time import VirtualTime

from agents.core import actions as do
from agents.core import events
from agents.core.core import Core
from agents.core.flows import FlowSelector
from agents.wire import icmpv6, mobility, packet
from agents.wire.address import Address
from agents.wire.messages import MobilityMessage
from agents.wire.ndisc import RouterAdvertisement, RouterSolicitation


class Net(VirtualTime[Address]):
    """Carries what cores send, and tells the anchor of what comes out at it."""

    def __init__(self, nodes: Nodes, fate: Fate) -> None:
        super().__init__(START)
        self.nodes, self.fate = nodes, fate
        self.sent: list[Sent] = []
        self.log: list[tuple[float, Address, Any]] = []
        self.attached: dict[tuple[int, str], Address] = {}
        self.reported: dict[tuple[FlowSelector, FlowSelector], float] = {}
        self.cores: dict[Address, Core] = {}
        self.kernels: dict[Address, FlowKernel] = {}
        self.ways = Ways(self.kernels, self.attached, self._watch)

    def give(self, address: Address, event: events.Event) -> list[Any]:
        """Hand ``event`` to a core now, perform what it wants and return that."""
        actions = list(self.cores[address].handle(event, self.now))
        self._perform(address, actions)
        return actions

    def _deadlines(self) -> Iterator[tuple[Address, float | None]]:
        for address, core in self.cores.items():
            yield address, core.deadline()

    def _tick(self, address: Address) -> None:
        core = self.cores[address]
        self._perform(address, list(core.tick(max(core.deadline() or 0.0, self.now))))

    def _perform(self, address: Address, actions: list[Any]) -> None:
        for action in actions:
            self.log.append((self.now, address, action))
            if isinstance(action, do.SendMessage):
                self._send(address, action)
            else:
                self.kernels[address].perform(action)

    def _send(self, where: Address, action: do.SendMessage) -> None:
        message, source, destination = action.message, action.source, action.destination
        if isinstance(message, MobilityMessage):
            octets = mobility.emit(message, source, destination)
            parsed = mobility.parse(octets)
            received = events.MessageReceived(parsed, source, destination, octets=octets)
            self._deliver(message, source, destination, octets, {destination: received})
            return
        octets = icmpv6.emit(message, source, destination)
        parsed = icmpv6.parse(octets)
        if isinstance(parsed, RouterSolicitation):
            self._solicit(where, action, parsed, octets)
            return
        targets = dict(self._hosts(where, action, parsed))
        self._deliver(message, source, destination, octets, targets)

    def _solicit(self, where: Address, action: do.SendMessage, parsed: Any, sent: bytes) -> None:
        """To the gateway, if the interface is attached."""
        number = next(n for n in self.nodes.numbers if node(n) == where)
        gateway = self.attached.get((number, action.interface))
        if gateway is not None:
            source, everyone = action.source, action.destination
            frame = octets(action.interface, number)
            event = events.MessageReceived(parsed, source, everyone, "acc0", frame)
            self._deliver(action.message, source, everyone, sent, {gateway: event})

    def _hosts(
        self, where: Address, action: do.SendMessage, parsed: Any
    ) -> Iterable[tuple[Address, events.MessageReceived]]:
        """Who hears an ICMPv6 message, and at which interface."""
        if isinstance(parsed, RouterAdvertisement):
            for (number, interface), gateway in self.attached.items():
                if gateway == where and octets(interface, number) == action.link_layer_destination:
                    yield (
                        node(number),
                        events.MessageReceived(
                            parsed, action.source, action.destination, interface
                        ),
                    )
        elif where == LMA:
            probe = Data(LMA, action.destination, 58, 0, 0)
            if action.outer_destination is None:
                found = self.ways.down(probe)
            else:
                found = self.ways.out_of_tunnel(
                    probe, action.outer_destination, action.destination, LMA
                )
            if not found.lost:
                number = self.nodes.owner(action.destination)
                yield (
                    node(number),
                    events.MessageReceived(
                        parsed, action.source, action.destination, found.way[-1]
                    ),
                )

    def _deliver(
        self,
        message: Any,
        source: Address,
        destination: Address,
        octets: bytes,
        targets: dict[Address, events.MessageReceived],
    ) -> None:
        number = len(self.sent)
        self.sent.append(Sent(self.now, message, source, destination, octets))
        for extra in self.fate(number, message):
            for target, event in targets.items():
                if target in self.cores:
                    self.at(DELAY + extra, lambda t=target, e=event: self.give(t, e))

    def _watch(self, data: Data, gateway: Address) -> None:
        octets = packet.emit(
            packet.Packet(
                data.source, data.destination, packet.Opaque(data.protocol, _transport(data))
            )
        )
        for watch in self.kernels[LMA].strays(data.flow, gateway):
            key = (watch.selector, data.flow)
            if self.now - self.reported.get(key, 0.0) >= watch.interval:
                self.reported[key] = self.now
                self.give(LMA, events.FlowStrayed(watch.selector, watch.through, data.flow, octets))


def _transport(data: Data) -> bytes:
    ports = (data.source_port, data.destination_port)
    return b"".join(port.to_bytes(2, "big") for port in ports) + bytes(4)
