"""What an agent has installed in its node: routes, tunnels and neighbours, as a kernel holds them.

It outlives the agent: what one that was killed has installed stays until the next one starts. But
for groups and diverted packets it must listen itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from agents.core import actions
from agents.wire.address import Address, Prefix
from testbed.simulated.access_ports import ResolvingPort
from testbed.simulated.node import Node
from testbed.simulated.observe import Log
from testbed.simulated.performer import Performer
from testbed.simulated.shortcuts import Shortcuts
from testbed.simulated.tables import AS_ROUTED, DIVERTED, Route


class Installation:
    """Performs the routing actions of a core on the tables of ``node``."""

    def __init__(self, node: Node, log: Log | None, shortcuts: Shortcuts | None) -> None:
        self._node = node
        self._log = log
        self._shortcuts = shortcuts
        self._in_main: set[Prefix] = set()
        self._diverted: set[Prefix] = set()
        self._introduced: set[tuple[ResolvingPort, Address]] = set()
        self.performers: Mapping[type, Performer] = {
            actions.AcceptTunnels: self._accept_tunnels,
            actions.AddTunnel: self._add_tunnel,
            actions.RemoveTunnel: self._remove_tunnel,
            actions.AddRoute: self._add_route,
            actions.RemoveRoute: self._remove_route,
            actions.Divert: self._divert,
            actions.StopDiverting: self._stop_diverting,
            actions.JoinGroup: self._join_group,
            actions.AddNeighbor: self._add_neighbor,
            actions.RemoveNeighbor: self._remove_neighbor,
            actions.Listen: self._listen,
            actions.ProxyNeighbor: self._proxy,
            actions.StopProxying: self._stop_proxying,
        }

    def clear(self) -> None:
        """Take everything away, for an agent that begins anew."""
        node = self._node
        self.stop_listening()
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
        for each in node.ports.values():
            if isinstance(each, ResolvingPort):
                each.neighbors.proxied.clear()
        if self._shortcuts is not None:
            self._shortcuts.clear()

    def stop_listening(self) -> None:
        """Take away what goes with the process of the agent."""
        for prefix in list(self._diverted):
            self._stop_diverting(actions.StopDiverting(prefix))
        self._node.multicast.groups.clear()
        self._node.icmpv6.stop_listening()

    def _listen(self, action: actions.Listen) -> None:
        self._node.icmpv6.listen(action.types)

    def _accept_tunnels(self, action: actions.AcceptTunnels) -> None:
        self._node.exits.open(action.local, action.delivery, reverse_path=action.reverse_path)

    def _add_tunnel(self, action: actions.AddTunnel) -> None:
        self._node.tunnels[action.remote] = action.local
        self._node.exits.admit((action.remote, action.local), action.inner)

    def _remove_tunnel(self, action: actions.RemoveTunnel) -> None:
        node, remote = self._node, action.remote
        node.exits.shut_out((remote, action.local))
        if node.tunnels.get(remote) == action.local:
            del node.tunnels[remote]
            for other, local in node.exits.peers:
                if other == remote:
                    node.tunnels[remote] = local

    def _divert(self, action: actions.Divert) -> None:
        self._diverted.add(action.prefix)
        self._node.attached.add(action.prefix, DIVERTED)
        self._may_touch_ways(action.prefix)

    def _stop_diverting(self, action: actions.StopDiverting) -> None:
        self._diverted.discard(action.prefix)
        self._node.attached.remove(action.prefix)
        self._may_touch_ways(action.prefix)

    def _join_group(self, action: actions.JoinGroup) -> None:
        self._node.multicast.groups[action.group] = action.tunnelled

    def _add_route(self, action: actions.AddRoute) -> None:
        node, prefix, route = self._node, action.prefix, self._route(action)
        if action.source is not None:
            node.uplink.add(action.source, prefix, route)
        elif self._precedes(action):
            node.attached.add(prefix, route)
            if prefix in self._in_main:
                self._remove_from_main(prefix)
        else:
            node.main.add(prefix, route)
            if prefix not in self._in_main:
                self._in_main.add(prefix)
                node.attached.remove(prefix)
        self._changed("route_installed", action)

    def _route(self, action: actions.AddRoute) -> Route:
        interface, tunnel = action.interface, action.tunnel
        if tunnel is not None and tunnel not in self._node.tunnels:
            raise ValueError(f"{tunnel} is no tunnel peer of {self._node.name}")
        if action.source is not None and not interface and tunnel is None:
            return AS_ROUTED
        return Route(self._node.ports[interface] if interface else None, action.next_hop, tunnel)

    def _precedes(self, action: actions.AddRoute) -> bool:
        """Say whether the route comes before the ordinary ones, also for what leaves a tunnel.

        That is so at an exit point that delivers to attached nodes, for its tunnels too.
        """
        if action.tunnel is None:
            return action.next_hop is None
        return self._node.exits.delivers_to_attached

    def _remove_from_main(self, prefix: Prefix) -> None:
        self._in_main.remove(prefix)
        self._node.main.remove(prefix)

    def _remove_route(self, action: actions.RemoveRoute) -> None:
        node, prefix = self._node, action.prefix
        if action.source is not None:
            node.uplink.remove(action.source, prefix)
        elif prefix in self._in_main:
            self._remove_from_main(prefix)
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

    def _may_touch_ways(self, prefix: Prefix) -> None:
        if self._shortcuts is not None:
            self._shortcuts.route_changed(prefix)

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

    def _proxy(self, action: actions.ProxyNeighbor) -> None:
        port = self._node.ports[action.interface]
        if isinstance(port, ResolvingPort):
            port.neighbors.proxied.add(action.address)

    def _stop_proxying(self, action: actions.StopProxying) -> None:
        port = self._node.ports[action.interface]
        if isinstance(port, ResolvingPort):
            port.neighbors.proxied.discard(action.address)
