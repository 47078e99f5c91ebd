"""A network of hosts with agents for the tests, whose cores do nothing by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from agents.core.actions import (
    AcceptTunnels,
    Action,
    AddAddress,
    AddRoute,
    AddTunnel,
    Delivery,
)
from agents.core.events import Event
from agents.wire.address import ALL_ZERO, Address, Prefix
from testbed.protocols import load
from testbed.simulated.packet import Packet
from testbed.simulated.terminal import Terminal
from testbed.simulated.world import World
from testbed.topology.network import Network

HOSTS = """
name: hosts
protocol: mipv6
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
  net: {prefix: "2001:db8:3::/48"}
nodes:
  ha: {place: anchor, domain: home}
  core: {place: router, domain: away}
  ar1: {place: access-router, domain: away}
  ar2: {place: access-router, domain: away}
  gw: {place: router, domain: net}
  cn: {place: correspondent, domain: net}
  old: {place: correspondent, domain: net, role: none}
  mn1: {place: mobile, anchor: ha}
links:
  - {ends: [ha, core], delay: 10ms}
  - {ends: [core, ar1], delay: 2ms}
  - {ends: [core, ar2], delay: 2ms}
  - {ends: [core, gw], delay: 5ms}
  - {ends: [gw, cn], delay: 1ms}
  - {ends: [gw, old], delay: 1ms}
access:
  wlan1: {router: ar1, delay: 2ms, rate: 10Mbit/s}
  wlan2: {router: ar2, delay: 2ms}
"""
WIRELESS = "mn1-eth0"
E = TypeVar("E")


class Puppet:
    """A core that keeps what it hears, and answers each event as its ``react`` says."""

    def __init__(self, config: Mapping[str, Any], random: Random) -> None:
        self.heard: list[Event] = []
        self.at: list[float] = []
        self.react: Callable[[Event], Sequence[Action]] = lambda event: ()

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        self.heard.append(event)
        self.at.append(now)
        return self.react(event)

    def tick(self, now: float) -> Sequence[Action]:
        return ()

    def deadline(self) -> float | None:
        return None

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        return []

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of one kind."""
        return [event for event in self.heard if isinstance(event, kind)]


ROLES: Mapping[tuple[str, str], Any] = {
    ("mipv6", role): Puppet for role in ("ha", "ar", "cn", "mn")
}


def host_network(folder: Path, more: str = "", **changes: Any) -> Network:
    """Return the network with the YAML text ``more`` added and fields of it changed."""
    file = folder / "topology.yaml"
    file.write_text(HOSTS + more)
    return replace(load(file), **changes)


def host_world(folder: Path, more: str = "", *, encode: bool = False, **changes: Any) -> World:
    """Return a started world of puppets."""
    built = World(host_network(folder, more, **changes), roles=ROLES, encode=encode)
    built.start()
    return built


def puppet(world: World, node: str) -> Puppet:
    """Return the core of ``node``."""
    core = world.agents[node].core
    assert isinstance(core, Puppet)
    return core


def tell(world: World, node: str, *actions: Action) -> None:
    """Have ``node`` do what its core might have asked for."""
    agent = world.agents[node]
    assert agent.core is not None
    agent._perform(agent.core, actions)


def own(world: World, node: str) -> Address:
    """Return the address by which others reach ``node``; of a mobile its home address."""
    return Address.parse(world.network.nodes[node].address)


def host(world: World, node: str) -> Terminal:
    """Return the host ``node``."""
    found = world.nodes[node]
    assert isinstance(found, Terminal)
    return found


def care_of(world: World, router: str) -> Address:
    """Return the address that the mobile makes of the prefix of a router's access link."""
    prefix = world.ports[f"{router}-eth1"].prefixes[0]  # type: ignore[attr-defined]
    return Address(prefix.network[:8] + world.ports[WIRELESS].link_local[8:])


def attach(world: World, access: str = "wlan1") -> None:
    """Plug the mobile into ``access`` and let its agent hear of that."""
    world.mobility.attach(world.ports[WIRELESS], access)  # type: ignore[arg-type]


def single(address: Address) -> Prefix:
    """Return the prefix of ``address`` alone."""
    return Prefix(address, 128)


def visit(world: World, router: str = "ar1") -> Address:
    """Do what binding at ``router`` comes to, at the mobile and at its home agent."""
    attach(world, {"ar1": "wlan1", "ar2": "wlan2"}[router])
    address, anchor, home = care_of(world, router), own(world, "ha"), own(world, "mn1")
    next_hop = world.ports[f"{router}-eth1"].link_local
    tell(
        world,
        "mn1",
        AddAddress("lo", home),
        AddAddress(WIRELESS, address),
        AddRoute(ALL_ZERO, WIRELESS, next_hop, source=single(address)),
        AcceptTunnels(address, Delivery.LOCAL),
        AddTunnel(address, anchor),
        AddRoute(ALL_ZERO, tunnel=anchor, source=single(home)),
        AddRoute(ALL_ZERO, tunnel=anchor, preferred_source=home),
    )
    tell(
        world,
        "ha",
        AcceptTunnels(anchor, Delivery.ROUTED, reverse_path=True),
        AddTunnel(anchor, address),
        AddRoute(single(home), tunnel=address),
    )
    return address


def probe(source: Address, destination: Address, number: int = 1) -> Packet:
    """Return 100 octets of data that belong to no flow of the topology."""
    return Packet(source, destination, 100, flow="probe", identity=number)


def hops(world: World) -> list[tuple[str, int, Address, Address, int]]:
    """Return where probes went out: node, length, ends (as they know each other), tunnels."""
    return [
        (s.node, s.length, Address(s.source), Address(s.destination), len(s.tunnels))
        for s in world.recorder.sightings
        if s.flow == "probe" and s.outgoing
    ]
