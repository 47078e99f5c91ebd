"""What is between the nodes of DMIPv6: links, routers, tunnels, and the kernels of all nodes.

Messages cross the codec, and the way that the actions of the cores have made of the kernels: from
a home address through the tunnel of its agent, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from dmipv6_nodes import (
    ANYCAST,
    DHPS,
    LINKS,
    MAC,
    NAMES,
    ROUTERS,
    WLAN,
    configurations,
)
from dmipv6_ways import Ways
from host_kernels import HostKernel
from pmipv6_world import START
from virtual_time import VirtualTime

from agents.core import actions as do
from agents.core.events import (
    Event,
    MessageReceived,
    Resolved,
    Started,
)
from agents.roles import ROLES
from agents.wire import icmpv6, mobility
from agents.wire.address import Address
from agents.wire.icmpv6_messages import (
    EchoReply,
    EchoRequest,
    ParameterProblem,
)
from agents.wire.messages import MobilityMessage

DELAY = 0.01
Fate = Callable[[int, Any], Iterable[float]]


@dataclass(frozen=True)
class Sent:
    """One message as it left a node: the addresses of its header, and how it was led."""

    at: float
    node: str
    action: do.SendMessage
    octets: bytes

    @property
    def message(self) -> Any:
        return self.action.message

    @property
    def name(self) -> str:
        return type(self.action.message).__name__

    @property
    def source(self) -> Address:
        return self.action.source

    @property
    def destination(self) -> Address:
        return self.action.destination


class Net(VirtualTime[str], Ways):
    """Nodes and what is between them, in virtual time."""

    def __init__(
        self,
        seed: int = 0,
        *,
        fate: Fate = lambda number, message: (0.0,),
        **changes: dict[str, Any],
    ) -> None:
        VirtualTime.__init__(self, START)
        Ways.__init__(self, configurations(changes))
        self.seed, self.fate = seed, fate
        self.sent: list[Sent] = []
        self.log: list[tuple[float, str, Any]] = []
        self.replies: dict[str, dict[str, Any]] = {}
        self.lost: list[tuple[str, Sent]] = []
        self.rates: dict[str, float | None] = {}
        self.delays: dict[Address, float] = {}
        for name in self.nodes:
            self.restart(name)

    def restart(self, name: str) -> None:
        node = self.nodes[name]
        if node.role is None:
            return
        node.core = ROLES["dmipv6", node.role](node.config, Random(f"{self.seed} {name}"))
        node.kernel = HostKernel(addresses=dict.fromkeys(node.addresses, "lo"))
        self.give(name, Started())

    def give(self, name: str, event: Event) -> None:
        core = self.nodes[name].core
        if core is not None:
            self._perform(name, core.handle(event, self.now))

    def _deadlines(self) -> Iterator[tuple[str, float | None]]:
        for name, node in self.nodes.items():
            yield name, None if node.core is None else node.core.deadline()

    def _tick(self, name: str) -> None:
        core = self.nodes[name].core
        assert core is not None
        self._perform(name, core.tick(self.now))

    def _perform(self, name: str, actions: Iterable[Any]) -> None:
        for action in actions:
            self.log.append((self.now, name, action))
            match action:
                case do.SendMessage():
                    self._send(name, action)
                case do.Resolve():
                    self._resolve(name, action)
                case do.Reply(token, details):
                    self.replies[token] = dict(details)
                case _:
                    self.nodes[name].kernel.perform(action)

    def _resolve(self, name: str, action: do.Resolve) -> None:
        assert action.source in self.nodes[name].kernel.addresses
        if action.server in self.mute or not self._is_here(action.source):
            self.at(3.0, lambda: self.give(name, Resolved(action.name, (), answered=False)))
            return
        found = tuple(NAMES.get(action.name, ()))
        self.at(2 * DELAY, lambda: self.give(name, Resolved(action.name, found)))

    def _send(self, name: str, action: do.SendMessage) -> None:
        sent = Sent(self.now, name, action, octets_of(action))
        number = len(self.sent)
        self.sent.append(sent)
        link = self.link if name == "mn" else action.interface
        for extra in self.fate(number, action.message):
            self.at(DELAY + extra, lambda: self._carry(sent, link))

    def _carry(self, sent: Sent, link: str | None) -> None:
        action = sent.action
        if _is_local(action):
            self._on_link(sent, link)
            return
        if sent.node == "mn" and action.home_address is None:
            way = self._way(action.source) if link == self.link else "lost"
            if way not in ("direct", *self.nodes):
                self.lost.append((way, sent))
                return
        self._arrive(sent)

    def _on_link(self, sent: Sent, link: str | None) -> None:
        if sent.node == "mn":
            if link is not None:
                self._hand(LINKS[link], sent.action, sent.octets, link, MAC)
        elif link == self.link and self.link is not None:
            self._hand("mn", sent.action, sent.octets, WLAN, ROUTERS[LINKS[self.link]].mac)

    def _arrive(self, sent: Sent) -> None:
        to = sent.destination
        later = self.delays.get(to, 0.0) + self.delays.get(sent.source, 0.0)
        if later:
            self.at(later, lambda: self._receive(sent))
        else:
            self._receive(sent)

    def _receive(self, sent: Sent) -> None:
        receivers = self._receivers(sent.destination)
        if not receivers:
            self.lost.append(("nobody there", sent))
        for name in receivers:
            self._hand(name, sent.action, sent.octets)

    def _receivers(self, to: Address) -> list[str]:
        if to[0] == 0xFF:
            return [n for n, node in self.nodes.items() if node.core and to in node.kernel.groups]
        if to in ANYCAST:
            return [name for name in DHPS[ANYCAST[to]] if self.nodes[name].core][:1]
        for name, node in self.nodes.items():
            if name != "mn" and to in node.addresses and to not in self.mute:
                return [name]
        if self._is_here(to):
            return ["mn"]
        agent = self._agent_of(to)
        return ["mn"] if agent is not None and self.down(to, to) == agent else []

    def _hand(
        self, name: str, action: do.SendMessage, octets: bytes, interface: str = "", by: bytes = b""
    ) -> None:
        node = self.nodes[name]
        codec = mobility if isinstance(action.message, MobilityMessage) else icmpv6
        event = MessageReceived(
            codec.parse(octets),
            action.source,
            action.destination,
            interface,
            by,
            octets,
            action.home_address,
            action.route_to,
        )
        if isinstance(event.message, EchoRequest):
            self._echo(name, event)
        elif node.core is not None:
            self.give(name, event)
        elif isinstance(event.message, MobilityMessage):
            self._not_understood(name, event)

    def _echo(self, name: str, event: MessageReceived) -> None:
        request = event.message
        reply = EchoReply(request.identifier, request.sequence, request.data)
        self._send(name, do.SendMessage(reply, event.destination, event.source))

    def _not_understood(self, name: str, event: MessageReceived) -> None:
        """A host without MIPv6 does not know the next header (RFC 8200 §4)."""
        problem = ParameterProblem(40, bytes(40) + event.octets, code=1)
        self._send(name, do.SendMessage(problem, event.destination, event.source))


def octets_of(action: do.SendMessage) -> bytes:
    codec = mobility if isinstance(action.message, MobilityMessage) else icmpv6
    source = action.home_address or action.source
    return codec.emit(action.message, source, action.route_to or action.destination)


def _is_local(action: do.SendMessage) -> bool:
    """Whether it cannot leave its link (RFC 4291 §2.5.6, §2.7)."""
    to = action.destination
    return to[:2] == b"\xfe\x80" or (to[0] == 0xFF and to[1] & 0x0F == 2)
