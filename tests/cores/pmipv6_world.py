"""A small world for real PMIPv6 cores: links with delay and faults, a fake kernel, virtual time.

Every message crosses the codec. Faults are chosen by a test, or drawn from a seed that is part of
the world's name, so that a failure can be played again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from fake_kernels import Kernel
from virtual_time import VirtualTime

from agents.core import actions as do
from agents.core.core import Core
from agents.core.events import Command, Event, LinkDown, LinkUp, MessageReceived, Started
from agents.roles import ROLES
from agents.wire import icmpv6, mobility
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.messages import MobilityMessage
from agents.wire.ndisc import RouterAdvertisement, RouterSolicitation

LMA = Address.parse("2001:db8:f::1")
MAGS = tuple(Address.parse(f"2001:db8:{name}::1") for name in ("a", "b", "c"))
ROUTER = Address.parse("fe80::200:5eff:fe00:5213")
START = 1_700_000_000.0
DELAY = 0.01
ACCESS = "wlan0"

Fate = Callable[[int, Any], Iterable[float]]
"""From a message's number and itself to the extra delays of the copies that arrive."""


def link_layer(number: int) -> bytes:
    return bytes((2, 0, 0, 0, 0, number))


def text(octets: bytes) -> str:
    return octets.hex(":")


def name(number: int) -> str:
    return f"mn{number}@example.com"


def lma_config(**changes: Any) -> dict[str, Any]:
    """An anchor for mn1 to mn4, who have one interface each and are given prefixes of a pool."""
    config = {
        "address": str(LMA),
        "mags": [str(mag) for mag in MAGS],
        "pool": "2001:db8:1:8000::/56",
        "mobiles": {name(n): {"prefixes": {text(link_layer(n)): []}} for n in range(1, 5)},
        "prefixes_per_mobile": 1,
        "max_lifetime": 3600,
        "min_delay_before_bce_delete": 10,
        "max_delay_before_new_bce_assign": 1.5,
        "timestamp_validity_window": 0.3,
        "authentication": None,
    }
    return {**config, **changes}


def mag_config(address: Address = MAGS[0], **changes: Any) -> dict[str, Any]:
    config = {
        "address": str(address),
        "access": [{"interface": ACCESS, "technology": 4}, {"interface": "eth9", "technology": 3}],
        "link_local": str(ROUTER),
        "link_layer": "00:00:5e:00:52:13",
        "mobiles": [
            {
                "identifier": name(n),
                "lma": str(LMA),
                "link_layer_addresses": [text(link_layer(n))],
            }
            for n in range(1, 5)
        ],
        "lifetime": 300,
        "ordering": "timestamp",
        "local_routing": False,
        "detect": ["link"],
        "router_lifetime": 1800,
        "mtu": 1460,
        "initial_timeout": 1,
        "max_timeout": 32,
        "authentication": None,
    }
    return {**config, **changes}


@dataclass(frozen=True)
class Sent:
    """One message as it left a node."""

    at: float
    message: Any
    source: Address
    destination: Address
    octets: bytes


