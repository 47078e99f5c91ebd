"""The flow of the packet inside an ICMPv6 error, which may be cut off (RFC 4443 §3.1)."""

from __future__ import annotations

import struct

from agents.core.flows import FlowSelector
from agents.flowbinding.selectors import single
from agents.wire.address import Address
from agents.wire.numbers import PROTOCOL_DESTINATION_OPTIONS, PROTOCOL_HOP_BY_HOP

_HEADER = struct.Struct("!IHBB16s16s")
_VERSION = 6
_EXTENSIONS = (PROTOCOL_HOP_BY_HOP, PROTOCOL_DESTINATION_OPTIONS)
_WITH_PORTS = (6, 17, 132)


def flow_in(octets: bytes) -> FlowSelector | None:
    """Return the single flow that the packet in ``octets`` belongs to, None where it is none."""
    if len(octets) < _HEADER.size:
        return None
    word, _, protocol, _, source, destination = _HEADER.unpack_from(octets)
    if word >> 28 != _VERSION:
        return None
    offset = _HEADER.size
    while protocol in _EXTENSIONS:
        if offset + 2 > len(octets):
            return None
        protocol, offset = octets[offset], offset + 8 * octets[offset + 1] + 8
    ports = (0, 0)
    if protocol in _WITH_PORTS:
        if offset + 4 > len(octets):
            return None
        ports = struct.unpack_from("!HH", octets, offset)
    return single(Address(source), Address(destination), protocol, *ports)
