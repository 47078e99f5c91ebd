"""Kernels for flow binding: what the actions of cores make of the ways of single flows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from host_kernels import HostKernel

from agents.core import actions as do
from agents.core.flows import FlowSelector
from agents.flowbinding.selectors import covers
from agents.wire.address import Address, Prefix


@dataclass
class FlowKernel(HostKernel):
    """Every action must be one that can be carried out."""

    steered: dict[FlowSelector, do.SteerFlow] = field(default_factory=dict)
    watches: dict[FlowSelector, do.WatchFlow] = field(default_factory=dict)
    inner: dict[tuple[Address, Address], tuple[Prefix, ...]] = field(default_factory=dict)
    exits: set[Address] = field(default_factory=set)
    places: dict[Address, list[str]] = field(default_factory=dict)
    metered: dict[str, float] = field(default_factory=dict)
    known: dict[tuple[str, Address], bytes] = field(default_factory=dict)

    def perform(self, action: Any) -> None:
        match action:
            case do.SteerFlow(selector):
                assert action.interface or action.remote != action.local
                self.steered[selector] = action
            case do.StopSteering(selector):
                del self.steered[selector]
            case do.WatchFlow(selector):
                self.watches[selector] = action
            case do.StopWatching(selector):
                del self.watches[selector]
            case do.AddTunnel(local, remote, inner):
                self.inner[local, remote] = inner
            case do.RemoveTunnel(local, remote):
                del self.inner[local, remote]
            case do.AcceptTunnels(local):
                self.exits.add(local)
            case do.AddRoute(prefix, _, _, tunnel, source):
                assert tunnel is None or any(tunnel == remote for _, remote in self.inner)
                self.routes[prefix, source] = action
            case do.AddAddress(interface, address):
                where = self.places.setdefault(address, [])
                if interface not in where:
                    where.append(interface)
            case do.RemoveAddress(interface, address):
                self.places[address].remove(interface)
                if not self.places[address]:
                    del self.places[address]
            case do.AddNeighbor(interface, address, octets):
                self.known[interface, address] = octets
            case do.RemoveNeighbor(interface, address):
                del self.known[interface, address]
            case do.MeterFlows(interface, interval):
                self.metered[interface] = interval
            case _:
                super().perform(action)

    def steering(self, flow: FlowSelector) -> do.SteerFlow | None:
        """The steering that has a packet of a single flow: that of the lowest priority number."""
        found = [s for s in self.steered.values() if covers(s.selector, flow)]
        assert len({s.priority for s in found}) == len(found), "two of one priority"
        return min(found, key=lambda steer: steer.priority, default=None)

    def strays(self, flow: FlowSelector, through: Address) -> list[do.WatchFlow]:
        """The watches that a packet from another tunnel than theirs belongs to."""
        found = [w for w in self.watches.values() if covers(w.selector, flow)]
        return [watch for watch in found if watch.through != through]
