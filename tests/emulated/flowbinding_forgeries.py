"""Messages of flow binding and packets in tunnels as an attacker makes them, to be sent raw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import time
from typing import Any

from agents.core.flows import FlowSelector
from agents.flowbinding.alternatives import Alternative, indicator
from agents.flowbinding.freshness import Stamps
from agents.flowbinding.selectors import to_wire
from agents.wire import packet
from agents.wire.address import Address, Prefix
from agents.wire.flow_options import EarlyFlowIdentification
from agents.wire.icmpv6 import DestinationUnreachable
from agents.wire.messages import BindingUpdate
from agents.wire.numbers import BindingUpdateFlag
from agents.wire.options import (
    AccessTechnologyType,
    HandoffIndicator,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityMessageReplayProtection,
    Timestamp,
)
from agents.wire.signaling_messages import GenericSignalingRequest

UDP, TCP, MOBILITY, IPV6 = 17, 6, 135, 41
WLAN = 4


def address(text: str) -> Address:
    return Address.parse(text)


def sent(message: Any, source: str, destination: str) -> bytes:
    """A message in a packet of its own."""
    return packet.emit(packet.Packet(address(source), address(destination), message))


def datagram(source: str, destination: str, *ports: int, protocol: int = UDP) -> bytes:
    """A packet of a flow."""
    octets = b"".join(port.to_bytes(2, "big") for port in ports) + bytes([0, 16, 0, 0]) + bytes(8)
    ends = address(source), address(destination)
    return packet.emit(packet.Packet(*ends, packet.Opaque(protocol, octets)))


def tunnelled(inner: bytes, *ends: tuple[str, str]) -> bytes:
    """A packet in as many headers as there are ``ends``, the outermost first."""
    for source, destination in reversed(ends):
        payload = packet.Opaque(IPV6, inner)
        inner = packet.emit(packet.Packet(address(source), address(destination), payload))
    return inner


def rejection(invoking: bytes, source: str, destination: str) -> bytes:
    """An ICMPv6 Destination Unreachable with code 6."""
    return sent(DestinationUnreachable(invoking, code=6), source, destination)


@dataclass(frozen=True)
class Session:
    """What an attacker knows of one interface of a mobile node."""

    identifier: str
    prefix: str
    mac: str
    technology: int = WLAN

    @property
    def options(self) -> tuple[Any, ...]:
        return (
            MobileNodeIdentifier(1, self.identifier.encode()),
            HomeNetworkPrefix(Prefix.parse(self.prefix)),
        )


def flow(destination: str, port: int, to: int) -> FlowSelector:
    """What comes from one port of anybody to one of an address."""
    host = Prefix(address(destination), 128)
    ports = {"source_ports": (port, port), "destination_ports": (to, to)}
    return FlowSelector(destination=host, protocol=UDP, **ports)


def update(
    session: Session, flows: Sequence[FlowSelector], target: tuple[str, int], **changes: Any
) -> BindingUpdate:
    """A Proxy Binding Update that asks for flows to be at ``target``."""
    stamp = Timestamp(int((time() + changes.get("ahead", 0.0)) * 65536))
    own = (
        HandoffIndicator(changes.get("handoff", 5)),
        AccessTechnologyType(session.technology),
        stamp,
        MobileNodeLinkLayerIdentifier(bytes.fromhex(session.mac.replace(":", ""))),
    )
    asked = [EarlyFlowIdentification(7, sub_options=(to_wire(each),)) for each in flows]
    where = indicator(Alternative(address(target[0]), target[1]))
    flags = BindingUpdateFlag.ACKNOWLEDGE | BindingUpdateFlag.PROXY
    options = (*session.options, *own, where, *asked)
    return BindingUpdate(changes.get("sequence", 1), flags, 15, options)


def notification(session: Session, *extra: Any) -> GenericSignalingRequest:
    """What the anchor could say of the interfaces of a node."""
    stamp = MobilityMessageReplayProtection(Stamps().next(time()))
    return GenericSignalingRequest(7, 0x8000, (*session.options, *extra, stamp))


def captured(octets: Sequence[bytes], kind: int) -> list[bytes]:
    """The packets of one type of Mobility Header."""
    return [each for each in octets if each[6] == MOBILITY and each[42] == kind]
