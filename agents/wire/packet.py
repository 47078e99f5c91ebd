"""Whole IPv6 packets to octets and back, byte for byte: headers, tunnels and messages."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

from agents.wire import icmpv6, mobility
from agents.wire.address import Address
from agents.wire.codec import DEFAULT, Codec
from agents.wire.errors import MISFITS, WireError, misfit
from agents.wire.extension_headers import (
    HEADER_NUMBERS,
    DestinationOptions,
    Fragment,
    Type2Routing,
)
from agents.wire.extension_options import HomeAddress
from agents.wire.icmpv6_messages import Icmpv6Message
from agents.wire.messages import MobilityMessage
from agents.wire.numbers import PROTOCOL_ICMPV6, PROTOCOL_IPV6, PROTOCOL_MOBILITY
from agents.wire.value import value

_HEADER = struct.Struct("!IHBB16s16s")
_VERSION = 6
_MOST_TUNNELS = 8


@value
class Opaque:
    """A payload that this codec does not look into, such as TCP."""

    protocol: int
    data: bytes


@value
class Packet:
    """An IPv6 packet; a ``payload`` that is a Packet makes it a tunnel packet (RFC 2473).

    ``payload`` is a message of the Mobility Header or of ICMPv6, a Packet or Opaque. ``checksum``
    is the one to send instead of the right one, ``trailing`` what follows the Mobility Header
    or the inner packet.
    """

    source: Address
    destination: Address
    payload: Any
    headers: tuple[Any, ...] = ()
    hop_limit: int = 64
    traffic_class: int = 0
    flow_label: int = 0
    checksum: int | None = None
    trailing: bytes = b""

    @property
    def pseudo_source(self) -> Address:
        """The source of the pseudo-header: the home address, if there is one (RFC 6275 §6.1.1)."""
        for header in self.headers:
            if isinstance(header, DestinationOptions):
                for option in header.options:
                    if isinstance(option, HomeAddress):
                        return option.address
        return self.source

    @property
    def pseudo_destination(self) -> Address:
        """The final destination: that of a routing header with a segment left."""
        for header in self.headers:
            if isinstance(header, Type2Routing) and header.segments_left:
                return header.home_address
        return self.destination


def parse(octets: bytes, codec: Codec = DEFAULT) -> Packet:
    """Return the packet that ``octets`` start with; what follows it is ignored.

    WireError where a header, a mobility message or an ICMPv6 message is malformed.
    """
    return _parse(bytes(octets), codec, _MOST_TUNNELS)


def emit(packet: Packet, codec: Codec = DEFAULT) -> bytes:
    """Return the octets of ``packet``; WireError where a field does not fit."""
    try:
        return _emit(packet, codec)
    except MISFITS as error:
        raise misfit(packet, error) from None


def _emit(packet: Packet, codec: Codec) -> bytes:
    protocol, octets = _emit_payload(packet, codec)
    for header in reversed(packet.headers):
        number, emit_body = codec.headers.emitters[header.__class__]
        body = emit_body(header)
        if (len(body) + 2) % 8:
            raise WireError(f"{type(header).__name__} does not fill a multiple of 8 octets")
        size = header.reserved if isinstance(header, Fragment) else (len(body) + 2) // 8 - 1
        octets = bytes((protocol, size)) + body + octets
        protocol = number
    if not (0 <= packet.traffic_class <= 0xFF and 0 <= packet.flow_label <= 0xFFFFF):
        raise WireError("the traffic class or flow label does not fit")
    word = _VERSION << 28 | packet.traffic_class << 20 | packet.flow_label
    addresses = packet.source, packet.destination
    if [len(address) for address in addresses] != [16, 16]:
        raise WireError(f"no IPv6 addresses: {addresses[0].hex()} or {addresses[1].hex()}")
    return _HEADER.pack(word, len(octets), protocol, packet.hop_limit, *addresses) + octets


def _parse(data: bytes, codec: Codec, depth: int) -> Packet:
    if len(data) < _HEADER.size:
        raise WireError(f"an IPv6 packet of {len(data)} octets")
    word, _, protocol, hop_limit, source, destination = _HEADER.unpack_from(data)
    if word >> 28 != _VERSION:
        raise WireError(f"IP version {word >> 28} instead of {_VERSION}")
    end = _length(data)
    if end > len(data):
        raise WireError(f"an IPv6 packet of {end} octets in {len(data)}")
    headers, protocol, offset = _parse_headers(data[:end], protocol, codec)
    packet = Packet(
        Address(source),
        Address(destination),
        None,
        headers,
        hop_limit,
        word >> 20 & 0xFF,
        word & 0xFFFFF,
    )
    return _with_payload(packet, protocol, data[offset:end], codec, depth)


def _length(data: bytes) -> int:
    return _HEADER.size + int.from_bytes(data[4:6], "big")


def _parse_headers(data: bytes, protocol: int, codec: Codec) -> tuple[tuple[Any, ...], int, int]:
    headers: list[Any] = []
    offset = _HEADER.size
    while protocol in HEADER_NUMBERS:
        if offset + 8 > len(data):
            raise WireError(f"extension header {protocol} is cut off")
        is_fragment = protocol == Fragment.LAYOUT.number  # has no length octet
        end = offset + 8 + (0 if is_fragment else 8 * data[offset + 1])
        if end > len(data):
            raise WireError(f"extension header {protocol} runs past the end of the packet")
        header = codec.headers.parsers[protocol](data, offset + 2, end)
        headers.append(replace(header, reserved=data[offset + 1]) if is_fragment else header)
        protocol, offset = data[offset], end
        if _is_piece(header):
            break
    return tuple(headers), protocol, offset


def _with_payload(packet: Packet, protocol: int, data: bytes, codec: Codec, depth: int) -> Packet:
    source, destination = packet.pseudo_source, packet.pseudo_destination
    if packet.headers and _is_piece(packet.headers[-1]):
        return replace(packet, payload=Opaque(protocol, data))
    if protocol == PROTOCOL_MOBILITY:
        message = mobility.parse(data, codec)
        end = 8 * data[1] + 8
        checksum = _unless_right(data[:end], 4, mobility.emit(message, source, destination, codec))
        return replace(packet, payload=message, checksum=checksum, trailing=data[end:])
    if protocol == PROTOCOL_ICMPV6:
        message = icmpv6.parse(data, codec)
        checksum = _unless_right(data, 2, icmpv6.emit(message, source, destination, codec))
        return replace(packet, payload=message, checksum=checksum)
    if protocol == PROTOCOL_IPV6 and depth:
        inner = _parse(data, codec, depth - 1)
        return replace(packet, payload=inner, trailing=data[_length(data) :])
    return replace(packet, payload=Opaque(protocol, data))


def _is_piece(header: Any) -> bool:
    return isinstance(header, Fragment) and bool(header.offset or header.more)


def _unless_right(received: bytes, at: int, right: bytes) -> int | None:
    checksum = received[at : at + 2]
    return None if checksum == right[at : at + 2] else int.from_bytes(checksum, "big")


def _emit_payload(packet: Packet, codec: Codec) -> tuple[int, bytes]:
    payload = packet.payload
    source, destination = packet.pseudo_source, packet.pseudo_destination
    if isinstance(payload, MobilityMessage):
        octets = mobility.emit(payload, source, destination, codec)
        return PROTOCOL_MOBILITY, _with_checksum(octets, 4, packet.checksum) + packet.trailing
    if isinstance(payload, Icmpv6Message):
        octets = icmpv6.emit(payload, source, destination, codec)
        return PROTOCOL_ICMPV6, _with_checksum(octets, 2, packet.checksum)
    if isinstance(payload, Packet):
        return PROTOCOL_IPV6, emit(payload, codec) + packet.trailing
    if isinstance(payload, Opaque):
        return payload.protocol, payload.data
    raise WireError(f"{type(payload).__name__} is no payload of a packet")


def _with_checksum(octets: bytes, at: int, checksum: int | None) -> bytes:
    if checksum is None:
        return octets
    return octets[:at] + checksum.to_bytes(2, "big") + octets[at + 2 :]
