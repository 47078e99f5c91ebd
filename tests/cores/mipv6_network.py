"""Which way packets go in the small world of MIPv6: links, routers, tunnels, interception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mipv6_bench import arrival
from mipv6_kernel import NodeKernel
from mipv6_places import CONFIGS, FIXED, LINKS, ROLES_OF, link_of

from agents.core import actions as do
from agents.core.core import Core
from agents.core.events import Event, PeerHeard
from agents.wire import packet
from agents.wire.address import Address, Prefix
from agents.wire.icmpv6_messages import ParameterProblem
from agents.wire.ndisc import NeighborAdvertisement, NeighborSolicitation
from agents.wire.packet import Packet

Ends = tuple[Address, Address]


@dataclass
class Node:
    """A core with its kernel, and the link at each of a mobile's interfaces."""

    name: str
    core: Core
    kernel: NodeKernel = field(default_factory=NodeKernel)
    links: dict[str, str] = field(default_factory=dict)


@dataclass
class Passage:
    """How a packet has left ``node``: onto a link, into a tunnel, or just onwards."""

    node: str
    interface: str = ""
    link: str = ""
    tunnel: Ends | None = None


def address_of(name: str) -> Address:
    """The address that others know a node by: a mobile's home address."""
    return Address.parse(CONFIGS[name].get("home_address") or CONFIGS[name]["address"])


