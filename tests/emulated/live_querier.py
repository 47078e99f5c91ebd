"""A core that finds out where packets go: it keeps them for a while, then opens a route.

``python live_querier.py DIR`` is the agents' parent with this core beside the puppet.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from live_puppet import Puppet

from agents.core.actions import (
    AcceptTunnels,
    Action,
    AddRoute,
    AddTunnel,
    Delivery,
    Divert,
    Forward,
    Record,
    RemoveRoute,
    StopDiverting,
)
from agents.core.events import Command, Event, PacketArrived, Started
from agents.live.parent import Parent
from agents.wire.address import Address, Prefix


class Querier:
    """Answers its own questions after ``delay`` seconds: every address is behind ``peer``.

    With "never" in its configuration it keeps packets until it is told of a node by "attach".
    """

    def __init__(self, config: Mapping[str, Any], random: Random) -> None:
        self._local, self._peer = (Address.parse(config[key]) for key in ("local", "peer"))
        self._pool = Prefix.parse(config["pool"])
        self._delay = float(config.get("delay", 0))
        self._never = bool(config.get("never", False))
        self._kept: dict[Address, list[Any]] = {}
        self._due: dict[Address, float] = {}
        self._located: set[Address] = set()
        self._attached: list[Prefix] = []

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Keep a packet, or do as told."""
        match event:
            case Started():
                accept = AcceptTunnels(self._local, Delivery.ATTACHED)
                return [accept, AddTunnel(self._local, self._peer), Divert(self._pool)]
            case PacketArrived():
                return self._packet(event, now)
            case Command(name="attach"):
                return self._attach(event.arguments)
            case Command(name="forget"):
                removed = [RemoveRoute(Prefix(address, 128)) for address in self._located]
                self._located.clear()
                return [*removed, Record("forgotten")]
            case Command(name="stop"):
                return [StopDiverting(self._pool), Record("stopped_diverting")]
        return []

    def tick(self, now: float) -> Sequence[Action]:
        """Open a route for each address whose time has come, and send what was kept."""
        actions: list[Action] = []
        for address in [each for each, due in self._due.items() if due <= now]:
            del self._due[address]
            self._located.add(address)
            actions.append(AddRoute(Prefix(address, 128), tunnel=self._peer))
            actions += [Forward(packet) for packet in self._kept.pop(address)]
            actions.append(Record("located", {"address": address}))
        return actions

    def deadline(self) -> float | None:
        """Return when the next address will be known."""
        return min(self._due.values(), default=None)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return how many packets are kept for each address."""
        return [{"address": each, "kept": len(kept)} for each, kept in self._kept.items()]

    def _packet(self, event: PacketArrived, now: float) -> Sequence[Action]:
        address = event.destination
        if address in self._located or any(prefix.contains(address) for prefix in self._attached):
            return [Forward(event.packet)]
        actions: list[Action] = []
        if address not in self._kept:
            details = {"from": event.source, "to": address, "octets": event.length}
            actions.append(Record("arrived", details))
            if not self._never:
                self._due[address] = now + self._delay
        self._kept.setdefault(address, []).append(event.packet)
        return actions

    def _attach(self, arguments: Mapping[str, str]) -> Sequence[Action]:
        kept = [packet for packets in self._kept.values() for packet in packets]
        self._kept.clear()
        prefix = Prefix.parse(arguments["prefix"])
        self._attached.append(prefix)
        route = AddRoute(prefix, arguments["interface"])
        return [route, Record("attached"), *map(Forward, kept)]


if __name__ == "__main__":
    roles = {("puppet", "puppet"): Puppet, ("puppet", "querier"): Querier}
    Parent(Path(sys.argv[1]), roles).run()
