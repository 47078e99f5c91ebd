"""One agent: a role's core, its driver, its sockets, in the network namespace of its node."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter_ns
from typing import Any

from agents.core.actions import (
    JoinGroup,
    Listen,
    Reply,
    Resolve,
    SendMessage,
    Store,
    TakeRejections,
)
from agents.core.core import Core
from agents.core.events import Event, Started
from agents.live.carrier import CarrierMonitor
from agents.live.control import Control, ControlError, ControlSocket
from agents.live.driver import Driver
from agents.live.farewell import on_request_to_end
from agents.live.journal import Journal, Level
from agents.live.kernel import Kernel
from agents.live.loop import Loop
from agents.live.netlink import Netlink
from agents.live.preload import compile_codec, load_diameter
from agents.live.reception import BURST, Reception
from agents.live.resolver import Resolver
from agents.live.sockets import mobility_socket
from agents.live.store import Keeper
from agents.live.transport import Transport
from agents.live.tunnels import Place
from agents.wire.diameter import AaAnswer, AaRequest

Factory = Callable[[Mapping[str, Any], Random], Core]

_HOST_BASED = ("mipv6", "dmipv6")  # protocols whose nodes send from home addresses
_BUSY, _REPLIES = 0.005, 1000  # seconds until who reads no answers is tried again, and how often
_DRAIN = 1024  # packets that leave before a new route is opened to those that come after them


@dataclass(frozen=True, slots=True)
class Specification:
    """What to start: ``settings`` may hold "log_level" and "data_path" ("seg6", "ip6tnl").

    The setting "state" names the file of what the agent keeps beyond its end; if it is not there,
    that is one beside its control socket.

    With the setting "home_addresses" the agent takes in packets with a Home Address option or a
    type 2 routing header; if it is not there, the protocol decides.
    """

    node: str
    protocol: str
    role: str
    config: Mapping[str, Any]
    netns_pid: int
    log: str
    events: str
    clock_offset: float = 0.0
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)


class Agent:
    """Everything an agent holds open. Construct it inside the node's network namespace."""

    def __init__(self, specification: Specification, factory: Factory, control: Path) -> None:
        settings = specification.settings
        self._loop = Loop()
        self._journal = Journal(
            specification.node,
            os.open(specification.events, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            os.open(specification.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            specification.clock_offset,
            Level[str(settings.get("log_level", "info")).upper()],
        )
        core = factory(specification.config, Random(f"{specification.seed}/{specification.node}"))
        place = _place(specification.config)
        self._kernel = Kernel(
            place,
            self._journal,
            lambda descriptor: self._loop.watch(descriptor, self._take_packets),
            self._loop.watch,
            self._loop.later,
            self._told,
            str(settings.get("data_path") or ""),
        )
        state = settings.get("state") or control / f"{specification.node}.state"
        self._keeper = Keeper(Path(str(state)), self._journal)
        self._open_sockets(core, specification)
        self._diameter = load_diameter(
            specification.config,
            self._loop,
            self._journal,
            self._driver.handle,
            Random(f"{specification.seed}/{specification.node}/diameter"),
        )
        self._control = ControlSocket(control / f"{specification.node}.sock")
        self._server = Control(
            self._control,
            self._told,
            {
                "bindings": lambda: core.bindings(self._journal.now()),
                "counters": self._counters,
            },
        )
        self._watch(bool(settings.get("home_addresses", specification.protocol in _HOST_BASED)))

    def start(self) -> None:
        """Tell the core what it knew, that it has come up, and which of its links are there."""
        restored = self._keeper.restored()
        self._tell_all([restored, Started()] if restored else [Started()])
        self._tell_all(self._carrier.look())
        if self._diameter is not None:
            self._diameter.start()

    def rehearse(self) -> None:
        """Touch what the first message will need: a forked process copies its pages on first use.

        Spares the first handover of each agent about a millisecond.
        """
        compile_codec()
        self._kernel.rehearse()
        self._journal.rehearse()
        if self._diameter is not None:
            self._diameter.rehearse()

    def run(self) -> None:
        """Serve until the process is ended; one with Diameter peers parts from them first."""
        if self._diameter is not None:
            leave = self._diameter.leave
            on_request_to_end(self._loop, lambda: leave(self._loop.stop))
        self._loop.run()

    def _open_sockets(self, core: Core, specification: Specification) -> None:
        place = _place(specification.config)
        mobility = mobility_socket()
        self._reception = Reception(
            place.access, _interfaces(specification.config, "links"), mobility, self._journal
        )
        self._transport = Transport(Netlink(), mobility, self._reception.icmpv6, self._journal)
        self._carrier = CarrierMonitor(_interfaces(specification.config, "interfaces"))
        resolver = Resolver(self._loop, self._journal, self._told)
        others: dict[type, Callable[[Any], None]] = {
            JoinGroup: self._reception.join,
            Listen: self._reception.listen,
            Resolve: resolver.resolve,
            Reply: self._reply,
            Store: self._keeper.keep,
            TakeRejections: self._reception.take_rejections,
        }
        self._driver = Driver(core, self._kernel, self._send, others, self._journal, self._loop)

    def _watch(self, takes_carried: bool) -> None:
        self._reception.watch(self._loop, self._driver.handle)
        self._reception.pass_errors_on(self._kernel.find_tunnel)
        if takes_carried:
            self._carried = self._reception.take_carried(self._kernel.carried)
        self._loop.watch(self._carrier.fileno(), lambda: self._tell_all(self._carrier.receive()))
        self._loop.watch(self._control.fileno(), self._serve)
        self._loop.on_turn = self._settle

    def _send(self, action: SendMessage) -> None:
        if self._diameter is not None and isinstance(action.message, AaRequest | AaAnswer):
            self._diameter.send(action)
            return
        try:
            self._reception.expect(action)
        except OSError as error:
            text = f"answers to {action} would not be heard: {error}"
            self._journal.log(Level.ERROR, lambda: text)
        self._transport.send(action)

    def _reply(self, action: Reply, tries: int = 1) -> None:
        try:
            self._server.reply(action)
        except (ControlError, OSError) as error:
            if isinstance(error, BlockingIOError) and tries < _REPLIES:
                self._loop.later(_BUSY, lambda: self._reply(action, tries + 1))
            else:
                self._refused(error)

    def _tell_all(self, events: Sequence[Event]) -> None:
        for event in events:
            self._told(event)

    def _take_packets(self, most: int = BURST) -> None:
        for _ in range(most):
            started = perf_counter_ns()
            event = self._kernel.take()
            if event is None:
                return
            self._driver.handle(event, started)

    def _settle(self) -> None:
        """Open new routes to all once the packets that were diverted before have left."""
        if self._kernel.holding:
            self._take_packets(_DRAIN)
            self._kernel.open()

    def _serve(self) -> None:
        for _ in range(BURST):
            request = self._control.receive()
            if request is None:
                return
            self._answer(*request)

    def _answer(self, octets: bytes, sender: str) -> None:
        try:
            self._server.serve(octets, sender)
        except (ControlError, OSError) as error:
            self._refused(error)
            self._journal.flush()

    def _refused(self, error: Exception) -> None:
        text = str(error)
        self._journal.counters["control requests refused"] += 1
        self._journal.log(Level.ERROR, lambda: f"control socket: {text}")

    def _told(self, event: Event) -> None:
        self._driver.handle(event, perf_counter_ns())

    def _counters(self) -> dict[str, Any]:
        return {
            **self._journal.counters,
            **self._kernel.counters(),
            "handling": self._driver.handling(),
            "data_path": self._kernel.backend,
        }


def _place(config: Mapping[str, Any]) -> Place:
    return Place(_interfaces(config, "access"), bool(config.get("local_routing", False)))


def _interfaces(config: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(link["interface"]) for link in config.get(key, ()))
