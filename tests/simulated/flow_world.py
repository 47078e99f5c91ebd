"""A mobile with two interfaces, each bound at a gateway of its own, and cores that do nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from host_world import Puppet, puppet, tell
from two_interfaces import TWO_INTERFACES

from agents.core.actions import (
    AcceptTunnels,
    AddAddress,
    AddNeighbor,
    AddRoute,
    AddTunnel,
    Delivery,
    SteerFlow,
)
from agents.core.flows import FlowSelector
from agents.wire.address import ALL_ZERO, Address, Prefix
from testbed.protocols import load
from testbed.simulated.packet import Packet
from testbed.simulated.world import World

FLOWS = (
    "name: flows"
    + TWO_INTERFACES
    + """flows:
  voip: {kind: udp, from: cn, to: mn1, direction: both, interval: 10ms, traffic_class: 0xb8}
  video: {kind: udp, from: cn, to: mn1, interval: 10ms, size: 1000}
  download: {kind: tcp, from: mn1, to: cn, direction: down, rate: 1Mbit/s}
  ping: {kind: ping, from: cn, to: mn1, interval: 10ms}
"""
)
VOIP, VIDEO, DOWNLOAD = 5001, 5002, 5003  # the ports of the flows
UDP, TCP = 17, 6
ROLES: Mapping[tuple[str, str], Any] = {
    ("flowbinding", role): Puppet for role in ("lma", "mag", "mn")
}
INTERFACES = {"mag1": "mn1-lte0", "mag2": "mn1-wlan0"}
LINKS = {"mag1": "cell", "mag2": "hotspot"}
DOWN = "mag1-eth1"  # the interface of a gateway to its access link


def flow_world(folder: Path, more: str = "", *, encode: bool = False) -> World:
    """Return a started world in which the mobile is attached and bound at both gateways."""
    file = folder / "topology.yaml"
    file.write_text(FLOWS + more)
    built = World(load(file), roles=ROLES, encode=encode)
    built.start()
    for gateway in INTERFACES:
        _visit(built, gateway)
    return built


def own(world: World, node: str) -> Address:
    """Return the address of a fixed node."""
    return Address.parse(world.network.nodes[node].address)


def home(world: World, gateway: str) -> Address:
    """Return the address of the mobile's interface that is bound at ``gateway``."""
    mobile = world.network.nodes["mn1"].mobile
    assert mobile is not None
    return Address.parse(mobile.home_addresses[INTERFACES[gateway]][0])


def single(address: Address) -> Prefix:
    """Return the prefix of ``address`` alone."""
    return Prefix(address, 128)


def video(world: World) -> FlowSelector:
    """Return the selector of the video towards the mobile's first interface."""
    return FlowSelector(
        single(own(world, "cn")),
        single(home(world, "mag1")),
        UDP,
        (VIDEO, VIDEO),
        (VIDEO, VIDEO),
    )


def steer(world: World, selector: FlowSelector, **more: Any) -> None:
    """Have the anchor send ``selector`` to the second interface."""
    tell(world, "lma", SteerFlow(selector, own(world, "lma"), home(world, "mag2"), **more))


def steer_up(world: World, selector: FlowSelector, **more: Any) -> None:
    """Have the mobile send ``selector`` from its second interface."""
    tell(world, "mn1", SteerFlow(selector, home(world, "mag2"), own(world, "lma"), **more))


def packet(world: World, flow: str, *, down: bool = True, length: int = 200) -> Packet:
    """Return one packet of ``flow`` between its own ends."""
    ends = own(world, "cn"), home(world, "mag1")
    source, destination = ends if down else ends[::-1]
    return Packet(source, destination, length, flow=flow, downward=down, identity=1)


def crossings(world: World, flow: str) -> list[tuple[str, int]]:
    """Return from where packets of ``flow`` went out, and in how many tunnels."""
    return [
        (seen.interface, len(seen.tunnels))
        for seen in world.recorder.sightings
        if seen.flow == flow and seen.outgoing
    ]


def _visit(world: World, gateway: str) -> None:
    """Do what a registration comes to at the gateway, the anchor and the mobile."""
    port = world.ports[INTERFACES[gateway]]
    world.mobility.attach(port, LINKS[gateway])  # type: ignore[arg-type]
    address, anchor, proxy = home(world, gateway), own(world, "lma"), own(world, gateway)
    prefix, access = Prefix.of(address, 64), f"{gateway}-eth1"
    tell(
        world,
        gateway,
        AcceptTunnels(proxy, Delivery.ATTACHED),
        AddTunnel(proxy, anchor),
        AddRoute(prefix, access),
        AddNeighbor(access, address, port.link_layer_address),
        AddRoute(ALL_ZERO, tunnel=anchor, source=prefix),
    )
    tell(
        world,
        "lma",
        AcceptTunnels(anchor, Delivery.ROUTED),
        AddTunnel(anchor, proxy),
        AddRoute(prefix, tunnel=proxy),
        AddTunnel(anchor, address, inner=(Prefix.of(home(world, "mag1"), 64),)),
    )
    router = world.ports[access].link_local
    tell(
        world,
        "mn1",
        AddAddress(port.name, address),
        AcceptTunnels(address, Delivery.LOCAL),
        AddTunnel(address, anchor),
        AddRoute(ALL_ZERO, port.name, router, source=single(address)),
    )


__all__ = ["puppet", "tell"]
