"""The agent of a simulated node: events to a core, its actions to the node's tables and ports."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agents.core import actions
from agents.core.core import Core
from agents.core.events import Event, MessageReceived, PacketArrived, Started
from agents.wire.names import message_name
from testbed.simulated.installation import Installation, Performer
from testbed.simulated.node import Node
from testbed.simulated.observe import Log
from testbed.simulated.packet import Packet
from testbed.simulated.ports import Port
from testbed.simulated.shortcuts import Shortcuts

MakeCore = Callable[[], Core]


class AgentProcess:
    """Runs one core, which may be killed and started again.

    With ``log`` everything it does is logged; ``shortcuts`` carry its messages where they may.
    """

    def __init__(
        self, node: Node, make_core: MakeCore, log: Log | None, shortcuts: Shortcuts | None
    ) -> None:
        self.node = node
        self.core: Core | None = None
        self._make_core = make_core
        self._log = log
        self._shortcuts = shortcuts
        self._armed: float | None = None
        self._performing = False
        self._diverted: deque[PacketArrived] = deque()
        self._clock = node.clock
        self._installation = Installation(node, log, shortcuts)
        self._performers: dict[type, Performer] = {
            **self._installation.performers,
            actions.SendMessage: self._send_message,
            actions.Forward: self._forward,
            actions.Drop: self._drop,
            actions.Record: self._record,
        }

    def start(self) -> None:
        """Start a new core, as if the process had been started: it begins with a clean kernel."""
        self._installation.clear()
        self.core = self._make_core()
        self._armed = None
        self.handle(Started())

    def kill(self) -> None:
        """End the process; its core, its timers and what it listens to are gone."""
        self.core = None
        self._diverted.clear()
        self._installation.stop_listening()

    def handle(self, event: Event) -> None:
        """Give ``event`` to the core and do what it asks; nobody hears it where none runs."""
        core = self.core
        if core is not None:
            self._perform(core, core.handle(event, self._clock.now))

    def divert(self, packet: Packet) -> None:
        """Give a data packet to the core, once what that has asked for before is done."""
        ends = packet.outer_source, packet.outer_destination
        event = PacketArrived(packet, *ends, packet.length)
        if self._performing:
            self._diverted.append(event)
        else:
            self.handle(event)

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
        self._perform(self.core, self.core.handle(event, self._clock.now))

    def _perform(self, core: Core, asked: Sequence[actions.Action]) -> None:
        """Do what the core asks, then have a tick at its deadline.

        A tick that was armed for an earlier time finds out when it comes, and arms the next.
        """
        performers = self._performers
        self._performing = True
        for action in asked:
            performers[action.__class__](action)
        self._performing = False
        while self._diverted:
            self.handle(self._diverted.popleft())
        deadline = core.deadline()
        armed = self._armed
        if deadline is None or (armed is not None and armed <= deadline):
            return
        self._armed = deadline
        self._clock.at(max(deadline, self._clock.now), self._tick, core, deadline)

    def _tick(self, core: Core, armed: float) -> None:
        if core is not self.core or armed != self._armed:
            return
        self._armed = None
        deadline = core.deadline()
        due = deadline is not None and deadline <= self._clock.now
        self._perform(core, core.tick(self._clock.now) if due else ())

    def _send_message(self, action: actions.SendMessage) -> None:
        if self._log is not None:
            self._log_message("message_sent", action)
        if action.interface:
            self._send_on_link(action)
            return
        if action.outer_destination is not None:
            packet = self.node.wrap(action.message, action.source, action.destination)
            packet.encapsulate(action.source, action.outer_destination)
            self.node.send(packet)
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

    def _forward(self, action: actions.Forward) -> None:
        self.node.put_back(action.packet)

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
