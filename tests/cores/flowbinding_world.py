"""A world of mobile nodes with several interfaces, each at its own gateway, with data in it.

Every message crosses the codec. Packets take the ways that the cores have made of the kernels,
layer by layer, and what comes out is reported with every gateway and interface on its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from flowbinding_kernels import FlowKernel
from pmipv6_world import (
    DELAY,
    LMA,
    MAGS,
    START,
    Fate,
    Sent,
    lma_config,
    mag_config,
    text,
)
from virtual_time import VirtualTime

from agents.core import actions as do
from agents.core import events
from agents.core.core import Core
from agents.core.flows import FlowSelector, Metered
from agents.flowbinding.selectors import single
from agents.pmipv6.forwarding import interface_address
from agents.roles import ROLES
from agents.wire import icmpv6, mobility, packet
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.messages import BindingAcknowledgement, BindingUpdate, MobilityMessage
from agents.wire.ndisc import RouterAdvertisement, RouterSolicitation
from agents.wire.signaling_messages import (
    GenericSignalingAcknowledgement,
    GenericSignalingRequest,
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)

LTE, WLAN = 8, 4
A, B, C = MAGS
TECHNOLOGIES = {A: LTE, B: WLAN, C: WLAN}
IF1, IF2 = "if1", "if2"
CN = Address.parse("2001:db8:cc::1")
CALL, VIDEO, DOWNLOAD, SYNC = 5060, 5004, 6881, 873
UDP, TCP = 17, 6
RATE = 10_000_000

REQUESTS = (GenericSignalingRequest, UpdateNotification)
ANSWERS = (GenericSignalingAcknowledgement, UpdateNotificationAcknowledgement)


def identifier(number: int = 1) -> str:
    return f"mn{number}@example.com"


def octets(interface: str, number: int = 1) -> bytes:
    return bytes((2, 0, 0, 0, 1 if interface == IF1 else 2, number))


def home(interface: str, number: int = 1) -> Prefix:
    kind = 0x10 if interface == IF1 else 0x20
    return Prefix(Address.parse(f"2001:db8:1:{0x8000 + 256 * kind + number:x}::"), 64)


def service(protocol: int, port: int, rate: int) -> dict[str, Any]:
    return {"selectors": [{"protocol": protocol, "source_ports": [port, port]}], "rate": rate}


SERVICES = {
    "call": service(UDP, CALL, 100_000),
    "video": service(UDP, VIDEO, 2_000_000),
    "download": service(TCP, DOWNLOAD, 4_000_000),
    "sync": service(TCP, SYNC, 6_000_000),
}
POLICY = [
    {"service": "call", "prefer": [LTE, WLAN]},
    {"service": "video", "prefer": [WLAN, LTE], "shed": 1},
    {"service": "download", "prefer": [WLAN], "shed": 2},
    {"service": "sync", "prefer": [WLAN]},
]


@dataclass
class Data:
    """A packet of some flow: ``way`` are the gateways and interfaces that it came by."""

    source: Address
    destination: Address
    protocol: int = UDP
    source_port: int = VIDEO
    destination_port: int = 40000
    way: list[Any] = field(default_factory=list)
    layers: int = 0
    lost: str = ""

    @property
    def flow(self) -> FlowSelector:
        return single(
            self.source, self.destination, self.protocol, self.source_port, self.destination_port
        )


class FlowWorld(VirtualTime[Address]):
    """One anchor, three gateways (LTE, and two of Wi-Fi), mobile nodes of two interfaces."""

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
        super().__init__(START)
        self.seed, self.fate = seed, fate
        self.sent: list[Sent] = []
        self.log: list[tuple[float, Address, Any]] = []
        self.attached: dict[tuple[int, str], Address] = {}
        self.numbers = range(1, mobiles + 1)
        self.reported: dict[tuple[FlowSelector, FlowSelector], float] = {}
        self.cores: dict[Address, Core] = {}
        self.kernels: dict[Address, FlowKernel] = {}
        settings = {"services": SERVICES, "policy": POLICY, **(flows or {})}
        self.shared = bool(settings.get("shared_address"))
        rates = {A: RATE, B: RATE, C: RATE, **(rates or {})}
        self._configs = {
            LMA: ("lma", self._anchor(settings, rates, lma or {})),
            **{each: ("mag", self._gateway(each, settings, rates, mag or {})) for each in MAGS},
            **{self.node(n): ("mn", self._mobile(n)) for n in self.numbers},
        }
        for address in self._configs:
            self.restart(address)

    # --- configuration ---

    def _anchor(
        self, settings: dict[str, Any], rates: dict[Address, Any], changes: dict[str, Any]
    ) -> dict[str, Any]:
        return lma_config(
            mobiles={
                identifier(n): {
                    "prefixes": {
                        text(octets(each, n)): [str(self.prefix(each, n))] for each in (IF1, IF2)
                    }
                }
                for n in self.numbers
            },
            capacities=[
                {"gateway": str(each), "technology": TECHNOLOGIES[each], "rate": rate}
                for each, rate in rates.items()
                if rate
            ],
            flows=settings,
            **changes,
        )

    def _gateway(
        self,
        address: Address,
        settings: dict[str, Any],
        rates: dict[Address, Any],
        changes: dict[str, Any],
    ) -> dict[str, Any]:
        access = {"interface": "acc0", "technology": TECHNOLOGIES[address], "rate": rates[address]}
        mobiles = [
            {
                "identifier": identifier(n),
                "lma": str(LMA),
                "link_layer_addresses": [text(octets(each, n)) for each in (IF1, IF2)],
            }
            for n in self.numbers
        ]
        return mag_config(address, access=[access], mobiles=mobiles, flows=settings, **changes)

    def _mobile(self, number: int) -> dict[str, Any]:
        interfaces = [
            {"interface": each, "link_layer": text(octets(each, number)), "technology": kind}
            for each, kind in ((IF1, LTE), (IF2, WLAN))
        ]
        return {
            "identifier": identifier(number),
            "anchor": str(LMA),
            "interfaces": interfaces,
            "shared_address": self.shared,
        }

    # --- who is who ---

    def node(self, number: int = 1) -> Address:
        """The name of a mobile node in this world."""
        return Address.parse(f"2001:db8:ffff::{number}")

    def prefix(self, interface: str, number: int = 1) -> Prefix:
        return home(IF1 if self.shared else interface, number)

    def address(self, interface: str, number: int = 1) -> Address:
        """The address of an interface: SIP is that of IF1, TIP that of IF2."""
        maker = octets(IF1 if self.shared else interface, number)
        found = interface_address(self.prefix(interface, number), maker)
        assert found is not None
        return found

    def flow(self, port: int = VIDEO, interface: str = IF1, number: int = 1) -> FlowSelector:
        """The selector that a gateway makes of a service for an interface."""
        protocol = TCP if port in (DOWNLOAD, SYNC) else UDP
        destination = Prefix(self.address(interface, number), 128)
        return FlowSelector(destination=destination, protocol=protocol, source_ports=(port, port))

    # --- what a test does ---

    def restart(self, address: Address) -> None:
        """Start an agent anew: it and its kernel remember nothing."""
        role, config = self._configs[address]
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

    def give(self, address: Address, event: events.Event) -> list[Any]:
        """Hand ``event`` to a core now, perform what it wants and return that."""
        actions = list(self.cores[address].handle(event, self.now))
        self._perform(address, actions)
        return actions

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
        return self._downwards(packet)

    def up(self, port: int = VIDEO, interface: str = IF1, number: int = 1) -> Data:
        """Which way a packet from an interface's address takes up, at this moment."""
        protocol = TCP if port in (DOWNLOAD, SYNC) else UDP
        packet = Data(self.address(interface, number), CN, protocol, 40000, port)
        return self._upwards(packet, number)

    def story(self) -> str:
        lines = [f"seed {self.seed}"]
        lines += [f"{at - START:9.4f} {node} {action}" for at, node, action in self.log]
        return "\n".join(lines)

    # --- packets ---

    def _downwards(self, data: Data) -> Data:
        """Steps 10 and 11: LMA, gateway, interface."""
        anchor = self.kernels[LMA]
        steer = anchor.steering(data.flow)
        outer = data.destination if steer is None else steer.remote
        gateway = outer if outer in MAGS else _tunnel(anchor, outer)
        data.layers = 1 + (steer is not None and outer not in MAGS)
        inner = data.destination if outer in MAGS else outer
        if gateway is None or (LMA, gateway) not in anchor.inner:
            data.lost = "no route at the anchor"
            return data
        return self._out_of_tunnel(data, gateway, inner, LMA)

    def _out_of_tunnel(self, data: Data, gateway: Address, inner: Address, peer: Address) -> Data:
        kernel = self.kernels[gateway]
        data.way.append(gateway)
        route = _on_link(kernel, inner)
        if (gateway, peer) not in kernel.inner or route is None:
            data.lost = "no route at the gateway"
            return data
        for (number, interface), where in self.attached.items():
            host = self.kernels[self.node(number)]
            has = interface in host.places.get(inner, ()) or "lo" in host.places.get(inner, ())
            if where == gateway and has and _is_neighbour(kernel, inner, octets(interface, number)):
                data.way.append(interface)
                return self._arrive(data, host, inner)
        data.lost = "nobody on the link"
        return data

    def _arrive(self, data: Data, host: FlowKernel, inner: Address) -> Data:
        if inner != data.destination:
            accepted = inner in host.exits and (inner, LMA) in host.inner
            if not (accepted and data.destination in host.places):
                data.lost = "not taken out at the node"
        elif data.destination not in host.places:
            data.lost = "not the node's"
        return data

    def _upwards(self, data: Data, number: int) -> Data:
        """§6: the interface by policy of the node, its gateway, LMA."""
        host = self.kernels[self.node(number)]
        steer = host.steering(data.flow)
        outer = data.source
        interface = ""
        if steer is not None and steer.interface:
            interface = steer.interface
        else:
            outer = data.source if steer is None else steer.local
            route = host.routes.get((ALL_ZERO, Prefix(outer, 128)))
            interface = "" if route is None else route.interface
        data.layers = int(outer != data.source)
        gateway = self.attached.get((number, interface))
        if gateway is None:
            data.lost = "no link"
            return data
        data.way += [interface, gateway]
        return self._let_in(data, gateway, outer)

    def _let_in(self, data: Data, gateway: Address, outer: Address) -> Data:
        for (_, source), route in self.kernels[gateway].routes.items():
            if source is not None and source.contains(outer):
                assert route.tunnel == LMA
                return self._at_anchor(data, gateway, outer)
        data.lost = "ingress filter"
        return data

    def _at_anchor(self, data: Data, gateway: Address, outer: Address) -> Data:
        anchor = self.kernels[LMA]
        if (LMA, gateway) not in anchor.inner:
            data.lost = "no tunnel at the anchor"
        elif outer != data.source:
            inner = anchor.inner.get((LMA, outer), ())
            if not any(prefix.contains(data.source) for prefix in inner):
                data.lost = "not taken out at the anchor"
        if not data.lost:
            self._watch(data, gateway)
        return data

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

    # --- how it works ---

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

    def _send(self, node: Address, action: do.SendMessage) -> None:
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
            self._solicit(node, action, parsed, octets)
            return
        targets = dict(self._hosts(node, action, parsed))
        self._deliver(message, source, destination, octets, targets)

    def _solicit(self, node: Address, action: do.SendMessage, parsed: Any, sent: bytes) -> None:
        """To the gateway, if the interface is attached."""
        number = next(n for n in self.numbers if self.node(n) == node)
        gateway = self.attached.get((number, action.interface))
        if gateway is not None:
            source, everyone = action.source, action.destination
            frame = octets(action.interface, number)
            event = events.MessageReceived(parsed, source, everyone, "acc0", frame)
            self._deliver(action.message, source, everyone, sent, {gateway: event})

    def _hosts(
        self, node: Address, action: do.SendMessage, parsed: Any
    ) -> Iterable[tuple[Address, events.MessageReceived]]:
        """Who hears an ICMPv6 message, and at which interface."""
        if isinstance(parsed, RouterAdvertisement):
            for (number, interface), gateway in self.attached.items():
                if gateway == node and octets(interface, number) == action.link_layer_destination:
                    yield (
                        self.node(number),
                        events.MessageReceived(
                            parsed, action.source, action.destination, interface
                        ),
                    )
        elif node == LMA:
            probe = Data(LMA, action.destination, 58, 0, 0)
            if action.outer_destination is None:
                found = self._downwards(probe)
            else:
                found = self._out_of_tunnel(
                    probe, action.outer_destination, action.destination, LMA
                )
            if not found.lost:
                number = next(n for n in self.numbers if self._owns(n, action.destination))
                yield (
                    self.node(number),
                    events.MessageReceived(
                        parsed, action.source, action.destination, found.way[-1]
                    ),
                )

    def _owns(self, number: int, address: Address) -> bool:
        return address in (self.address(IF1, number), self.address(IF2, number))

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


def _tunnel(kernel: FlowKernel, destination: Address) -> Address | None:
    route = kernel.lookup(destination)
    return None if route is None else route.tunnel


def _on_link(kernel: FlowKernel, destination: Address) -> do.AddRoute | None:
    found = kernel.lookup(destination)
    return found if found is not None and found.interface else None


def _is_neighbour(kernel: FlowKernel, address: Address, link_layer: bytes) -> bool:
    return kernel.known.get(("acc0", address), link_layer) == link_layer


def _transport(data: Data) -> bytes:
    ports = (data.source_port, data.destination_port)
    return b"".join(port.to_bytes(2, "big") for port in ports) + bytes(4)


def kinds(sent: Iterable[Sent]) -> list[str]:
    """Which messages, by name; of proxies only."""
    names = {BindingUpdate: "PBU", BindingAcknowledgement: "PBA"}
    return [names.get(type(each.message), type(each.message).__name__) for each in sent]
