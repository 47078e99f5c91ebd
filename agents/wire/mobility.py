"""Messages of the Mobility Header to octets and back (RFC 6275 §6.1.1)."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

from agents.wire import checksum as internet
from agents.wire.codec import DEFAULT, MOBILITY_BODY, Codec
from agents.wire.errors import MISFITS, WireError, misfit
from agents.wire.messages import UnknownMobilityMessage
from agents.wire.numbers import PROTOCOL_MOBILITY, PROTOCOL_NONE

_HEADER = struct.Struct("!BBBBH")
_PROTOCOL = int(PROTOCOL_MOBILITY)


def emit(message: Any, source: bytes, destination: bytes, codec: Codec = DEFAULT) -> bytes:
    """Return the whole Mobility Header of ``message``, with its checksum.

    ``source`` is the home address where a Home Address option is present, ``destination`` that
    of a type 2 routing header (RFC 6275 §6.1.1). WireError where a field does not fit.
    """
    octets = emit_unsummed(message, codec)
    total = internet.checksum(source, destination, _PROTOCOL, octets)
    return octets[:4] + total.to_bytes(2, "big") + octets[6:]


def emit_unsummed(message: Any, codec: Codec = DEFAULT) -> bytes:
    """Return the whole Mobility Header of ``message``, its checksum 0."""
    try:
        if message.__class__ is UnknownMobilityMessage:
            number, body = message.type, message.data
        else:
            number, emit_body = codec.mobility.emitters[message.__class__]
            body = emit_body(message)
        size, odd = divmod(MOBILITY_BODY + len(body), 8)
        if odd:
            body += bytes(8 - odd)
            size += 1
        return _HEADER.pack(PROTOCOL_NONE, size - 1, number, message.header_reserved, 0) + body
    except MISFITS as error:
        raise misfit(message, error) from None


def length(message: Any, codec: Codec = DEFAULT) -> int:
    """Return how many octets the Mobility Header of ``message`` takes."""
    return len(emit_unsummed(message, codec))


def parse(octets: bytes, codec: Codec = DEFAULT) -> Any:
    """Return the message in the Mobility Header that ``octets`` start with.

    Octets after the header's own length are ignored; WireError where it is malformed.
    """
    data = bytes(octets)
    if len(data) < 8:
        raise WireError(f"a Mobility Header of {len(data)} octets")
    end = 8 * data[1] + 8
    if data[0] != PROTOCOL_NONE:
        raise WireError(f"payload protocol {data[0]} instead of {PROTOCOL_NONE}", pointer=0)
    if end > len(data):
        raise WireError(f"a Mobility Header of {end} octets in {len(data)}")
    message = codec.mobility.parsers[data[2]](data, MOBILITY_BODY, end)
    return replace(message, header_reserved=data[3]) if data[3] else message


def checksum_ok(octets: bytes, source: bytes, destination: bytes) -> bool:
    """Say whether the checksum of the Mobility Header in ``octets`` is right; not if cut off."""
    end = 8 * octets[1] + 8 if len(octets) > 1 else 8
    header = bytes(octets[:end])
    return len(header) == end and internet.verifies(source, destination, _PROTOCOL, header)