class World(VirtualTime[Address]):
    """One anchor, some gateways, and mobile nodes that are nothing but link-layer addresses."""

    def __init__(
        self,
        seed: int = 0,
        *,
        mags: int = 2,
        lma: dict[str, Any] | None = None,
        mag: dict[str, Any] | None = None,
        fate: Fate = lambda number, message: (0.0,),
    ) -> None:
        super().__init__(START)
        self.seed = seed
        self.fate = fate
        self.sent: list[Sent] = []
        self.log: list[tuple[float, Address, Any]] = []
        self.offset: dict[Address, float] = {}
        self.attached: dict[bytes, tuple[Address, str]] = {}
        self.received: dict[bytes, list[RouterAdvertisement]] = {}
        self._configs: dict[Address, tuple[str, dict[str, Any]]] = {
            LMA: ("lma", lma_config(**(lma or {}))),
            **{a: ("mag", mag_config(a, **(mag or {}))) for a in MAGS[:mags]},
        }
        self.cores: dict[Address, Core] = {}
        self.kernels: dict[Address, Kernel] = {}
        for address in self._configs:
            self.restart(address)

    # --- what a test does ---------------------------------------------------------------------

    def restart(self, address: Address) -> None:
        """Start an agent anew: it and its kernel remember nothing."""
        role, config = self._configs[address]
        self.cores[address] = ROLES["pmipv6", role](config, Random(self.seed))
        self.kernels[address] = Kernel()
        self.give(address, Started())

    def attach(self, octets: bytes, mag: Address, interface: str = ACCESS) -> None:
        self.attached[octets] = (mag, interface)
        self.give(mag, LinkUp(interface, octets))

    def detach(self, octets: bytes) -> None:
        mag, interface = self.attached.pop(octets)
        self.give(mag, LinkDown(interface, octets))

    def solicit(self, octets: bytes, source: Address) -> None:
        mag, interface = self.attached[octets]
        message = MessageReceived(
            RouterSolicitation(()), source, Address.parse("ff02::2"), interface, octets
        )
        self.give(mag, message)

    def command(self, address: Address, name: str, **arguments: Any) -> None:
        self.give(address, Command(name, arguments))

    def deliver(self, sent: Sent, source: Address | None = None) -> None:
        """Let octets arrive again, or as if from elsewhere."""
        self._arrive(sent.octets, source or sent.source, sent.destination)

    def give(self, address: Address, event: Event) -> list[Any]:
        """Hand ``event`` to a core now, perform what it wants and return that."""
        actions = list(self.cores[address].handle(event, self.now + self.offset.get(address, 0.0)))
        self._perform(address, actions)
        return actions

    # --- what a test looks at -----------------------------------------------------------------

    def records(self, event: str) -> list[dict[str, Any]]:
        return [
            dict(action.details)
            for _, _, action in self.log
            if isinstance(action, do.Record) and action.event == event
        ]

    def drops(self) -> list[str]:
        return [action.reason for _, _, action in self.log if isinstance(action, do.Drop)]

    def rows(self, address: Address) -> list[dict[str, Any]]:
        return [dict(row) for row in self.cores[address].bindings(self.now)]

    def home(self, number: int) -> list[Prefix]:
        """The prefixes that the anchor has bound for a mobile node, registered or not."""
        return [
            Prefix.parse(text)
            for row in self.rows(LMA)
            if row["node"] == name(number)
            for text in row["prefixes"]
        ]

    def downward(self, prefix: Prefix) -> tuple[Address, str] | None:
        """Where a packet to ``prefix`` that reaches the anchor comes out: gateway, interface."""
        route = self.kernels[LMA].routes.get((prefix, None))
        if route is None or route.tunnel is None:
            return None
        kernel = self.kernels[route.tunnel]
        last = kernel.routes.get((prefix, None))
        if LMA not in kernel.tunnels or last is None:
            return None
        return route.tunnel, last.interface

    def upward(self, mag: Address, prefix: Prefix) -> bool:
        """Whether a packet from ``prefix`` that reaches ``mag`` comes out at the anchor."""
        route = self.kernels[mag].routes.get((ALL_ZERO, prefix))
        return route is not None and route.tunnel == LMA and mag in self.kernels[LMA].tunnels

    def assert_served(self, octets: bytes, prefix: Prefix) -> None:
        mag, interface = self.attached[octets]
        assert self.downward(prefix) == (mag, interface), self.story()
        assert self.upward(mag, prefix), self.story()

    def assert_unknown(self, address: Address) -> None:
        """Nothing is left of any mobile node at a gateway."""
        assert self.rows(address) == []
        assert self.kernels[address].routes == {}
        assert self.kernels[address].neighbors == {}

    def story(self) -> str:
        lines = [f"seed {self.seed}"]
        lines += [f"{at - START:9.4f} {node} {action}" for at, node, action in self.log]
        return "\n".join(lines)

    # --- how it works -------------------------------------------------------------------------

    def _deadlines(self) -> Iterator[tuple[Address, float | None]]:
        for address, core in self.cores.items():
            deadline = core.deadline()
            offset = self.offset.get(address, 0.0)
            yield address, None if deadline is None else deadline - offset

    def _tick(self, address: Address) -> None:
        core = self.cores[address]
        local = max(core.deadline() or 0.0, self.now + self.offset.get(address, 0.0))
        self._perform(address, list(core.tick(local)))

    def _perform(self, address: Address, actions: list[Any]) -> None:
        for action in actions:
            self.log.append((self.now, address, action))
            if isinstance(action, do.SendMessage):
                self._send(action)
            else:
                self.kernels[address].perform(action)

    def _send(self, action: do.SendMessage) -> None:
        message, source, destination = action.message, action.source, action.destination
        if not isinstance(message, MobilityMessage):
            octets = icmpv6.emit(message, source, destination)
            self.received.setdefault(action.link_layer_destination, []).append(icmpv6.parse(octets))
            return
        octets = mobility.emit(message, source, destination)
        number = len(self.sent)
        self.sent.append(Sent(self.now, message, source, destination, octets))
        for extra in self.fate(number, message):
            self.at(DELAY + extra, lambda: self._arrive(octets, source, destination))

    def _arrive(self, octets: bytes, source: Address, destination: Address) -> None:
        if destination not in self.cores:
            return
        message = mobility.parse(octets)
        self.give(destination, MessageReceived(message, source, destination, octets=octets))
