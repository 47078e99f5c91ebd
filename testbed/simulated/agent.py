"""The agent of a simulated node: events to a core, its actions to the node's tables and ports."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agents.core import actions
from agents.core.core import Core
from agents.core.events import (
    Command,
    Event,
    MessageReceived,
    PacketArrived,
    Resolved,
    Restored,
    Started,
)
from agents.wire.address import Address
from agents.wire.icmpv6 import Icmpv6Message
from agents.wire.mobility_message import MobilityMessage
from agents.wire.names import message_name
from testbed.simulated.flow_installation import FlowInstallation
from testbed.simulated.hosting import Hosting
from testbed.simulated.installation import Installation
from testbed.simulated.node import Node
from testbed.simulated.observe import Log
from testbed.simulated.packet import Homes, Packet
from testbed.simulated.performer import Performer
from testbed.simulated.ports import Port
from testbed.simulated.recognition import NO_KINDS, Kinds
from testbed.simulated.resolver import Resolver
from testbed.simulated.shortcuts import Shortcuts
from testbed.simulated.terminal import Terminal

MakeCore = Callable[[], Core]
Answered = Callable[[Mapping[str, Any]], None]
"""Is given the details of a ``Reply``."""


class AgentProcess:
    """Runs one core, which may be killed and started again.

    With ``log`` everything it does is logged; ``shortcuts`` carry its messages where they may.
    Of the flows that are ``known`` it can tell the packets apart.
    """

    def __init__(
        self,
        node: Node,
        make_core: MakeCore,
        log: Log | None,
        shortcuts: Shortcuts | None,
        known: Kinds = NO_KINDS,
    ) -> None:
        self.node = node
        self.core: Core | None = None
        self._make_core = make_core
        self._log = log
        self._shortcuts = shortcuts
        self._armed: float | None = None
        self._performing = False
        self._later: deque[Event] = deque()
        self._clock = node.clock
        self._installation = Installation(node, log, shortcuts)
        self._flows = FlowInstallation(node, known, self.handle, log)
        self._hosting = Hosting(node) if isinstance(node, Terminal) else None
        self._resolver = Resolver(node)
        self._asked = 0
        self._waiting: dict[str, Answered] = {}  # by the token of their commands
        self._stored: str | None = None  # what outlives the process, as the text of a file
        self._performers: dict[type, Performer] = {
            **self._installation.performers,
            **self._flows.performers,
            **(self._hosting.performers if self._hosting else {}),
            actions.SendMessage: self._send_message,
            actions.Forward: self._forward,
            actions.Resolve: self._resolve,
            actions.Store: self._store,
            actions.Reply: self._reply,
            actions.PreferSource: _do_nothing,  # no program runs in virtual time
            actions.StopPreferring: _do_nothing,
            actions.Drop: self._drop,
            actions.Record: self._record,
        }

    def start(self) -> None:
        """Start a new core, as if the process had been started: it begins with a clean kernel."""
        self._installation.clear()
        self._flows.clear()
        if self._hosting is not None:
            self._hosting.clear()
        self._let_go()
        self.core = self._make_core()
        self._armed = None
        if self._stored is not None:
            self.handle(Restored(json.loads(self._stored)))
        self.handle(Started())

    def kill(self) -> None:
        """End the process; its core, its timers and what it listens to are gone."""
        self.core = None
        self._installation.stop_listening()
        self._flows.stop_listening()
        if self._hosting is not None:
            self._hosting.stop()
        self._let_go()

    @property
    def running(self) -> bool:
        """Whether a core runs."""
        return self.core is not None

    def command(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Give the core a command for whose reply nobody waits."""
        self.handle(Command(name, arguments))

    def ask(self, name: str, arguments: Mapping[str, Any], answered: Answered) -> None:
        """Give the core a command; ``answered`` is called if and when it replies."""
        self._asked += 1
        token = f"{self.node.name}/{self._asked}"
        self._waiting[token] = answered
        self.handle(Command(name, arguments, token))

    def handle(self, event: Event) -> None:
        """Give ``event`` to the core and do what it asks; nobody hears it where none runs.

        What comes of an action waits until all that were asked for with it are done.
        """
        core = self.core
        if self._performing:
            self._later.append(event)
        elif core is not None:
            self._perform(core, core.handle(event, self._clock.now))

    def divert(self, packet: Packet) -> None:
        """Give a data packet to the core."""
        ends = packet.outer_source, packet.outer_destination
        self.handle(PacketArrived(packet, *ends, packet.length))

    def receive(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        """Give the message in ``packet`` to the core, or answer as a kernel without one does."""
        if self.core is None and isinstance(packet.message, MobilityMessage):
            self.node.errors.unknown_message(packet)
        homes = packet.homes
        self.take(
            MessageReceived(
                packet.message,
                packet.source,
                packet.destination,
                port.name,
                neighbor,
                packet.octets,
                homes.home_address if homes else None,
                homes.routed_to if homes else None,
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
        while self._later:
            self.handle(self._later.popleft())
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

    def _let_go(self) -> None:
        self._later.clear()
        self._resolver.forget()
        self._waiting.clear()

    def _send_message(self, action: actions.SendMessage) -> None:
        if self._log is not None:
            self._log_message("message_sent", action)
        if action.interface:
            self._send_on_link(action)
            return
        if self._shortcuts is not None and _may_be_short(action):
            shortcut = self._shortcuts.find(self.node, action.destination)
            if shortcut is not None:
                shortcut.carry(action.message, action.source, action.destination)
                return
        packet = self._wrap(action)
        if action.outer_destination is not None:
            packet.encapsulate(action.source, action.outer_destination)
        self.node.post(packet)

    def _send_on_link(self, action: actions.SendMessage) -> None:
        packet = self._wrap(action)
        port = self.node.ports[action.interface]
        if action.link_layer_destination:
            port.transmit(packet, action.link_layer_destination)
        else:
            port.send(packet, action.destination)

    def _wrap(self, action: actions.SendMessage) -> Packet:
        homes = None
        if action.home_address is not None or action.route_to is not None:
            homes = Homes(action.home_address, action.route_to)
        return self.node.wrap(action.message, action.source, action.destination, homes)

    def _resolve(self, action: actions.Resolve) -> None:
        def answered(addresses: tuple[Address, ...], heard: bool) -> None:
            self.handle(Resolved(action.name, addresses, heard))

        self._resolver.ask(action.name, action.server, action.source, answered)

    def _store(self, action: actions.Store) -> None:
        self._stored = json.dumps(action.state)

    def _reply(self, action: actions.Reply) -> None:
        answered = self._waiting.pop(action.token, None)
        if answered is not None:
            answered(action.details)

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
        for name in ("home_address", "route_to", "routed_to"):
            home = getattr(carried, name, None)
            if home is not None:
                details[name] = str(home)
        self._log(self.node.name, event, **details)


_NAMES = {"node": "subject", "event": "about"}  # "node" is who acts, and "event" what was done


def _may_be_short(action: actions.SendMessage) -> bool:
    """Say whether nothing but delay happens to the message where it goes hop by hop."""
    if action.outer_destination is not None or isinstance(action.message, Icmpv6Message):
        return False
    return action.home_address is None and action.route_to is None


def _do_nothing(action: Any) -> None:
    """Carry out an action that means nothing in virtual time."""


def _named(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``details`` with other names for what a row of the log says of itself."""
    return {_NAMES.get(name, name): value for name, value in details.items()}
