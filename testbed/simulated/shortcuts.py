"""Shortcuts: a message that nothing on its way can touch arrives by one event, not one per hop.

They are taken only where no capture watches the hops between. Whatever may change a way (a
route, a link) clears them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from agents.core.events import MessageReceived
from agents.wire.address import Address, Prefix
from testbed.simulated.clock import Clock
from testbed.simulated.node import Node
from testbed.simulated.packet import HOP_LIMIT
from testbed.simulated.ports import Port
from testbed.simulated.process import Process


class Shortcut:
    """A way from one node to an address of another: how long it takes, and where it ends."""

    __slots__ = ("_clock", "_delay", "_interface", "_take")

    def __init__(self, clock: Clock, delay: float, port: Port, agent: Process) -> None:
        self._clock = clock
        self._delay = delay
        self._interface = port.name
        self._take = agent.take

    def carry(self, message: Any, source: Address, destination: Address) -> None:
        """Have ``message`` received at the end of the way, when it would be hop by hop."""
        received = MessageReceived(message, source, destination, self._interface)
        self._clock.after(self._delay, self._take, received)


class Shortcuts:
    """All ways that messages have taken so far, with None for those that must go hop by hop.

    ``infrastructure`` are the addresses of those of ``nodes`` that do not move.
    """

    def __init__(self, nodes: Mapping[str, Node], infrastructure: Collection[Address]) -> None:
        self._nodes = nodes
        self._infrastructure = infrastructure
        self._known: dict[tuple[str, Address], Shortcut | None] = {}
        self._touches: dict[Prefix, bool] = {}

    def find(self, node: Node, destination: Address) -> Shortcut | None:
        """Return the shortcut from ``node`` to ``destination``, if there is one."""
        key = (node.name, destination)
        try:
            return self._known[key]
        except KeyError:
            found = self._known[key] = self._search(node, destination)
            return found

    def clear(self) -> None:
        """Forget all ways: a link has changed."""
        self._known.clear()

    def route_changed(self, prefix: Prefix) -> None:
        """Forget all ways if a route of ``prefix`` can lie on one."""
        touches = self._touches.get(prefix)
        if touches is None:
            touches = any(prefix.contains(address) for address in self._infrastructure)
            self._touches[prefix] = touches
        if touches:
            self.clear()

    def _search(self, node: Node, destination: Address) -> Shortcut | None:
        if destination not in self._infrastructure or destination in node.addresses:
            return None
        delay = 0.0
        for _ in range(HOP_LIMIT):
            port = _next_port(node, destination)
            if port is None or port.channel is None or port.peer is None:
                return None
            delay += port.channel.delay
            node = self._nodes[port.peer.node.name]
            if destination in node.addresses:
                agent = node.agent
                return Shortcut(node.clock, delay, port.peer, agent) if agent else None
        return None


def _next_port(node: Node, destination: Address) -> Port | None:
    """Return the port to the next hop, or None where a message needs more than its delay."""
    if node.attached.lookup(destination) is not None:
        return None
    route = node.main.lookup(destination)
    if route is None or route.port is None or route.port.channel is None:
        return None
    return route.port if route.port.channel.ideal else None
