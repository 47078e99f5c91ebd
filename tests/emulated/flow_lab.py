"""The lab of ``live_lab`` with one mobile node on two access links, served by one anchor.

    mn ==(mag: IF1)== core === lma --- cn
    mn ==(mag: IF2)==´

``mn`` is a host with two interfaces: its own link to ``mag``, the gateway of the first, and a
second one to ``core``, the gateway of the second. Each has a home prefix and an address.

Tests get it, with all agents started, as the fixture ``lab`` of the plugin ``flow_fixtures``.
"""

from __future__ import annotations

import socket
from typing import Any

from live_lab import (
    CN,
    CORE,
    FIXED,
    FIXED_MAC,
    LMA,
    MAG,
    Lab,
    octets,
)

PREFIX_1, PREFIX_2 = "2001:db8:100:1::/64", "2001:db8:100:3::/64"
SIP, TIP = "2001:db8:100:1::5", "2001:db8:100:3::7"
TIP_MAC = "02:00:00:00:00:07"
GATEWAY_2 = CORE
ACCESS_1, ACCESS_2 = "mag-mn", "core-mn"
UDP, TCP = 17, 6


def prepare(lab: Lab) -> None:
    """Give the mobile node its second link."""
    words = f"ip link add core-mn netns core address {FIXED_MAC} type veth"
    lab.run("", *words.split(), *f"peer name mn-core netns mn address {TIP_MAC}".split())
    lab.run("core", "ip", "link", "set", "core-mn", "up")
    lab.run("mn", "ip", "link", "set", "mn-core", "up")
    lab.run("mn", *["ip", "-6", "route", "del", "default"])
    lab.run("mn", *["ip", "-6", "address", "flush", "dev", "mn-mag", "scope", "global"])
    lab.run("core", *f"ip -6 neigh add fe80::ff:fe00:7 lladdr {TIP_MAC} dev core-mn".split())


def accept(local: str, delivery: str) -> dict[str, Any]:
    return {"AcceptTunnels": {"local": local, "delivery": delivery}}


def tunnel(local: str, remote: str, *inner: str) -> dict[str, Any]:
    return {"AddTunnel": {"local": local, "remote": remote, "inner": list(inner)}}


def gateway(lab: Lab, node: str, address: str, access: str, prefix: str) -> None:
    """Start a gateway that serves the mobile node."""
    config = {"access": [{"interface": access}], "initial": [accept(address, "attached")]}
    lab.start(node, "puppet", config)
    everything = {"prefix": "::/0", "source": prefix, "tunnel": LMA}
    mobile, mac = (SIP, "020000000005") if prefix == PREFIX_1 else (TIP, TIP_MAC.replace(":", ""))
    lab.perform(
        node,
        tunnel(address, LMA),
        {"AddRoute": {"prefix": prefix, "interface": access}},
        {"AddRoute": everything},
        neighbor(access, mobile, mac),
    )


def neighbor(interface: str, address: str, mac: str) -> dict[str, Any]:
    named = {"interface": interface, "address": address}
    return {"AddNeighbor": {**named, "link_layer_address": mac}}


def anchor(lab: Lab) -> None:
    """Start the anchor, with both home prefixes at their gateways."""
    lab.start("lma", "puppet", {"initial": [accept(LMA, "routed")]})
    lab.perform(
        "lma",
        tunnel(LMA, MAG),
        tunnel(LMA, GATEWAY_2),
        {"AddRoute": {"prefix": PREFIX_1, "tunnel": MAG}},
        {"AddRoute": {"prefix": PREFIX_2, "tunnel": GATEWAY_2}},
    )


def mobile(lab: Lab) -> None:
    """Start the mobile node's agent, with both addresses and the tunnels over either."""
    lab.start("mn", "puppet", {})
    lab.perform("mn", *on_link("mn-mag", SIP), *on_link("mn-core", TIP))


def on_link(interface: str, address: str) -> list[dict[str, Any]]:
    """Spell what a mobile node does on a link."""
    router = {"prefix": "::/0", "interface": interface, "next_hop": FIXED}
    return [
        neighbor(interface, FIXED, FIXED_MAC.replace(":", "")),
        {"AddAddress": {"interface": interface, "address": address}},
        {"AddRoute": {**router, "source": f"{address}/128"}},
        *([{"AddRoute": {**router, "preferred_source": address}}] if address == SIP else []),
        accept(address, "local"),
        tunnel(address, LMA),
    ]


def start(lab: Lab) -> None:
    """Start all agents."""
    anchor(lab)
    gateway(lab, "mag", MAG, ACCESS_1, PREFIX_1)
    gateway(lab, "core", GATEWAY_2, ACCESS_2, PREFIX_2)
    mobile(lab)


def stop(lab: Lab) -> None:
    """Stop them, and take from the mobile node what would stay."""
    lab.stop_agents()
    for interface in ("mn-mag", "mn-core"):
        lab.run("mn", "ip", "-6", "address", "flush", "dev", interface, "scope", "global")


def down(port: int, protocol: int = UDP, **rest: Any) -> dict[str, Any]:
    """Spell the selector of what the correspondent sends to a port of the mobile node's."""
    ends = {"source": f"{CN}/128", "destination": f"{SIP}/128"}
    return {**ends, "protocol": protocol, "destination_ports": [port, port], **rest}


def up(port: int, protocol: int = UDP) -> dict[str, Any]:
    """Spell the selector of what the mobile node sends from that port."""
    ends = {"source": f"{SIP}/128", "destination": f"{CN}/128"}
    return {**ends, "protocol": protocol, "source_ports": [port, port]}


def steer(selector: dict[str, Any], local: str, remote: str, **rest: Any) -> dict[str, Any]:
    return {"SteerFlow": {"selector": selector, "local": local, "remote": remote, **rest}}


def release(selector: dict[str, Any]) -> dict[str, Any]:
    return {"StopSteering": {"selector": selector}}


def listener(lab: Lab, node: str, address: str, port: int) -> socket.socket:
    made = lab.socket(node, socket.AF_INET6, socket.SOCK_DGRAM)
    made.bind((address, port))
    made.settimeout(2)
    return made


def ways(seen: list[bytes]) -> list[list[tuple[bytes, bytes]]]:
    """Return the ends of the IPv6 headers of each UDP packet, outermost first."""
    found = []
    for packet in seen:
        headers = []
        while packet[6] == 41:
            headers.append((packet[8:24], packet[24:40]))
            packet = packet[40:]
        if packet[6] == socket.IPPROTO_UDP:
            found.append([*headers, (packet[8:24], packet[24:40])])
    return found


def ends(*pairs: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [(octets(source), octets(destination)) for source, destination in pairs]
