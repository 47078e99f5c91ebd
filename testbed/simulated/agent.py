"""The agent of a simulated node: performs a core's actions on the node's tables and ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agents.core import actions
from agents.core.core import Core
from agents.core.events import Event, MessageReceived, Started
from agents.wire.address import Address, Prefix
from agents.wire.names import message_name
from testbed.simulated.node import Node
from testbed.simulated.observe import Log
from testbed.simulated.packet import Packet
from testbed.simulated.ports import Port, ResolvingPort
from testbed.simulated.shortcuts import Shortcuts
from testbed.simulated.tables import Route

MakeCore = Callable[[], Core]


class AgentProcess:
    """Runs one core: it may be killed, and what the kernel holds of it then stays."""

    def __init__(
        self, node: Node, make_core: MakeCore, log: Log | None, shortcuts: Shortcuts | None
    ) -> None:
        self.node = node
        self.core: Core | None = None
        self._make_core = make_core
        self._log = log
        self._shortcuts = shortcuts
        self._armed: float | None = None
        self._clock = node.clock
        self._in_main: set[Prefix] = set()  # what this agent has routed in the main table
        self._introduced: set[tuple[ResolvingPort, Address]] = set()
        self._performers: dict[type, Callable[[Any], None]] = {
            actions.SendMessage: self._send_message,
            actions.AcceptTunnels: self._accept_tunnels,
            actions.AddTunnel: self._add_tunnel,
            actions.RemoveTunnel: self._remove_tunnel,
            actions.AddRoute: self._add_route,
            actions.RemoveRoute: self._remove_route,
            actions.AddNeighbor: self._add_neighbor,
            actions.RemoveNeighbor: self._remove_neighbor,
            actions.Drop: self._drop,
            actions.Record: self._record,
        }

    def start(self) -> None:
        """Start a new core, as if the process had been started: it begins with a clean kernel."""
        self._clear_leftovers()
        self.core = self._make_core()
        self._armed = None
        self.handle(Started())

    def kill(self) -> None:
        """End the process; its core and its timers are gone."""
        self.core = None

    def handle(self, event: Event) -> None:
        """Give ``event`` to the core and do what it asks; nobody hears it where none runs."""
        core = self.core
        if core is not None:
            self._perform(core.handle(event, self._clock.now))
            self._arm(core)

    def receive(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        """Give the message in ``packet`` to the core."""
        self.take(
            MessageReceived(
                packet.message,
                packet.source,
                packet.destination,
                port.name,
                neighbor,
                packet.octets,
            )
        )

    def take(self, event: MessageReceived) -> None:
        """Give a received message to the core."""
        if self.core is None:
            self.node.drops["no_agent"] += 1
            return
        if self._log is not None:
            self._log_message("message_received", event)
        self.handle(event)

    def _perform(self, asked: Sequence[actions.Action]) -> None:
        performers = self._performers
        for action in asked:
            performers[type(action)](action)

    def _arm(self, core: Core) -> None:
        """Have a tick at the core's deadline; one that comes too early finds out and re-arms."""
        deadline = core.deadline()
        if deadline is None or (self._armed is not None and self._armed <= deadline):
            return
        self._armed = deadline
        self._clock.at(max(deadline, self._clock.now), self._tick, core, deadline)

    def _tick(self, core: Core, armed: float) -> None:
        if core is not self.core or armed != self._armed:
            return
        self._armed = None
        deadline = core.deadline()
        if deadline is not None and deadline <= self._clock.now:
            self._perform(core.tick(self._clock.now))
        self._arm(core)

    def _send_message(self, action: actions.SendMessage) -> None:
        if self._log is not None:
            self._log_message("message_sent", action)
        if action.interface:
            self._send_on_link(action)
            return
        if self._shortcuts is not None:
            shortcut = self._shortcuts.find(self.node, action.destination)
            if shortcut is not None:
                shortcut.carry(action.message, action.source, action.destination)
                return
        node = self.node
        node.send(node.wrap(action.message, action.source, action.destination))

    def _send_on_link(self, action: actions.SendMessage) -> None:
        node = self.node
        packet = node.wrap(action.message, action.source, action.destination)
        port = node.ports[action.interface]
        if action.link_layer_destination:
            port.transmit(packet, action.link_layer_destination)
        else:
            port.send(packet, action.destination)

    def _clear_leftovers(self) -> None:
        """Take away what an agent that ran here before has left in the kernel."""
        node = self.node
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
        self.node.exits[action.local] = action.delivery

    def _add_tunnel(self, action: actions.AddTunnel) -> None:
        self.node.tunnels[action.remote] = action.local

    def _remove_tunnel(self, action: actions.RemoveTunnel) -> None:
        if self.node.tunnels.get(action.remote) == action.local:
            del self.node.tunnels[action.remote]

    def _add_route(self, action: actions.AddRoute) -> None:
        node = self.node
        port = node.ports[action.interface] if action.interface else None
        route = Route(port, action.next_hop, action.tunnel)
        if action.source is not None:
            node.uplink.add(action.source, action.prefix, route)
        elif port is not None and action.next_hop is None:
            node.attached.add(action.prefix, route)
        else:
            node.main.add(action.prefix, route)
            self._in_main.add(action.prefix)
        self._changed("route_installed", action)

    def _remove_route(self, action: actions.RemoveRoute) -> None:
        node = self.node
        if action.source is not None:
            node.uplink.remove(action.source, action.prefix)
        elif node.attached.get(action.prefix) is not None:
            node.attached.remove(action.prefix)
        else:
            node.main.remove(action.prefix)
            self._in_main.discard(action.prefix)
        self._changed("route_removed", action)

    def _changed(self, event: str, action: actions.AddRoute | actions.RemoveRoute) -> None:
        if self._shortcuts is not None:
            self._shortcuts.route_changed(action.prefix)
        if self._log is not None:
            names = ("prefix", "source", "interface", "tunnel")
            values = ((name, getattr(action, name, None)) for name in names)
            self._log(self.node.name, event, **{name: str(v) for name, v in values if v})

    def _add_neighbor(self, action: actions.AddNeighbor) -> None:
        port = self.node.ports[action.interface]
        if isinstance(port, ResolvingPort):
            port.neighbors.learn(action.address, action.link_layer_address)
            self._introduced.add((port, action.address))

    def _remove_neighbor(self, action: actions.RemoveNeighbor) -> None:
        port = self.node.ports[action.interface]
        if isinstance(port, ResolvingPort):
            port.neighbors.forget(action.address)
            self._introduced.discard((port, action.address))

    def _drop(self, action: actions.Drop) -> None:
        self.node.drops[action.reason] += 1
        if self._log is not None:
            self._log(self.node.name, "dropped", reason=action.reason, **_named(action.details))

    def _record(self, action: actions.Record) -> None:
        if self._log is not None:
            self._log(self.node.name, action.event, **_named(action.details))

    def _log_message(self, event: str, carried: actions.SendMessage | MessageReceived) -> None:
        assert self._log is not None
        details = {
            "message": message_name(carried.message),
            "source": str(carried.source),
            "destination": str(carried.destination),
        }
        if carried.interface:
            details["interface"] = carried.interface
        self._log(self.node.name, event, **details)


def _named(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``details`` with the node that they are about as "subject": "node" is who acts."""
    return {"subject" if name == "node" else name: value for name, value in details.items()}
