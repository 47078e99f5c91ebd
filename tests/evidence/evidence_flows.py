"""Packets and log of flows of a mobile with two interfaces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from two_interfaces import TWO_INTERFACES

from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from agents.wire.options import MobileNodeIdentifier
from testbed.evidence.measure import measure
from testbed.evidence.observed import LogEvent, Sighting
from testbed.protocols import load
from testbed.topology.network import Network

NETWORK = (
    TWO_INTERFACES
    + """flows:
  video: {kind: udp, from: cn, to: mn1, direction: both, interval: 4ms}
  web: {kind: tcp, from: mn1, to: cn, direction: down}
"""
)
LTE, WLAN = "mn1-lte0", "mn1-wlan0"
VIA = {LTE: 0.031, WLAN: 0.008}
ACCESS = {LTE: ("mag1", "mag1-eth1"), WLAN: ("mag2", "mag2-eth1")}
STEP = 0.004  # s between packets
Packets = Sequence[tuple[int, str]]  # numbers, and the interfaces that they come by ("" for none)


def two_ways(folder: Path) -> Network:
    """Return the network, whose second gateway has a link of 100 Mbit/s."""
    path = folder / "topology.yaml"
    path.write_text(NETWORK.replace("delay: 5ms", "delay: 5ms, rate: 100Mbit/s"))
    return load(path)


def seen(network: Network, node: str, interface: str, at: float, **more: Any) -> Sighting:
    flow = network.flows["video"]
    ends = (Address.parse(flow.source_address), Address.parse(flow.destination_address))
    values = {"outgoing": False, "flow": "video", "downward": True, **more}
    outgoing = values.pop("outgoing")
    return Sighting(at, node, interface, outgoing, 248, (), *ends, **values)


def down(network: Network, packets: Packets, extra: float = 0.0) -> Iterator[Sighting]:
    """Yield what is seen of packets to the mobile; on the old way they take ``extra`` seconds."""
    for number, interface in packets:
        sent = number * STEP
        yield seen(network, "cn", "cn-eth0", sent, outgoing=True, identity=number)
        yield seen(network, "lma", "lma-eth0", sent + 0.001, identity=number)
        if interface:
            router, out = ACCESS[interface]
            came = sent + VIA[interface] + (extra if interface == LTE else 0.0)
            yield seen(network, router, out, came - 0.002, outgoing=True, identity=number)
            yield seen(network, "mn1", interface, came, identity=number)


def up(network: Network, packets: Packets) -> Iterator[Sighting]:
    """Yield what is seen of packets from the mobile, which all come to their end."""
    for number, interface in packets:
        sent = number * STEP
        more = {"downward": False, "identity": number}
        yield seen(network, "mn1", interface, sent, outgoing=True, **more)
        router, inside = ACCESS[interface]
        yield seen(network, router, inside, sent + 0.002, **more)
        yield seen(network, "lma", "lma-eth1", sent + VIA[interface] - 0.0005, **more)
        yield seen(network, "cn", "cn-eth0", sent + VIA[interface], **more)


def log(at: float, node: str, event: str, **details: Any) -> LogEvent:
    return LogEvent(at, at, node, event, details)


def plugged(*more: LogEvent) -> list[LogEvent]:
    up = [
        log(0, "", "link_up", subject="mn1", interface=name, access=access)
        for name, access in ((LTE, "cell"), (WLAN, "hotspot"))
    ]
    return [*up, *more]


def selector(network: Network, **changes: Any) -> Mapping[str, Any]:
    flow = network.flows["video"]
    ports = [flow.identifier, flow.identifier]
    return {
        "source": f"{flow.source_address}/128",
        "destination": f"{flow.destination_address}/128",
        "protocol": 17,
        "source_ports": ports,
        "destination_ports": ports,
        "traffic_class": None,
        **changes,
    }


def result(
    network: Network, sightings: Sequence[Sighting], events: Sequence[LogEvent]
) -> Mapping[str, Any]:
    captures = {"packets": len(sightings), "dropped": 0}
    document = measure(network, sightings, events, captures, "simulated").document
    assert json.loads(json.dumps(document)) == document
    return document


def moves(
    network: Network, sightings: Iterator[Sighting], events: Sequence[LogEvent] = ()
) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = result(network, list(sightings), events or plugged())[
        "flow_moves"
    ]
    return found


def series(*parts: tuple[int, str]) -> Packets:
    """Return numbered packets: so many by this interface, then so many by that one, ..."""
    interfaces = [interface for count, interface in parts for _ in range(count)]
    return list(enumerate(interfaces))


def asked(network: Network, at: float, cause: str, sequence: int = 7) -> list[Any]:
    """Return how mag1 asks for the video to go elsewhere, and how the LMA agrees."""
    identifier = MobileNodeIdentifier(1, b"mn1@home")
    update = BindingUpdate(sequence, 0, 15, (identifier,))
    mag, lma = (Address.parse(network.nodes[name].address) for name in ("mag1", "lma"))
    leaves = Sighting(at, "mag1", "mag1-eth0", True, 100, (), mag, lma, message=update)
    comes = leaves._replace(at=at + 0.01, node="lma", interface="lma-eth1", outgoing=False)
    about = {"subject": "mn1@home", "selector": selector(network)}
    return [
        leaves,
        comes,
        log(at, "mag1", "flow_requested", **about, cause=cause),
        log(at + 0.01, "lma", "flow_moved", **about, cause="requested"),
    ]
