"""How messages travel: as the objects they are, or as the octets that a real wire would carry."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

from agents.wire import icmpv6, mobility
from agents.wire import packet as whole
from agents.wire.address import Address
from agents.wire.diameter import AaAnswer, AaRequest
from agents.wire.extension_headers import DestinationOptions, Type2Routing
from agents.wire.extension_options import HomeAddress
from agents.wire.icmpv6 import Icmpv6Message
from agents.wire.ndisc import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from testbed.simulated import diameter
from testbed.simulated.packet import HEADER, Homes, Packet

NEIGHBOR_DISCOVERY = frozenset(
    (NeighborAdvertisement, NeighborSolicitation, RouterAdvertisement, RouterSolicitation)
)
DIAMETER = (AaRequest, AaAnswer)
ON_LINK = 255  # the hop limit that shows that no router has forwarded it (RFC 4861 §3.1)


class Carriage(Protocol):
    """Makes the packet that carries a message, and with it the home addresses, if there are."""

    def __call__(
        self, message: Any, source: Address, destination: Address, homes: Homes | None = None
    ) -> Packet:
        """Return the packet."""


def as_object(
    message: Any, source: Address, destination: Address, homes: Homes | None = None
) -> Packet:
    """Carry the object, in a packet of the length that its octets would have."""
    length = HEADER + _length_of(message)
    return _finished(Packet(source, destination, length, message=message), homes)


def as_bare_object(
    message: Any, source: Address, destination: Address, homes: Homes | None = None
) -> Packet:
    """Carry the object where no capture and no limited link asks for its length."""
    return _finished(Packet(source, destination, HEADER, message=message), homes)


def as_octets(
    message: Any, source: Address, destination: Address, homes: Homes | None = None
) -> Packet:
    """Encode the message and carry what a receiver decodes from the octets.

    Diameter stays an object, as its octets are those of a library that the live driver uses.
    Raises WireError where the codec cannot encode it, or cannot read what it has written.
    """
    if isinstance(message, DIAMETER):
        return as_object(message, source, destination)
    if homes is not None:
        return _whole(message, source, destination, homes)
    codec = _codec_of(message)
    octets = codec.emit(message, source, destination)
    decoded = codec.parse(octets)
    length = HEADER + len(octets)
    return _finished(Packet(source, destination, length, message=decoded, octets=octets), None)


def octets_of(packet: Packet) -> bytes:
    """Return the octets of ``packet``, zeros in place of what is no message."""
    payload, homes = packet.message, packet.homes or Homes(None, None)
    if payload is None:
        rest = packet.length - HEADER * (1 + len(packet.tunnels)) - homes.length
        payload = whole.Opaque(_NO_PROTOCOL, bytes(rest))
    found = whole.Packet(packet.source, packet.destination, payload, _headers(homes))
    for source, destination in reversed(packet.tunnels):
        found = whole.Packet(source, destination, found)
    return whole.emit(found)


_NO_PROTOCOL = 59  # RFC 8200 §4.7


def _finished(packet: Packet, homes: Homes | None) -> Packet:
    """Give ``packet`` the hop limit of its message, and its extension headers."""
    if packet.message.__class__ in NEIGHBOR_DISCOVERY:
        packet.hop_limit = ON_LINK
    if homes is not None:
        packet.carry(homes)
    return packet


def _whole(message: Any, source: Address, destination: Address, homes: Homes) -> Packet:
    octets = whole.emit(whole.Packet(source, destination, message, _headers(homes)))
    decoded = whole.parse(octets)
    inner = octets[HEADER + homes.length :]
    packet = Packet(source, destination, HEADER + len(inner), message=decoded.payload, octets=inner)
    packet.carry(_homes_in(decoded.headers))
    return packet


def _headers(homes: Homes) -> tuple[Any, ...]:
    """Return the extension headers in the order that RFC 6275 §6.3 asks for."""
    found: list[Any] = []
    if homes.routed_to is not None:
        found.append(Type2Routing(homes.routed_to))
    if homes.home_address is not None:
        found.append(DestinationOptions((HomeAddress(homes.home_address),)))
    return tuple(found)


def _homes_in(headers: tuple[Any, ...]) -> Homes:
    homes = Homes(None, None)
    for header in headers:
        if isinstance(header, Type2Routing):
            homes = homes._replace(routed_to=header.home_address)
        else:
            homes = homes._replace(home_address=header.options[0].address)
    return homes


def _length_of(message: Any) -> int:
    """Return the octets of a message without the IPv6 header."""
    if isinstance(message, DIAMETER):
        return diameter.length(message)
    measure: Callable[[Any], int] = _codec_of(message).length
    return measure(message)


def _codec_of(message: Any) -> ModuleType:
    return icmpv6 if isinstance(message, Icmpv6Message) else mobility
