"""Moves: a mobile's port leaves one access link and comes up on another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random  # noqa: TID251 - the type only; testbed.simulated.chance seeds it

from agents.core.events import LinkDown, LinkUp
from testbed.simulated.access_ports import AccessPort, ResolvingPort
from testbed.simulated.chance import stream
from testbed.simulated.host import Host
from testbed.simulated.links import Channel, Medium
from testbed.simulated.node import Node
from testbed.simulated.observe import Log
from testbed.simulated.terminal import Terminal
from testbed.topology.network import LinkSettings


@dataclass(slots=True)
class AccessLink:
    """An access link: the router and its port, and how it treats the mobiles on it.

    They share its rate, towards the router and from it.
    """

    name: str
    router: Node
    port: AccessPort
    settings: LinkSettings
    up: Medium = field(default_factory=Medium)
    down: Medium = field(default_factory=Medium)


class Mobility:
    """Plugs ports of mobiles into access links and out of them."""

    def __init__(self, accesses: Mapping[str, AccessLink], seed: int, log: Log | None) -> None:
        self._accesses = accesses
        self._seed = seed
        self._log = log
        self._on: dict[ResolvingPort, AccessLink] = {}
        self._channels: dict[tuple[ResolvingPort, str], tuple[Channel, Channel]] = {}
        self._chances: dict[ResolvingPort, Random] = {}
        self._due: dict[ResolvingPort, float] = {}  # when a port that has left will come up

    def attach(self, port: ResolvingPort, access: str) -> None:
        """Bring ``port`` up on ``access`` now."""
        self._announce("attach", port, "", access)
        self._up(port, access)

    def detach(self, port: ResolvingPort) -> None:
        """Take ``port`` off the link that it is on."""
        self._announce("detach", port, self._place(port), "")
        self._down(port)

    def move(self, port: ResolvingPort, access: str, gap: float) -> None:
        """Take ``port`` off its link now, and bring it up on ``access`` after ``gap`` seconds."""
        self._announce("move", port, self._place(port), access)
        self._down(port)
        due = self._due[port] = port.node.clock.now + gap
        port.node.clock.at(due, self._arrive, port, access, due)

    def report_again(self, node: Node) -> None:
        """Tell a new agent of ``node`` who is on its access links, and on which links it is."""
        for port, link in self._on.items():
            if link.router is node and node.agent is not None:
                node.agent.handle(LinkUp(link.port.name, port.link_layer_address))
            if port.node is node and isinstance(node, Terminal):
                node.link_up(port, link.settings.rate)

    def change(self, access: str, settings: LinkSettings) -> None:
        """Treat packets on ``access`` by ``settings``, of those who are there and who come."""
        link = self._accesses[access]
        link.settings = settings
        for port, place in self._on.items():
            if place is link:
                assert port.channel is not None
                port.channel.change(settings)
                link.port.channels[port.link_layer_address].change(settings)
                if isinstance(port.node, Terminal):
                    port.node.link_changed(port, settings.rate)

    def _place(self, port: ResolvingPort) -> str:
        return self._on[port].name if port in self._on else ""

    def _announce(self, step: str, port: ResolvingPort, origin: str, target: str) -> None:
        if self._log is not None:
            details = {"subject": port.node.name, "interface": port.name}
            self._log("", step, **details, **{"from": origin, "to": target})

    def _arrive(self, port: ResolvingPort, access: str, due: float) -> None:
        if self._due.get(port) == due:  # else a later step has sent it elsewhere
            self._up(port, access)

    def _down(self, port: ResolvingPort) -> None:
        self._due.pop(port, None)
        link = self._on.pop(port, None)
        if link is None:
            return
        assert port.channel is not None
        port.channel.close()
        port.channel = None
        link.port.channels.pop(port.link_layer_address).close()
        self._report("link_down", port, link.name)
        if isinstance(port.node, Host | Terminal):
            port.node.link_down(port)
        if link.router.agent is not None:
            link.router.agent.handle(LinkDown(link.port.name, port.link_layer_address))

    def _up(self, port: ResolvingPort, access: str) -> None:
        self._down(port)
        link = self._on[port] = self._accesses[access]
        self._connect(port, link)
        self._report("link_up", port, access)
        if link.router.agent is not None:
            link.router.agent.handle(LinkUp(link.port.name, port.link_layer_address))
        if isinstance(port.node, Host):
            port.node.link_up(port)
        elif isinstance(port.node, Terminal):
            port.node.link_up(port, link.settings.rate)

    def _connect(self, port: ResolvingPort, link: AccessLink) -> None:
        """Give both ends their channels: those of an earlier stay where there was one."""
        key = (port, link.name)
        pair = self._channels.get(key)
        if pair is None:
            pair = self._channels[key] = self._channels_between(port, link)
        for channel in pair:
            channel.open(link.settings)
        port.channel, link.port.channels[port.link_layer_address] = pair

    def _channels_between(self, own: ResolvingPort, link: AccessLink) -> tuple[Channel, Channel]:
        other, clock, settings = link.port, own.node.clock, link.settings
        chance = self._chance_of(own)
        uplink = partial(other.receive, neighbor=own.link_layer_address)
        downlink = partial(own.receive, neighbor=other.link_layer_address)
        return (
            Channel(clock, settings, chance, uplink, own.node.drops, own.node.too_big, link.up),
            Channel(
                clock,
                settings,
                chance,
                downlink,
                other.node.drops,
                other.node.too_big,
                link.down,
            ),
        )

    def _chance_of(self, port: ResolvingPort) -> Random:
        chance = self._chances.get(port)
        if chance is None:
            chance = self._chances[port] = stream(self._seed, "access", port.name)
        return chance

    def _report(self, event: str, port: ResolvingPort, access: str) -> None:
        if self._log is not None:
            self._log("", event, subject=port.node.name, interface=port.name, access=access)
