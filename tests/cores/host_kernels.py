"""Kernels of hosts and of home agents: every action must be one that can be carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fake_kernels import DataKernel

from agents.core import actions as do
from agents.wire.address import Address, Prefix


@dataclass
class HostKernel(DataKernel):
    """What the actions of a core have made of the kernel of its node."""

    addresses: dict[Address, str] = field(default_factory=dict)
    confined: set[Address] = field(default_factory=set)
    optimized: dict[tuple[Address, Address], do.Optimize] = field(default_factory=dict)
    watched: set[Address] = field(default_factory=set)
    refused: set[tuple[Address, Address, int, int]] = field(default_factory=set)
    preferred: dict[int, Address] = field(default_factory=dict)
    heard: set[int] = field(default_factory=set)

    def perform(self, action: Any) -> None:
        match action:
            case do.AddAddress(interface, address):
                self.addresses[address] = interface
            case do.RemoveAddress(interface, address):
                assert self.addresses.pop(address) == interface, f"{action}: is elsewhere"
            case do.Confine(source):
                self.confined.add(source)
            case do.Release(source):
                self.confined.discard(source)
            case do.Optimize(local, peer):
                self.optimized[local, peer] = action
            case do.StopOptimizing(local, peer):
                del self.optimized[local, peer]
            case do.WatchPeers(home):
                self.watched.add(home)
            case do.Refuse(local, peer, protocol, port):
                self.refused.add((local, peer, protocol, port))
            case do.StopRefusing(local, peer, protocol, port):
                self.refused.remove((local, peer, protocol, port))
            case do.PreferSource(user, address):
                assert address in self.addresses, f"{action}: no such address"
                self.preferred[user] = address
            case do.StopPreferring(user):
                del self.preferred[user]
            case do.AddTunnel(_, remote):
                self.tunnels.add(remote)
            case do.RemoveTunnel(_, remote):  # routes stay: it is built anew from a new address
                self.tunnels.remove(remote)
            case do.Listen(types):
                self.heard |= types
            case _:
                super().perform(action)

    def way_of(self, source: Address) -> do.AddRoute | None:
        """The route that is for what is sent from ``source`` alone."""
        found = [
            route
            for (_, prefix), route in self.routes.items()
            if prefix is not None and prefix == Prefix(source, 128)
        ]
        return found[0] if found else None
