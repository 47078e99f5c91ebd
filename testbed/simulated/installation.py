"""What an agent has installed in its node: routes, tunnels and neighbours, as a kernel holds them.

It outlives the agent: what one that was killed has installed stays until the next one starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agents.core import actions
from agents.wire.address import Address, Prefix
from testbed.simulated.node import Node
from testbed.simulated.observe import Log
from testbed.simulated.ports import ResolvingPort
from testbed.simulated.shortcuts import Shortcuts
from testbed.simulated.tables import Route

Performer = Callable[[Any], None]


class Installation:
    """Performs the routing actions of a core on the tables of ``node``."""

    def __init__(self, node: Node, log: Log | None, shortcuts: Shortcuts | None) -> None:
        self._node = node
        self._log = log
        self._shortcuts = shortcuts
        self._in_main: set[Prefix] = set()
        self._introduced: set[tuple[ResolvingPort, Address]] = set()
        self.performers: Mapping[type, Performer] = {
            actions.AcceptTunnels: self._accept_tunnels,
            actions.AddTunnel: self._add_tunnel,
            actions.RemoveTunnel: self._remove_tunnel,
            actions.AddRoute: self._add_route,
            actions.RemoveRoute: self._remove_route,
            actions.AddNeighbor: self._add_neighbor,
            actions.RemoveNeighbor: self._remove_neighbor,
        }

    def clear(self) -> None:
        """Take everything away, for an agent that begins anew."""
        node = self._node
        for prefix in self._in_main:
            node.main.remove(prefix)
        for port, address in self._introduced:
            port.neighbors.forget(address)
        self._in_main.clear()
        self._introduced.clear()
        node.attached.clear()
        node.uplink.clear()
        node.exits.clear()
        node.tunnels.clear()

    def _accept_tunnels(self, action: actions.AcceptTunnels) -> None:
        self._node.exits[action.local] = action.delivery

    def _add_tunnel(self, action: actions.AddTunnel) -> None:
        self._node.tunnels[action.remote] = action.local

    def _remove_tunnel(self, action: actions.RemoveTunnel) -> None:
        if self._node.tunnels.get(action.remote) == action.local:
            del self._node.tunnels[action.remote]

    def _add_route(self, action: actions.AddRoute) -> None:
        node, prefix, interface = self._node, action.prefix, action.interface
        if action.tunnel is not None and action.tunnel not in node.tunnels:
            raise ValueError(f"{action.tunnel} is no tunnel peer of {node.name}")
        route = Route(node.ports[interface] if interface else None, action.next_hop, action.tunnel)
        if action.source is not None:
            node.uplink.add(action.source, prefix, route)
        elif interface and action.next_hop is None:
            node.attached.add(prefix, route)
        else:
            node.main.add(prefix, route)
            self._in_main.add(prefix)
        self._changed("route_installed", action)

    def _remove_route(self, action: actions.RemoveRoute) -> None:
        node, prefix = self._node, action.prefix
        if action.source is not None:
            node.uplink.remove(action.source, prefix)
        elif prefix in self._in_main:
            node.main.remove(prefix)
            self._in_main.discard(prefix)
        else:
            node.attached.remove(prefix)
        self._changed("route_removed", action)

    def _changed(self, event: str, action: actions.AddRoute | actions.RemoveRoute) -> None:
        if self._log is not None:
            names = ("prefix", "source", "interface", "tunnel")
            values = ((name, getattr(action, name, None)) for name in names)
            self._log(self._node.name, event, **{name: str(v) for name, v in values if v})
        elif self._shortcuts is not None and action.source is None:
            self._shortcuts.route_changed(action.prefix)

    def _add_neighbor(self, action: actions.AddNeighbor) -> None:
        port = self._node.ports[action.interface]
        if isinstance(port, ResolvingPort):
            port.neighbors.learn(action.address, action.link_layer_address)
            self._introduced.add((port, action.address))

    def _remove_neighbor(self, action: actions.RemoveNeighbor) -> None:
        port = self._node.ports[action.interface]
        if isinstance(port, ResolvingPort):
            port.neighbors.forget(action.address)
            self._introduced.discard((port, action.address))
