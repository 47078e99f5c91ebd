"""Kernels for the worlds of the tests: what the actions of a core have made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agents.core import actions as do
from agents.wire.address import Address, Prefix


@dataclass
class Kernel:
    """What a node's actions have made of its kernel; an action that cannot be carried out fails."""

    routes: dict[tuple[Prefix, Prefix | None], do.AddRoute] = field(default_factory=dict)
    tunnels: set[Address] = field(default_factory=set)
    neighbors: dict[Address, tuple[str, bytes]] = field(default_factory=dict)

    def perform(self, action: Any) -> None:
        match action:
            case do.AddTunnel(_, remote):
                assert remote not in self.tunnels, f"{action}: is there already"
                self.tunnels.add(remote)
            case do.RemoveTunnel(_, remote):
                assert not any(route.tunnel == remote for route in self.routes.values())
                self.tunnels.remove(remote)
            case do.AddRoute(prefix, _, _, tunnel, source):
                assert tunnel is None or tunnel in self.tunnels, f"{action}: no such tunnel"
                self.routes[prefix, source] = action
            case do.RemoveRoute(prefix, source):
                del self.routes[prefix, source]
            case do.AddNeighbor(interface, address, octets):
                self.neighbors[address] = (interface, octets)
            case do.RemoveNeighbor(interface, address):
                assert self.neighbors.pop(address)[0] == interface


@dataclass
class DataKernel(Kernel):
    """A kernel that diverts, and hears multicast groups."""

    diverted: set[Prefix] = field(default_factory=set)
    groups: set[Address] = field(default_factory=set)

    def perform(self, action: Any) -> None:
        match action:
            case do.Divert(prefix):
                self.diverted.add(prefix)
            case do.StopDiverting(prefix):
                self.diverted.remove(prefix)
            case do.JoinGroup(group):
                self.groups.add(group)
            case _:
                super().perform(action)

    def lookup(self, destination: Address) -> do.AddRoute | None:
        """The route of an attached node, or into a tunnel: that of the longest prefix."""
        routes = [
            route
            for (prefix, source), route in self.routes.items()
            if source is None and prefix.contains(destination)
        ]
        return max(routes, key=lambda route: route.prefix.length, default=None)
