"""Figure 1 of the draft as a world of real cores: home, two access links, two domains with DHPs.

Messages cross the codec, and the way that the actions of the cores have made of the kernels: from
a home address through the tunnel of its agent, or not at all. Virtual time jumps from event to
event; a test chooses what happens to each message.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

from dmipv6_nodes import (
    ANYCAST,
    DHPS,
    HA,
    HOA,
    LINKS,
    MAC,
    MN,
    NAMES,
    ROUTERS,
    WLAN,
    Node,
    configurations,
)
from host_kernels import HostKernel
from pmipv6_world import START

from agents.core import actions as do
from agents.core.events import (
    CarrierDown,
    CarrierUp,
    Command,
    Event,
    LinkDown,
    LinkQuality,
    LinkUp,
    MessageReceived,
    PeerHeard,
    Resolved,
    Started,
)
from agents.roles import ROLES
from agents.wire import icmpv6, mobility
from agents.wire.address import Address, Prefix
from agents.wire.dmipv6_messages import MulticastDhpAcknowledgement
from agents.wire.icmpv6_messages import (
    EchoReply,
    EchoRequest,
    ParameterProblem,
    RouterAdvertisement,
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


class World:
    """The mobile node, everybody it talks to, and what is between them."""

    def __init__(
        self,
        seed: int = 0,
        *,
        fate: Fate = lambda number, message: (0.0,),
        **changes: dict[str, Any],
    ) -> None:
        self.now, self.seed, self.fate = START, seed, fate
        self.sent: list[Sent] = []
        self.log: list[tuple[float, str, Any]] = []
        self.replies: dict[str, dict[str, Any]] = {}
        self.lost: list[tuple[str, Sent]] = []
        self.rates: dict[str, float | None] = {}
        self.delays: dict[Address, float] = {}
        self.mute: set[Address] = set()  # name servers and nodes that are dead
        self.link: str | None = None
        self.nodes: dict[str, Node] = configurations(changes)
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        for name in self.nodes:
            self.restart(name)

    # --- what a test does ---------------------------------------------------------------------

    def restart(self, name: str) -> None:
        node = self.nodes[name]
        if node.role is None:
            return
        node.core = ROLES["dmipv6", node.role](node.config, Random(f"{self.seed} {name}"))
        node.kernel = HostKernel(addresses=dict.fromkeys(node.addresses, "lo"))
        self.give(name, Started())

    def kill(self, *names: str) -> None:
        """Let nodes vanish with all that they route."""
        for name in names:
            node = self.nodes[name]
            node.core = None
            self.mute |= node.addresses

    def attach(self, link: str) -> None:
        if self.link is not None:
            self.detach()
        self.link = link
        self.give("mn", CarrierUp(WLAN))
        if link in self.rates:
            self.give("mn", LinkQuality(WLAN, self.rates[link]))
        self.give(LINKS[link], LinkUp(link, MAC))

    def detach(self) -> None:
        assert self.link is not None
        link, self.link = self.link, None
        self.give("mn", CarrierDown(WLAN))
        self.give(LINKS[link], LinkDown(link, MAC))

    def ready(self, link: str = "wlan1") -> World:
        """Let the mobile node come, and its first binding stand."""
        self.attach(link)
        self.run(3)
        return self

    def command(self, name: str, command: str, **arguments: Any) -> str:
        token = f"t{next(self._order)}"
        self.give(name, Command(command, arguments, token))
        return token

    def open(self, flow: str, destination: Address, wait: float = 10, **more: Any) -> Any:
        """Open a flow, and return what its program is told within ``wait`` seconds."""
        arguments = {"flow": flow, "destination": str(destination), "protocol": 17, "port": 5060}
        token = self.command("mn", "open_flow", **{**arguments, **more})
        self.run(wait)
        return self.replies.get(token)

    def close(self, flow: str) -> Any:
        return self.replies.get(self.command("mn", "close_flow", flow=flow))

    def hear(self, home: Address, peer: Address) -> None:
        self.give("mn", PeerHeard(home, peer))

    def forge(self, node: str, message: Any, source: Address, **more: Any) -> None:
        """Let a message arrive at ``node`` that nobody has sent."""
        destination = more.pop("destination", self.nodes[node].address)
        action = do.SendMessage(message, source, destination, **more)
        self._hand(node, action, _octets(action))

    def give(self, name: str, event: Event) -> None:
        core = self.nodes[name].core
        if core is not None:
            self._perform(name, core.handle(event, self.now))

    def at(self, delay: float, do_it: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (self.now + delay, next(self._order), do_it))

    def run(self, duration: float) -> None:
        end = self.now + duration
        for _ in range(200_000):
            at, name = self._next()
            if at > end:
                self.now = end
                return
            self.now = max(self.now, at)
            if name is None:
                heapq.heappop(self._queue)[2]()
            else:
                core = self.nodes[name].core
                assert core is not None
                self._perform(name, core.tick(self.now))
        raise AssertionError("the world does not come to rest")

    # --- what a test looks at -----------------------------------------------------------------

    @property
    def kernel(self) -> HostKernel:
        """The kernel of the mobile node."""
        return self.nodes["mn"].kernel

    def records(self, event: str, node: str = "mn") -> list[dict[str, Any]]:
        return [
            dict(action.details)
            for _, name, action in self.log
            if name == node and isinstance(action, do.Record) and action.event == event
        ]

    def drops(self, node: str = "mn") -> list[str]:
        return [a.reason for _, name, a in self.log if name == node and isinstance(a, do.Drop)]

    def messages(self, *names: str, since: float = 0.0) -> list[Sent]:
        return [s for s in self.sent if s.name in names and s.at >= START + since]

    def rows(self, name: str) -> list[dict[str, Any]]:
        core = self.nodes[name].core
        assert core is not None
        return [dict(row) for row in core.bindings(self.now)]

    def up(self, source: Address, destination: Address) -> str:
        """How a packet of the mobile node from ``source`` goes: "direct", by whom, or not."""
        if any(those[:2] == (source, destination) for those in self.kernel.refused):
            return "refused"
        path = self.kernel.optimized.get((source, destination))
        if path is not None and path.local_care_of is not None:
            return "optimized" if self._is_here(path.local_care_of) else "lost"
        return self._way(source)

    def _way(self, source: Address) -> str:
        """How a message from ``source`` goes: it takes no optimized route, and is not refused."""
        kernel = self.kernel
        if source not in kernel.addresses:
            return "no address"
        route = kernel.way_of(source)
        if route is None or route.tunnel is None:
            return "lost" if source in kernel.confined or not self._is_here(source) else "direct"
        return self._through(source, route.tunnel)

    def down(self, home: Address, source: Address) -> str:
        """How a packet of ``source`` to the mobile node's ``home`` comes."""
        kernel = self._kernel_of(source)
        path = None if kernel is None else kernel.optimized.get((source, home))
        if path is not None and path.peer_care_of is not None:
            return "optimized" if self._is_here(path.peer_care_of) else "lost"
        agent = self._agent_of(home)
        if agent is None:
            return "direct" if self._is_here(home) else "lost"
        route = self.nodes[agent].kernel.routes[Prefix(home, 128), None]
        assert route.tunnel is not None
        mine = self.nodes[agent].address in self.kernel.tunnels and home in self.kernel.addresses
        return agent if self._is_here(route.tunnel) and mine else "lost"

    def assert_works(self, source: Address, destination: Address, way: str) -> None:
        """Packets go both ways, and that way."""
        assert self.up(source, destination) == way, self.story()
        assert self.down(source, destination) == way, self.story()

    def story(self) -> str:
        lines = [f"seed {self.seed}"]
        for at, name, action in self.log:
            routine = isinstance(action, do.SendMessage) and isinstance(
                action.message, RouterAdvertisement | MulticastDhpAcknowledgement
            )
            if not routine:
                lines.append(f"{at - START:9.4f} {name} {str(action)[:200]}")
        return "\n".join(lines)

    # --- how it works -------------------------------------------------------------------------

    def _next(self) -> tuple[float, str | None]:
        best: tuple[float, str | None] = (float("inf"), None)
        if self._queue:
            best = (self._queue[0][0], None)
        for name, node in self.nodes.items():
            deadline = None if node.core is None else node.core.deadline()
            if deadline is not None and deadline < best[0]:
                best = (deadline, name)
        return best

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
        sent = Sent(self.now, name, action, _octets(action))
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

    def _through(self, source: Address, tunnel: Address) -> str:
        """Whether a tunnel's other end takes out what comes from the mobile node's ``source``."""
        for name, node in self.nodes.items():
            if node.core is not None and node.address == tunnel and tunnel not in self.mute:
                route = node.kernel.routes.get((Prefix(source, 128), None))
                care_of = None if route is None else route.tunnel
                here = care_of is not None and self._is_here(care_of)
                return name if here and care_of in node.kernel.tunnels else "lost"
        return "lost"

    def _agent_of(self, home: Address) -> str | None:
        for name, node in self.nodes.items():
            serves = node.core is not None and node.role in ("ha", "dhp")
            if serves and (Prefix(home, 128), None) in node.kernel.routes:
                return name
        return None

    def _is_here(self, address: Address) -> bool:
        """Whether ``address`` is one of the mobile node's on the link where it is."""
        if self.link is None or address not in self.kernel.addresses:
            return False
        return ROUTERS[LINKS[self.link]].prefix.contains(address)

    def _kernel_of(self, address: Address) -> HostKernel | None:
        found = [n.kernel for n in self.nodes.values() if address in n.addresses and n.core]
        return found[0] if found else None


def _octets(action: do.SendMessage) -> bytes:
    codec = mobility if isinstance(action.message, MobilityMessage) else icmpv6
    source = action.home_address or action.source
    return codec.emit(action.message, source, action.route_to or action.destination)


def _is_local(action: do.SendMessage) -> bool:
    """Whether it cannot leave its link (RFC 4291 §2.5.6, §2.7)."""
    to = action.destination
    return to[:2] == b"\xfe\x80" or (to[0] == 0xFF and to[1] & 0x0F == 2)


__all__ = ["DELAY", "DHPS", "HA", "HOA", "MN", "World"]
