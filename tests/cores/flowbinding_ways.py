"""Which way packets of flows go, as the kernels of all nodes are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowbinding_kernels import FlowKernel
from flowbinding_nodes import UDP, VIDEO, node, octets
from pmipv6_world import LMA, MAGS

from agents.core import actions as do
from agents.core.flows import FlowSelector
from agents.flowbinding.selectors import single
from agents.wire.address import ALL_ZERO, Address, Prefix


@dataclass
class Data:
    """A packet of some flow: ``way`` are the gateways and interfaces that it came by."""

    source: Address
    destination: Address
    protocol: int = UDP
    source_port: int = VIDEO
    destination_port: int = 40000
    way: list[Any] = field(default_factory=list)
    layers: int = 0
    lost: str = ""

    @property
    def flow(self) -> FlowSelector:
        return single(
            self.source, self.destination, self.protocol, self.source_port, self.destination_port
        )


class Ways:
    """The kernels, and at which gateways interfaces are ``attached``.

    ``seen`` is told of what comes out of tunnels at the anchor, and of the gateway it came by.
    """

    def __init__(
        self,
        kernels: Mapping[Address, FlowKernel],
        attached: Mapping[tuple[int, str], Address],
        seen: Callable[[Data, Address], None],
    ) -> None:
        self.kernels = kernels
        self.attached = attached
        self._seen = seen

    def down(self, data: Data) -> Data:
        """Steps 10 and 11: LMA, gateway, interface."""
        anchor = self.kernels[LMA]
        steer = anchor.steering(data.flow)
        outer = data.destination if steer is None else steer.remote
        gateway = outer if outer in MAGS else _tunnel(anchor, outer)
        data.layers = 1 + (steer is not None and outer not in MAGS)
        inner = data.destination if outer in MAGS else outer
        if gateway is None or (LMA, gateway) not in anchor.inner:
            data.lost = "no route at the anchor"
            return data
        return self.out_of_tunnel(data, gateway, inner, LMA)

    def out_of_tunnel(self, data: Data, gateway: Address, inner: Address, peer: Address) -> Data:
        kernel = self.kernels[gateway]
        data.way.append(gateway)
        route = _on_link(kernel, inner)
        if (gateway, peer) not in kernel.inner or route is None:
            data.lost = "no route at the gateway"
            return data
        for (number, interface), where in self.attached.items():
            host = self.kernels[node(number)]
            has = interface in host.places.get(inner, ()) or "lo" in host.places.get(inner, ())
            if where == gateway and has and _is_neighbour(kernel, inner, octets(interface, number)):
                data.way.append(interface)
                return self._arrive(data, host, inner)
        data.lost = "nobody on the link"
        return data

    def _arrive(self, data: Data, host: FlowKernel, inner: Address) -> Data:
        if inner != data.destination:
            accepted = inner in host.exits and (inner, LMA) in host.inner
            if not (accepted and data.destination in host.places):
                data.lost = "not taken out at the node"
        elif data.destination not in host.places:
            data.lost = "not the node's"
        return data

    def up(self, data: Data, number: int) -> Data:
        """§6: the interface by policy of the node, its gateway, LMA."""
        host = self.kernels[node(number)]
        steer = host.steering(data.flow)
        outer = data.source
        interface = ""
        if steer is not None and steer.interface:
            interface = steer.interface
        else:
            outer = data.source if steer is None else steer.local
            route = host.routes.get((ALL_ZERO, Prefix(outer, 128)))
            interface = "" if route is None else route.interface
        data.layers = int(outer != data.source)
        gateway = self.attached.get((number, interface))
        if gateway is None:
            data.lost = "no link"
            return data
        data.way += [interface, gateway]
        return self._let_in(data, gateway, outer)

    def _let_in(self, data: Data, gateway: Address, outer: Address) -> Data:
        for (_, source), route in self.kernels[gateway].routes.items():
            if source is not None and source.contains(outer):
                assert route.tunnel == LMA
                return self._at_anchor(data, gateway, outer)
        data.lost = "ingress filter"
        return data

    def _at_anchor(self, data: Data, gateway: Address, outer: Address) -> Data:
        anchor = self.kernels[LMA]
        if (LMA, gateway) not in anchor.inner:
            data.lost = "no tunnel at the anchor"
        elif outer != data.source:
            inner = anchor.inner.get((LMA, outer), ())
            if not any(prefix.contains(data.source) for prefix in inner):
                data.lost = "not taken out at the anchor"
        if not data.lost:
            self._seen(data, gateway)
        return data


def _tunnel(kernel: FlowKernel, destination: Address) -> Address | None:
    route = kernel.lookup(destination)
    return None if route is None else route.tunnel


def _on_link(kernel: FlowKernel, destination: Address) -> do.AddRoute | None:
    found = kernel.lookup(destination)
    return found if found is not None and found.interface else None


def _is_neighbour(kernel: FlowKernel, address: Address, link_layer: bytes) -> bool:
    return kernel.known.get(("acc0", address), link_layer) == link_layer
