"""One core on a bench: whole packets go in and come out as octets, the rest lands in a kernel.

Every message crosses the codec with its Home Address option or type 2 routing header, as on a
wire. Time is set by the test and goes from deadline to deadline.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from fake_kernels import Kernel

from agents.core import actions as do
from agents.core.core import Core
from agents.core.events import Event, MessageReceived, Started
from agents.core.security import SecurityAssociation
from agents.mipv6.authentication import Authenticator, timestamp_at
from agents.roles import ROLES
from agents.wire import icmpv6, mobility, packet
from agents.wire.address import Address, Prefix
from agents.wire.extension_headers import DestinationOptions, Type2Routing
from agents.wire.extension_options import HomeAddress
from agents.wire.messages import BindingAcknowledgement, MobilityMessage
from agents.wire.packet import Packet

A = Address.parse

START = 1_700_000_010.0  # a multiple of 30 s
HA = A("2001:db8:1::1")
HOA = A("2001:db8:1::100")
COA = A("2001:db8:2::100")
COA2 = A("2001:db8:3::100")
CN = A("2001:db8:9::9")
STRANGER = A("2001:db8:bad::1")
KEY = SecurityAssociation(256, b"0123456789abcdef")
KEY_CONFIG = {"spi": 256, "key": KEY.key.hex()}


@dataclass
class HomeKernel(Kernel):
    """A kernel of a home agent: it also stands in for neighbours."""

    proxied: set[tuple[str, Address]] = field(default_factory=set)
    exits: dict[Address, do.AcceptTunnels] = field(default_factory=dict)
    optimized: dict[tuple[Address, Address], do.Optimize] = field(default_factory=dict)

    def perform(self, action: Any) -> None:
        match action:
            case do.ProxyNeighbor(interface, address):
                assert (interface, address) not in self.proxied, f"{action}: is there already"
                self.proxied.add((interface, address))
            case do.StopProxying(interface, address):
                self.proxied.remove((interface, address))
            case do.AcceptTunnels(local):
                self.exits[local] = action
            case do.Optimize(local, peer):
                self.optimized[local, peer] = action
            case do.StopOptimizing(local, peer):
                del self.optimized[local, peer]
            case _:
                super().perform(action)

    def tunnel_of(self, address: Address) -> Address | None:
        """Where the tunnel leads that packets to ``address`` enter."""
        route = self.routes.get((Prefix(address, 128), None))
        return None if route is None else route.tunnel


class Bench:
    """A core, its kernel, and everything that it ever asked for."""

    def __init__(self, role: str, config: dict[str, Any], random: Any = None) -> None:
        self.now = START
        self.core: Core = ROLES["mipv6", role](config, random or Random(1))
        self.kernel = HomeKernel()
        self.log: list[tuple[float, Any]] = []
        self.give(Started())

    def give(self, event: Event) -> list[Any]:
        return self._perform(list(self.core.handle(event, self.now)))

    def take(self, sent: Packet | bytes, interface: str = "", link_layer: bytes = b"") -> list[Any]:
        """Let a packet arrive and return what the core wants about it."""
        octets = sent if isinstance(sent, bytes) else packet.emit(sent)
        return self.give(arrival(octets, interface, link_layer))

    def run(self, duration: float) -> list[Any]:
        """Let time pass and return what happened."""
        end = self.now + duration
        done: list[Any] = []
        for _ in range(10_000):
            due = self.core.deadline()
            if due is None or due > end:
                self.now = end
                return done
            self.now = max(self.now, due)
            done += self._perform(list(self.core.tick(self.now)))
        raise AssertionError("the core does not come to rest")

    def records(self, event: str) -> list[dict[str, Any]]:
        return [
            dict(action.details)
            for _, action in self.log
            if isinstance(action, do.Record) and action.event == event
        ]

    def rows(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self.core.bindings(self.now)]

    def _perform(self, actions: list[Any]) -> list[Any]:
        for action in actions:
            self.log.append((self.now, action))
            if not isinstance(action, do.SendMessage):
                self.kernel.perform(action)
        return actions


def arrival(octets: bytes, interface: str = "", link_layer: bytes = b"") -> MessageReceived:
    """The event that a driver makes of a packet whose checksum is right."""
    whole = packet.parse(octets)
    assert whole.checksum is None, "a wrong checksum never comes so far"
    source, destination = whole.pseudo_source, whole.pseudo_destination
    return MessageReceived(
        whole.payload,
        whole.source,
        whole.destination,
        interface,
        link_layer,
        _payload_octets(whole.payload, source, destination),
        home_address=None if source == whole.source else source,
        routed_to=None if destination == whole.destination else destination,
    )


def _payload_octets(message: Any, source: Address, destination: Address) -> bytes:
    codec = mobility if isinstance(message, MobilityMessage) else icmpv6
    return codec.emit(message, source, destination)


def on_wire(action: do.SendMessage) -> Packet:
    """The packet that a driver makes of ``action``."""
    headers: list[Any] = []
    if action.route_to is not None:
        headers.append(Type2Routing(action.route_to))
    if action.home_address is not None:
        headers.append(DestinationOptions((HomeAddress(action.home_address),)))
    return Packet(action.source, action.destination, action.message, tuple(headers))


def sent(actions: list[Any], kind: type | None = None) -> list[Packet]:
    """The packets among ``actions``, each having crossed the codec."""
    return [
        packet.parse(packet.emit(on_wire(action)))
        for action in actions
        if isinstance(action, do.SendMessage) and (kind is None or isinstance(action.message, kind))
    ]


def answer(actions: list[object]) -> BindingAcknowledgement:
    message: BindingAcknowledgement = only(actions, BindingAcknowledgement).payload
    return message


def only(actions: list[Any], kind: type) -> Packet:
    """The one packet of ``kind`` among ``actions``."""
    packets = sent(actions, kind)
    assert len(packets) == 1, actions
    return packets[0]


def reasons(actions: list[Any]) -> list[str]:
    """Why something was dropped, and nothing sent with it."""
    return [action.reason for action in actions if isinstance(action, do.Drop)]


def changes(actions: list[Any]) -> list[Any]:
    """The actions that change the kernel."""
    return [
        action for action in actions if not isinstance(action, do.SendMessage | do.Drop | do.Record)
    ]


def from_away(message: Any, care_of: Address, to: Address, home: Address = HOA) -> Packet:
    """A packet from a care-of address, with its Home Address option."""
    return Packet(care_of, to, message, (DestinationOptions((HomeAddress(home),)),))


def signed(message: Any, care_of: Address, now: float, home: Address = HOA) -> Any:
    """``message`` as a mobile node with the key sends it at ``now``."""
    return Authenticator(KEY).sign(message, timestamp_at(now), care_of, home)
