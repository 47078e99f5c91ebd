"""One agent: a role's core, its driver, its sockets, in the network namespace of its node."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter_ns
from typing import Any

from agents.core.core import Core
from agents.core.events import Event, MessageReceived, Started
from agents.live.boundary import Boundary
from agents.live.control import Control, ControlError, ControlSocket
from agents.live.driver import Driver
from agents.live.groups import GroupSocket, TunnelSender
from agents.live.interfaces import wired
from agents.live.journal import Journal, Level
from agents.live.kernel import Kernel
from agents.live.loop import Loop
from agents.live.netlink import Netlink
from agents.live.preload import compile_codec
from agents.live.sockets import (
    Datagram,
    FrameSender,
    SolicitationSocket,
    icmpv6_socket,
    mobility_socket,
)
from agents.live.transport import Transport
from agents.live.tunnels import Place
from agents.wire.address import Address

Factory = Callable[[Mapping[str, Any], Random], Core]

_BURST = 64  # datagrams read at once, before timers and other sockets have their turn
_DRAIN = 1024  # packets that leave before a new route is opened to those that come after them


@dataclass(frozen=True, slots=True)
class Specification:
    """What to start: ``settings`` may hold "log_level" and "data_path" ("seg6", "ip6tnl")."""

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
            str(settings.get("data_path") or ""),
        )
        self._open_sockets(core, place)
        self._control = ControlSocket(control / f"{specification.node}.sock")
        self._server = Control(
            self._control,
            self._told,
            {
                "bindings": lambda: core.bindings(self._journal.now()),
                "counters": self._counters,
            },
        )
        self._watch()

    def start(self) -> None:
        """Tell the core that it has come up."""
        self._told(Started())

    def rehearse(self) -> None:
        """Touch what the first message will need: a forked process copies its pages on first use.

        Spares the first handover of each agent about a millisecond.
        """
        compile_codec()
        self._kernel.rehearse()
        self._journal.rehearse()

    def run(self) -> None:
        """Serve until the process is ended."""
        self._loop.run()

    def _open_sockets(self, core: Core, place: Place) -> None:
        self._mobility, icmpv6 = mobility_socket(), icmpv6_socket()
        self._solicitations = [SolicitationSocket(interface) for interface in place.access]
        self._boundary = Boundary(self._mobility, icmpv6, self._journal)
        tunnelled = TunnelSender(Netlink())
        transport = Transport(self._mobility, icmpv6, FrameSender(), tunnelled, self._journal)
        self._access = place.access
        self._driver = Driver(
            core, self._kernel, transport.send, self._join, self._journal, self._loop
        )

    def _watch(self) -> None:
        def mobility() -> None:
            self._receive(self._mobility.receive, self._boundary.mobility)

        self._loop.watch(self._mobility.fileno(), mobility)
        for solicitations in self._solicitations:
            self._watch_solicitations(solicitations)
        self._loop.watch(self._control.fileno(), self._serve)
        self._loop.on_turn = self._settle

    def _join(self, group: Address) -> None:
        """Receive what is sent to ``group``, but not what attached nodes send there."""
        source = GroupSocket(group, wired(self._access))

        def tunnelled() -> None:
            self._receive(source.receive, self._boundary.tunnelled)

        self._loop.watch(source.fileno(), tunnelled)

    def _watch_solicitations(self, source: SolicitationSocket) -> None:
        def solicitation() -> None:
            self._receive(source.receive, self._boundary.solicitation)

        self._loop.watch(source.fileno(), solicitation)

    def _receive(
        self,
        receive: Callable[[], Datagram | None],
        judge: Callable[[Datagram], MessageReceived | None],
    ) -> None:
        for _ in range(_BURST):
            started = perf_counter_ns()
            datagram = receive()
            if datagram is None:
                return
            event = judge(datagram)
            if event is None:
                self._journal.flush()
            else:
                self._driver.handle(event, started)

    def _take_packets(self, most: int = _BURST) -> None:
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
        for _ in range(_BURST):
            request = self._control.receive()
            if request is None:
                return
            self._answer(*request)

    def _answer(self, octets: bytes, sender: str) -> None:
        try:
            self._server.serve(octets, sender)
        except (ControlError, OSError) as error:
            text = str(error)
            self._journal.counters["control requests refused"] += 1
            self._journal.log(Level.ERROR, lambda: f"control socket: {text}")
            self._journal.flush()

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
    access = tuple(str(link["interface"]) for link in config.get("access", ()))
    return Place(access, bool(config.get("local_routing", False)))
