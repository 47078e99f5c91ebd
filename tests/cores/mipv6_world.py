"""A small network of real MIPv6 cores, in pairs, on links with delay and faults, in virtual time.

Mobile nodes are on one access link at a time. Each message crosses the codec as a whole packet and
takes the way that the cores' kernels have been told: source routes, tunnels, interception at the
home agent. Routers drop what does not come from the prefix of their link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from mipv6_bench import arrival, on_wire
from mipv6_kernel import NodeKernel
from mipv6_network import Network, Node
from mipv6_places import CONFIGS, FIXED, LINKS, ROLES_OF, START
from virtual_time import VirtualTime

from agents.core import actions as do
from agents.core.events import (
    CarrierDown,
    CarrierUp,
    Command,
    Event,
    LinkDown,
    LinkUp,
    Started,
)
from agents.roles import ROLES
from agents.wire import packet
from agents.wire.packet import Packet

DELAY = 0.01
WLAN = "wlan0"

Fate = Callable[[int, Any], Iterable[float]]
"""From a message's number and itself to the extra delays of the copies that arrive."""


@dataclass
class Sent:
    """One message as it left a node."""

    at: float
    node: str
    packet: Packet
    tunnelled: bool

    @property
    def message(self) -> Any:
        return self.packet.payload


class World(VirtualTime[str]):
    """A home agent, two access routers, two correspondents and the mobiles that a test names."""

    def __init__(
        self,
        seed: int = 0,
        *,
        mobiles: tuple[str, ...] = ("mn1",),
        fate: Fate = lambda number, message: (0.0,),
        **changes: dict[str, Any],
    ) -> None:
        super().__init__(START)
        self.seed, self.fate = seed, fate
        self.changes = changes
        self.sent: list[Sent] = []
        self.log: list[tuple[float, str, Any]] = []
        self.nodes: dict[str, Node] = {}
        self._network = Network(self.nodes, self.give, self._perform)
        self.lost = self._network.lost
        for name in (*FIXED, *mobiles):
            self.restart(name)

    # --- what a test does ---------------------------------------------------------------------

    def restart(self, name: str) -> None:
        """Start an agent anew: it and its kernel remember nothing."""
        role = ROLES_OF[name]
        links = self.nodes[name].links if name in self.nodes else {}
        if role == "none":
            self.nodes[name] = Node(name, _Silent(), links=links)
            return
        config = {**CONFIGS[name], **self.changes.get(role, {}), **self.changes.get(name, {})}
        core = ROLES["mipv6", role](config, Random(f"{self.seed} {name}"))
        self.nodes[name] = Node(name, core, links=links)
        self.give(name, Started())
        for interface in links:
            self.give(name, CarrierUp(interface))

    def attach(self, name: str, link: str, interface: str = WLAN) -> None:
        """Bring a mobile's interface to a link, off the one it was on."""
        if interface in self.nodes[name].links:
            self.detach(name, interface)
        self.nodes[name].links[interface] = link
        self.give(name, CarrierUp(interface))
        where = LINKS[link]
        octets = CONFIGS[name]["link_layers"][interface]
        self.give(where.router, LinkUp(where.interface, octets))

    def detach(self, name: str, interface: str = WLAN) -> None:
        where = LINKS[self.nodes[name].links.pop(interface)]
        self.give(name, CarrierDown(interface))
        octets = CONFIGS[name]["link_layers"][interface]
        self.give(where.router, LinkDown(where.interface, octets))

    def talk(self, name: str, to: str) -> str:
        """Let a data packet go from one node to another: which way it took, "" if it was lost.

        "direct" is by the routes that are optimized, "tunnel" through the home agent.
        """
        return self._network.data(name, to)

    def command(self, name: str, command: str, token: str = "", **arguments: Any) -> list[Any]:
        return self.give(name, Command(command, arguments, token))

    def inject(self, whole: Packet, to: str, interface: str = "") -> list[Any]:
        """Let a packet that nobody has sent arrive; return what its receiver did."""
        return self.give(to, arrival(packet.emit(whole), interface, b"\x02\xbd\0\0\0\1"))

    def give(self, name: str, event: Event) -> list[Any]:
        """Hand ``event`` to a core now, perform what it wants and return that."""
        actions = list(self.nodes[name].core.handle(event, self.now))
        self._perform(name, actions)
        return actions

    # --- what a test looks at -----------------------------------------------------------------

    def records(self, event: str, node: str = "") -> list[dict[str, Any]]:
        return [
            dict(action.details)
            for _, name, action in self.log
            if isinstance(action, do.Record) and action.event == event and node in ("", name)
        ]

    def drops(self, name: str) -> list[str]:
        return [a.reason for _, node, a in self.log if node == name and isinstance(a, do.Drop)]

    def messages(self, kind: type, node: str = "") -> list[Sent]:
        return [s for s in self.sent if isinstance(s.message, kind) and node in ("", s.node)]

    def rows(self, name: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self.nodes[name].core.bindings(self.now)]

    def kernel(self, name: str) -> NodeKernel:
        return self.nodes[name].kernel

    def story(self) -> str:
        lines = [f"seed {self.seed}"]
        lines += [f"{at - START:9.4f} {node} {action}" for at, node, action in self.log]
        return "\n".join(lines)

    # --- how it works -------------------------------------------------------------------------

    def _deadlines(self) -> Iterator[tuple[str, float | None]]:
        for name, node in self.nodes.items():
            yield name, node.core.deadline()

    def _tick(self, name: str) -> None:
        self._perform(name, list(self.nodes[name].core.tick(self.now)))

    def _perform(self, name: str, actions: list[Any]) -> None:
        for action in actions:
            self.log.append((self.now, name, action))
            if isinstance(action, do.SendMessage):
                self._send(name, action)
            else:
                self.nodes[name].kernel.perform(action)

    def _send(self, name: str, action: do.SendMessage) -> None:
        whole = packet.parse(packet.emit(on_wire(action)))
        passage = self._network.leave(name, whole, action.interface)
        tunnelled = passage is not None and passage.tunnel is not None
        number = len(self.sent)
        self.sent.append(Sent(self.now, name, whole, tunnelled))
        if passage is not None:
            for extra in self.fate(number, action.message):
                self.at(DELAY + extra, partial(self._network.arrive, passage, whole))


class _Silent:
    """A host without any of this."""

    def handle(self, event: Event, now: float) -> list[Any]:
        return []

    def tick(self, now: float) -> list[Any]:
        return []

    def deadline(self) -> float | None:
        return None

    def bindings(self, now: float) -> list[Any]:
        return []
