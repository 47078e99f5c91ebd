"""The kernel of any MIPv6 node: what its core has made of it, and which way a packet leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agents.core import actions as do
from agents.wire.address import Address, Prefix


class Way(NamedTuple):
    """How a packet leaves: by ``interface``, if ``tunnel`` is set inside a tunnel."""

    interface: str = ""
    tunnel: tuple[Address, Address] | None = None


@dataclass
class NodeKernel:
    """Strict: an action that cannot be carried out fails the test."""

    addresses: set[tuple[str, Address]] = field(default_factory=set)
    routes: dict[tuple[Prefix, Prefix | None], do.AddRoute] = field(default_factory=dict)
    tunnels: dict[Address, Address] = field(default_factory=dict)
    exits: dict[Address, do.AcceptTunnels] = field(default_factory=dict)
    confined: set[Address] = field(default_factory=set)
    optimized: dict[tuple[Address, Address], do.Optimize] = field(default_factory=dict)
    watched: set[Address] = field(default_factory=set)
    heard: set[tuple[Address, Address]] = field(default_factory=set)
    neighbors: set[tuple[str, Address]] = field(default_factory=set)
    proxied: set[tuple[str, Address]] = field(default_factory=set)
    listening: frozenset[int] = frozenset()

    def perform(self, action: Any) -> None:
        match action:
            case do.AddAddress(interface, address):
                self.addresses.add((interface, address))
            case do.RemoveAddress(interface, address):
                self.addresses.remove((interface, address))
            case do.AddRoute(prefix, _, _, tunnel, source):
                assert tunnel is None or tunnel in self.tunnels, f"{action}: no such tunnel"
                self.routes[prefix, source] = action
            case do.RemoveRoute(prefix, source):
                del self.routes[prefix, source]
            case do.AddTunnel(local, remote):
                assert remote not in self.tunnels, f"{action}: is there already"
                self.tunnels[remote] = local
            case do.RemoveTunnel(local, remote):
                assert self.tunnels.pop(remote) == local
            case _:
                self._perform_rest(action)

    def _perform_rest(self, action: Any) -> None:
        match action:
            case do.AcceptTunnels(local):
                self.exits[local] = action
            case do.Confine(source):
                assert source not in self.confined
                self.confined.add(source)
            case do.Release(source):
                self.confined.remove(source)
            case do.Optimize(local, peer):
                self.optimized[local, peer] = action
            case do.StopOptimizing(local, peer):
                del self.optimized[local, peer]
            case do.WatchPeers(home):
                self.watched.add(home)
            case do.ForgetPeer(home, peer):
                self.heard.discard((home, peer))
            case do.AddNeighbor(interface, address):
                self.neighbors.add((interface, address))
            case do.RemoveNeighbor(interface, address):
                self.neighbors.remove((interface, address))
            case do.ProxyNeighbor(interface, address):
                assert (interface, address) not in self.proxied
                self.proxied.add((interface, address))
            case do.StopProxying(interface, address):
                self.proxied.remove((interface, address))
            case do.Listen(types):
                self.listening = types
            case _:
                assert isinstance(action, do.Record | do.Drop | do.Reply), action

    def owns(self, address: Address) -> bool:
        return any(each == address for _, each in self.addresses)

    def way(self, source: Address, destination: Address) -> Way | None:
        """The way out: that of the source, then the longest prefix; none from the confined."""
        own = Prefix(source, 128)
        routes = [
            route
            for (prefix, of), route in self.routes.items()
            if prefix.contains(destination) and of in (own, None)
            if of == own or source not in self.confined
        ]
        if not routes:
            return None
        best = max(routes, key=lambda route: (route.source is not None, route.prefix.length))
        if best.tunnel is None:
            return Way(best.interface)
        return Way("", (self.tunnels[best.tunnel], best.tunnel))
