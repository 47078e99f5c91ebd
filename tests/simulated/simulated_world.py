"""Small networks for the tests, and cores that do as they are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from agents.core.actions import (
    AcceptTunnels,
    Action,
    AddNeighbor,
    AddRoute,
    AddTunnel,
    Delivery,
    RemoveRoute,
    SendMessage,
)
from agents.core.events import Event, LinkDown, LinkUp, MessageReceived, Started
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.ndisc import (
    Mtu,
    PrefixInformation,
    RouterAdvertisement,
    SourceLinkLayerAddress,
)
from agents.wire.options import HomeNetworkPrefix
from testbed.protocols import load
from testbed.simulated.world import World
from testbed.topology.network import Network

MakeWorld = Callable[..., World]
HOME = Prefix.parse("2001:db8:1:8000::/64")
ALL_NODES = Address.parse("ff02::1")
PLAIN = """
name: plain
protocol: pmipv6
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  cn: {place: correspondent, domain: home}
  core: {place: router, domain: away}
  mag1: {place: access-router, domain: away}
  mag2: {place: access-router, domain: away}
  mn1: {place: mobile, anchor: lma}
links:
  - {ends: [cn, lma], delay: 1ms}
  - {ends: [lma, core], delay: 4ms}
  - {ends: [core, mag1], delay: 6ms}
  - {ends: [core, mag2], delay: 6ms}
access:
  wlan1: {router: mag1, delay: 2ms}
  wlan2: {router: mag2, delay: 2ms}
"""


def network(folder: Path, more: str = "", base: str = PLAIN) -> Network:
    """Return the plain network with the YAML text ``more`` added."""
    file = folder / "topology.yaml"
    file.write_text(base + more)
    return load(file)


class Told:
    """A core that hands every event to a function, and ticks at the times that it is told."""

    def __init__(self, handle: Callable[[Event, float], Sequence[Action]]) -> None:
        self._handle = handle
        self.ticks: list[float] = []
        self.due: list[float] = []

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        return self._handle(event, now)

    def tick(self, now: float) -> Sequence[Action]:
        self.ticks.append(now)
        self.due = [each for each in self.due if each > now]
        return ()

    def deadline(self) -> float | None:
        return min(self.due, default=None)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        return []


class Gateway:
    """A minimal access router: binds on link-up, unbinds on link-down, waits for no answer."""

    def __init__(self, config: Mapping[str, Any], random: Random) -> None:
        self._own = Address.parse(config["address"])
        self._access = config["access"][0]["interface"]
        self._anchor = Address.parse(config["mobiles"][0]["lma"])
        self._link_local = Address.parse(config["link_local"])

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        match event:
            case Started():
                return (
                    AcceptTunnels(self._own, Delivery.ATTACHED),
                    AddTunnel(self._own, self._anchor),
                )
            case LinkUp(interface, mac):
                return self._bind(interface, mac)
            case LinkDown():
                return (RemoveRoute(HOME), RemoveRoute(ALL_ZERO, HOME))
        return ()

    def tick(self, now: float) -> Sequence[Action]:
        return ()

    def deadline(self) -> float | None:
        return None

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        return []

    def _bind(self, interface: str, mac: bytes) -> Sequence[Action]:
        identifier = bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]
        update = BindingUpdate(1, 0, 15, (HomeNetworkPrefix(HOME),))
        advertisement = RouterAdvertisement(
            64,
            0,
            1800,
            0,
            0,
            (
                PrefixInformation(HOME, 0xC0, 3600, 3600),
                Mtu(1460),
                SourceLinkLayerAddress(bytes.fromhex("00005e005213")),
            ),
        )
        return (
            SendMessage(update, self._own, self._anchor),
            AddRoute(HOME, interface),
            AddNeighbor(interface, Address(HOME.network[:8] + identifier), mac),
            AddRoute(ALL_ZERO, tunnel=self._anchor, source=HOME),
            SendMessage(advertisement, self._link_local, ALL_NODES, interface, mac),
        )


class Anchor:
    """A minimal anchor: routes the home prefix to whoever has bound it last."""

    def __init__(self, config: Mapping[str, Any], random: Random) -> None:
        self._own = Address.parse(config["address"])

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        match event:
            case Started():
                return (AcceptTunnels(self._own, Delivery.ROUTED),)
            case MessageReceived(BindingUpdate(), source):
                return (
                    AddTunnel(self._own, source),
                    AddRoute(HOME, tunnel=source),
                    SendMessage(BindingAcknowledgement(0, 0, 1, 15), self._own, source),
                )
        return ()

    def tick(self, now: float) -> Sequence[Action]:
        return ()

    def deadline(self) -> float | None:
        return None

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        return []


ROLES: Mapping[tuple[str, str], Any] = {("pmipv6", "mag"): Gateway, ("pmipv6", "lma"): Anchor}