class Network:
    """Finds who receives a packet, and hands it over as ``give`` and ``perform`` do."""

    def __init__(
        self,
        nodes: dict[str, Node],
        give: Callable[[str, Event], list[Any]],
        perform: Callable[[str, list[Any]], None],
    ) -> None:
        self.lost: list[str] = []
        self._nodes = nodes
        self._give = give
        self._perform = perform

    def leave(self, name: str, whole: Packet, interface: str) -> Passage | None:
        """Find the way out of the node that sends; None where the packet gets no further."""
        node = self._nodes[name]
        if interface:
            link = node.links.get(interface) or link_of(name, interface)
            scoped = whole.destination[0] in (0xFE, 0xFF)
            return None if link is None else Passage(name, interface, link if scoped else "")
        if ROLES_OF[name] != "mn":
            return Passage(name, tunnel=self._intercepted(name, whole.destination))
        way = node.kernel.way(whole.source, whole.destination)
        if way is None:
            return self._lose("confined or without a route")
        outer = whole.source if way.tunnel is None else way.tunnel[0]
        if not self._on_its_link(name, outer):
            return self._lose("filtered or without a link")
        return Passage(name, tunnel=way.tunnel)

    def arrive(self, passage: Passage, whole: Packet) -> None:
        """Deliver a packet at the end of its passage."""
        if passage.link:
            self._on_link(passage, whole)
        elif passage.tunnel is not None:
            self._through(passage.tunnel, whole)
        else:
            self._route(whole)

    def data(self, name: str, to: str) -> str:
        """Say which way a data packet takes: "direct", by a "tunnel", or "" where it is lost."""
        source, destination = address_of(name), address_of(to)
        kernel = self._nodes[name].kernel
        path = kernel.optimized.get((source, destination))
        origin = path.local_care_of if path else None
        target = path.peer_care_of if path else None
        up = "direct"
        if ROLES_OF[name] == "mn":
            up = self._upward(name, origin or source, source, target or destination)
        down = self._downward(source, destination, origin, target) if up else ""
        return "tunnel" if up and down and "tunnel" in (up, down) else down

    def _upward(self, name: str, outer: Address, source: Address, destination: Address) -> str:
        way = self._nodes[name].kernel.way(outer, destination)
        if way is None:
            return ""
        if way.tunnel is None:
            return "direct" if self._on_its_link(name, outer) else ""
        local, agent = way.tunnel
        exit_ = self._holder(agent)
        if exit_ is None or not self._on_its_link(name, local):
            return ""
        known = self._nodes[exit_].kernel.tunnels.get(local) == agent
        back = self._intercepted(exit_, source)
        return "tunnel" if known and back is not None and back[1] == local else ""

    def _downward(
        self, source: Address, destination: Address, origin: Address | None, target: Address | None
    ) -> str:
        tunnel = None if target else self._intercepted("ha", destination)
        name = self._holder(target or (tunnel[1] if tunnel else destination))
        if name is None:
            return ""
        kernel = self._nodes[name].kernel
        path = kernel.optimized.get((destination, source))
        if origin is not None and (path is None or path.peer_care_of != origin):
            return ""  # a Home Address option without a binding
        if tunnel is None:
            return "direct"
        if kernel.tunnels.get(tunnel[0]) != tunnel[1]:
            return ""
        if destination in kernel.watched and (destination, source) not in kernel.heard:
            kernel.heard.add((destination, source))
            self._give(name, PeerHeard(destination, source))
        return "tunnel"

    def _lose(self, why: str) -> None:
        self.lost.append(why)

    def _on_its_link(self, name: str, source: Address) -> bool:
        """Routers let pass what comes from the prefix of their link (RFC 2827)."""
        node = self._nodes[name]
        return any(
            (interface, source) in node.kernel.addresses and LINKS[link].prefix.contains(source)
            for interface, link in node.links.items()
        )

    def _intercepted(self, name: str, destination: Address) -> Ends | None:
        kernel = self._nodes[name].kernel
        route = kernel.routes.get((Prefix(destination, 128), None))
        if route is None or route.tunnel is None:
            return None
        return kernel.tunnels[route.tunnel], route.tunnel

    def _on_link(self, passage: Passage, whole: Packet) -> None:
        link = LINKS[passage.link]
        there = [(link.router, link.interface)]
        for name, node in self._nodes.items():
            there += [(name, i) for i, each in node.links.items() if each == passage.link]
        layers = CONFIGS[passage.node].get("link_layers")
        sender = layers[passage.interface] if layers else link.link_layer
        for name, interface in there:
            if name != passage.node and self._listens(name, whole.payload):
                self._give(name, arrival(packet.emit(whole), interface, sender))

    def _listens(self, name: str, message: Any) -> bool:
        if isinstance(message, NeighborSolicitation | NeighborAdvertisement):
            return {135, 136} <= self._nodes[name].kernel.listening
        return True

    def _through(self, ends: Ends, whole: Packet) -> None:
        """Take a packet out of a tunnel, if the exit knows its entrance (RFC 6275 §5.5)."""
        entrance, exit_ = ends
        name = self._holder(exit_)
        if name is None or exit_ not in self._nodes[name].kernel.exits:
            return self._lose("no tunnel ends there")
        kernel = self._nodes[name].kernel
        back = self._intercepted(name, whole.source)
        strange = kernel.exits[exit_].reverse_path and (back is None or back[1] != entrance)
        if strange or kernel.tunnels.get(entrance) != exit_:
            return self._lose("not a tunnel peer")
        if ROLES_OF[name] == "mn":
            return self._receive(name, whole)
        return self._route(whole)

    def _route(self, whole: Packet) -> None:
        """Deliver by destination, by way of the home agent where that intercepts."""
        tunnel = self._intercepted("ha", whole.destination)
        if tunnel is not None:
            return self._through(tunnel, whole)
        name = self._holder(whole.destination)
        return self._lose("nobody there") if name is None else self._receive(name, whole)

    def _receive(self, name: str, whole: Packet) -> None:
        if ROLES_OF[name] != "none":
            self._give(name, arrival(packet.emit(whole)))
            return
        problem = ParameterProblem(40, packet.emit(whole), code=1)  # RFC 8200 §4
        self._perform(name, [do.SendMessage(problem, whole.destination, whole.source)])

    def _holder(self, address: Address) -> str | None:
        """Who has ``address`` and can be reached there."""
        for name in self._nodes:
            if name in FIXED and str(address) in CONFIGS[name].get("addresses", ()):
                return name
            if name not in FIXED and self._on_its_link(name, address):
                return name
        return None
