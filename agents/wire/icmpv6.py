"""ICMPv6 messages to octets and back (RFC 4443 §2.1)."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

from agents.wire import checksum as internet
from agents.wire.codec import DEFAULT, ICMPV6_BODY, Codec
from agents.wire.errors import MISFITS, WireError, misfit
from agents.wire.icmpv6_messages import (
    DestinationUnreachable,
    EchoReply,
    EchoRequest,
    HomeAgentAddressDiscoveryReply,
    HomeAgentAddressDiscoveryRequest,
    Icmpv6Message,
    MobilePrefixAdvertisement,
    MobilePrefixSolicitation,
    MulticastListenerDone,
    MulticastListenerQuery,
    MulticastListenerReport,
    MulticastListenerReportV2,
    PacketTooBig,
    ParameterProblem,
    TimeExceeded,
    UnknownIcmpv6Message,
)
from agents.wire.numbers import PROTOCOL_ICMPV6

_HEADER = struct.Struct("!BBH")


def emit(message: Any, source: bytes, destination: bytes, codec: Codec = DEFAULT) -> bytes:
    """Return the octets of ``message`` with its checksum; WireError where a field does not fit.

    ``source`` and ``destination`` are those of the pseudo-header, as for a Mobility Header.
    """
    octets = emit_unsummed(message, codec)
    total = internet.checksum(source, destination, PROTOCOL_ICMPV6, octets)
    return octets[:2] + total.to_bytes(2, "big") + octets[4:]


def emit_unsummed(message: Any, codec: Codec = DEFAULT) -> bytes:
    """Return the octets of ``message``, its checksum 0."""
    try:
        if message.__class__ is UnknownIcmpv6Message:
            number, body = message.type, message.data
        else:
            number, emit_body = codec.icmpv6.emitters[message.__class__]
            body = emit_body(message)
        return _HEADER.pack(number, message.code, 0) + body
    except MISFITS as error:
        raise misfit(message, error) from None


def length(message: Any, codec: Codec = DEFAULT) -> int:
    """Return how many octets ``message`` takes."""
    return len(emit_unsummed(message, codec))


def parse(octets: bytes, codec: Codec = DEFAULT) -> Any:
    """Return the message in ``octets``; WireError where it is malformed."""
    data = bytes(octets)
    if len(data) < 4:
        raise WireError(f"an ICMPv6 message of {len(data)} octets")
    message = codec.icmpv6.parsers[data[0]](data, ICMPV6_BODY, len(data))
    return replace(message, code=data[1]) if data[1] else message


def checksum_ok(octets: bytes, source: bytes, destination: bytes) -> bool:
    """Say whether the checksum of the ICMPv6 message in ``octets`` is right."""
    return internet.verifies(source, destination, PROTOCOL_ICMPV6, bytes(octets))


__all__ = [
    "DestinationUnreachable",
    "EchoReply",
    "EchoRequest",
    "HomeAgentAddressDiscoveryReply",
    "HomeAgentAddressDiscoveryRequest",
    "Icmpv6Message",
    "MobilePrefixAdvertisement",
    "MobilePrefixSolicitation",
    "MulticastListenerDone",
    "MulticastListenerQuery",
    "MulticastListenerReport",
    "MulticastListenerReportV2",
    "PacketTooBig",
    "ParameterProblem",
    "TimeExceeded",
    "UnknownIcmpv6Message",
    "checksum_ok",
    "emit",
    "emit_unsummed",
    "length",
    "parse",
]
