"""What a kernel reads in a packet's headers: addresses, protocol, ports, traffic class.

Simulated packets know the flow that they belong to; here is what that shows on a wire.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

from agents.core.flows import Metered
from agents.wire import packet as whole
from agents.wire.address import Address
from agents.wire.icmpv6 import EchoReply, EchoRequest, Icmpv6Message
from agents.wire.mobility_message import MobilityMessage
from agents.wire.numbers import PROTOCOL_ICMPV6, PROTOCOL_IPV6, PROTOCOL_MOBILITY
from testbed.simulated.packet import HEADER, Packet
from testbed.simulated.refusals import PROTOCOLS, TCP, UDP
from testbed.topology.network import Flow

EPHEMERAL = 49152  # the first port of clients (RFC 6335 §6)
LONGEST = 1232  # octets of the beginning of a packet: what an error of 1280 octets returns
_ECHO_REQUEST = int(EchoRequest.LAYOUT.number)
_ECHO_REPLY = int(EchoReply.LAYOUT.number)
_PORTS = struct.Struct("!HH")
_OFFSET, _ACK = 0x50, 0x10  # of a TCP header without options; a segment that acknowledges


class Kind(NamedTuple):
    """What the headers of a flow's downward packets show; the ports are 0 where there are none."""

    protocol: int
    source_port: int
    destination_port: int
    traffic_class: int


class Headers(NamedTuple):
    """What one header of a packet, and the one after it, show."""

    source: Address
    destination: Address
    protocol: int = 0
    source_port: int = 0
    destination_port: int = 0
    traffic_class: int = 0

    def metered(self, octets: int, packets: int) -> Metered:
        """Return what a meter says of the flow of these headers."""
        return Metered(*self, octets, packets)


Kinds = Mapping[str, Kind]
NO_KINDS: Kinds = {}


def kinds(flows: Mapping[str, Flow]) -> dict[str, Kind]:
    """Return what the packets of each of ``flows`` show."""
    return {
        name: Kind(PROTOCOLS[flow.kind], *_ports(index, flow), flow.traffic_class)
        for index, (name, flow) in enumerate(flows.items())
        if flow.kind in PROTOCOLS
    }


def _ports(index: int, flow: Flow) -> tuple[int, int]:
    """Return the ports of downward packets: the flow's own, and a client's where TCP has one."""
    if flow.kind == "udp":
        return flow.identifier, flow.identifier
    if flow.kind != "tcp":
        return 0, 0
    client = EPHEMERAL + index
    is_client = flow.source == (flow.initiator or flow.source)
    return (client, flow.identifier) if is_client else (flow.identifier, client)


def outermost(packet: Packet, known: Kinds) -> Headers:
    """Return what routers see of ``packet``."""
    if packet.tunnels:
        return Headers(*packet.tunnels[0], int(PROTOCOL_IPV6))
    return innermost(packet, known)


def innermost(packet: Packet, known: Kinds) -> Headers:
    """Return what ``packet`` shows without the tunnels around it."""
    kind = known.get(packet.flow)
    if kind is None:
        return Headers(packet.source, packet.destination, _protocol(packet.message))
    protocol, near, far, traffic_class = kind
    if not packet.downward:
        near, far = far, near
    return Headers(packet.source, packet.destination, protocol, near, far, traffic_class)


def _protocol(message: object) -> int:
    if isinstance(message, Icmpv6Message):
        return int(PROTOCOL_ICMPV6)
    return int(PROTOCOL_MOBILITY) if isinstance(message, MobilityMessage) else 0


def beginning(packet: Packet, known: Kinds) -> bytes:
    """Return the first octets of ``packet`` without tunnels: its headers, then zeros."""
    seen = innermost(packet, known)
    length = packet.length - HEADER * (1 + len(packet.tunnels))
    upper = _upper_header(seen, packet).ljust(length, b"\0")[:length]
    data = whole.Opaque(seen.protocol, upper)
    found = whole.Packet(
        seen.source,
        seen.destination,
        data,
        hop_limit=packet.hop_limit,
        traffic_class=seen.traffic_class,
    )
    return whole.emit(found)[:LONGEST]


def _upper_header(seen: Headers, packet: Packet) -> bytes:
    ports = _PORTS.pack(seen.source_port, seen.destination_port)
    if seen.protocol == UDP:
        return ports + struct.pack("!HH", packet.length - HEADER * (1 + len(packet.tunnels)), 0)
    if seen.protocol == TCP:
        rest = struct.pack("!IIBBHHH", 0, 0, _OFFSET, _ACK, 0, 0, 0)
        return ports + rest
    if seen.protocol == PROTOCOL_ICMPV6:
        return bytes([_ECHO_REQUEST if packet.downward else _ECHO_REPLY])
    return b""
