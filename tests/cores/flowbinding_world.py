"""A world of mobile nodes with several interfaces, each at its own gateway, with data in it.

Every message crosses the codec. Packets take the ways that the cores have made of the kernels,
layer by layer, and what comes out is reported with every gateway and interface on its way.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

from flowbinding_kernels import FlowKernel
from flowbinding_net import Net
from flowbinding_nodes import (
    CN,
    DOWNLOAD,
    IF1,
    IF2,
    SYNC,
    TCP,
    UDP,
    VIDEO,
    A,
    B,
    Nodes,
    node,
    octets,
)
from flowbinding_ways import Data
from pmipv6_world import LMA, START, Fate, Sent

from agents.core import actions as do
from agents.core import events
from agents.core.flows import Metered
from agents.roles import ROLES
from agents.wire import mobility
from agents.wire.address import Address
from agents.wire.messages import BindingAcknowledgement, BindingUpdate


class FlowWorld(Net):
    """One anchor, three gateways (LTE, and two of Wi-Fi), mobile nodes of two interfaces."""

    node = staticmethod(node)

    def __init__(
        self,
        seed: int = 0,
        *,
        mobiles: int = 1,
        flows: dict[str, Any] | None = None,
        lma: dict[str, Any] | None = None,
        mag: dict[str, Any] | None = None,
        rates: dict[Address, float | None] | None = None,
        fate: Fate = lambda number, message: (0.0,),
    ) -> None:
        super().__init__(Nodes(mobiles, flows or {}, rates or {}, lma or {}, mag or {}), fate)
        self.seed = seed
        self.numbers = self.nodes.numbers
        self.prefix, self.address = self.nodes.prefix, self.nodes.address
        self.flow = self.nodes.flow
        for address in self.nodes.configurations:
            self.restart(address)

    # --- what a test does ---

    def restart(self, address: Address) -> None:
        """Start an agent anew: it and its kernel remember nothing."""
        role, config = self.nodes.configurations[address]
        self.cores[address] = ROLES["flowbinding", role](config, Random(self.seed))
        self.kernels[address] = FlowKernel()
        self.give(address, events.Started())
        for (number, interface), gateway in self.attached.items():
            if gateway == address:
                self.give(gateway, events.LinkUp("acc0", octets(interface, number)))
            if self.node(number) == address:
                self.give(address, events.CarrierUp(interface))

    def come(self, interface: str, gateway: Address, number: int = 1) -> None:
        """Let an interface attach."""
        self.leave(interface, number)
        self.attached[number, interface] = gateway
        self.give(self.node(number), events.CarrierUp(interface))
        self.give(gateway, events.LinkUp("acc0", octets(interface, number)))

    def leave(self, interface: str, number: int = 1) -> None:
        """Let an interface lose its link, if it has one."""
        gateway = self.attached.pop((number, interface), None)
        if gateway is not None:
            self.give(self.node(number), events.CarrierDown(interface))
            self.give(gateway, events.LinkDown("acc0", octets(interface, number)))

    def settle(self, number: int = 1, duration: float = 1.0) -> None:
        """Have both interfaces attached, and all that follows done."""
        self.come(IF1, A, number)
        self.run(0.5)
        self.come(IF2, B, number)
        self.run(duration)

    def forge(self, node: Address, message: Any, source: Address) -> list[Any]:
        """Let a message arrive that nobody of the domain has sent."""
        octets = mobility.emit(message, source, node)
        parsed = mobility.parse(octets)
        return self.give(node, events.MessageReceived(parsed, source, node, octets=octets))

    def replay(self, sent: Sent, source: Address | None = None) -> list[Any]:
        """Let a message arrive once more."""
        return self.forge(sent.destination, sent.message, source or sent.source)

    def meter(self, gateway: Address, *flows: Metered, interval: float = 1.0) -> list[Any]:
        """Let a gateway measure these flows on its access link."""
        total = sum(flow.octets for flow in flows)
        return self.give(gateway, events.FlowsMetered("acc0", interval, total, flows))

    def congest(self, gateway: Address, *flows: Metered) -> None:
        """Let a gateway measure them for so long that its access link may be congested."""
        for _ in range(2):
            self.meter(gateway, *flows)
            self.run(1)

    def metered(self, port: int, rate: float, interface: str = IF1, number: int = 1) -> Metered:
        """A measurement of a flow to an interface, of ``rate`` bit/s."""
        protocol = TCP if port in (DOWNLOAD, SYNC) else UDP
        where = self.address(interface, number)
        return Metered(CN, where, protocol, port, 40000, 0, int(rate / 8), 100)

    # --- what a test looks at ---

    def records(self, event: str, node: Address | None = None) -> list[dict[str, Any]]:
        return [
            dict(action.details)
            for _, where, action in self.log
            if isinstance(action, do.Record) and action.event == event and node in (None, where)
        ]

    def drops(self) -> list[str]:
        return [action.reason for _, _, action in self.log if isinstance(action, do.Drop)]

    def rows(self, address: Address) -> list[dict[str, Any]]:
        return [dict(row) for row in self.cores[address].bindings(self.now)]

    def flows(self, address: Address = LMA) -> dict[str, dict[str, Any]]:
        """The rows of flows of a node, by service."""
        return {row["service"] or "all": row for row in self.rows(address) if "service" in row}

    def messages(self, *kinds: type) -> list[Sent]:
        return [sent for sent in self.sent if isinstance(sent.message, kinds)]

    def down(self, port: int = VIDEO, interface: str = IF1, number: int = 1) -> Data:
        """Where a packet to an interface's address comes out, and how, at this moment."""
        protocol = TCP if port in (DOWNLOAD, SYNC) else UDP
        packet = Data(CN, self.address(interface, number), protocol, port)
        return self.ways.down(packet)

    def up(self, port: int = VIDEO, interface: str = IF1, number: int = 1) -> Data:
        """Which way a packet from an interface's address takes up, at this moment."""
        protocol = TCP if port in (DOWNLOAD, SYNC) else UDP
        packet = Data(self.address(interface, number), CN, protocol, 40000, port)
        return self.ways.up(packet, number)

    def story(self) -> str:
        lines = [f"seed {self.seed}"]
        lines += [f"{at - START:9.4f} {node} {action}" for at, node, action in self.log]
        return "\n".join(lines)


def kinds(sent: Iterable[Sent]) -> list[str]:
    """Which messages, by name; of proxies only."""
    names = {BindingUpdate: "PBU", BindingAcknowledgement: "PBA"}
    return [names.get(type(each.message), type(each.message).__name__) for each in sent]
