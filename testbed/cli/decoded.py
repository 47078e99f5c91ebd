"""One packet, bare header or frame of a capture -> what it says, or why it says nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agents.wire import mobility, packet
from agents.wire.describe import checksum_words, plain, words
from agents.wire.errors import WireError
from agents.wire.names import message_name
from agents.wire.numbers import PROTOCOL_NONE

_IPV6_ETHERTYPE = 0x86DD
_VLAN_ETHERTYPES = (0x8100, 0x88A8)
_LINK_TYPES_WITHOUT_HEADER = (12, 14, 101, 229)  # raw IP, as systems differ, and IPv6
_UNCHECKED = "unchecked: it covers addresses that are not given"
_COOKED_TYPES = {113: (14, 16), 276: (0, 20)}  # where the ethertype and the packet lie


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was found: ``error`` says why it is not a message, ``roundtrip`` if it came back."""

    length: int
    message: str | None = None
    packet: Any = None
    checksum: str | None = None
    roundtrip: bool = False
    error: str | None = None
    lines: list[str] = field(default_factory=list)


def decode(octets: bytes) -> Decoded:
    """Decode a whole IPv6 packet or, if it starts otherwise, a bare Mobility Header."""
    try:
        if octets and octets[0] >> 4 == 6:
            return _whole(octets)
        if octets and octets[0] == PROTOCOL_NONE:
            return _bare(octets)
        start = octets[:1].hex() or "nothing"
        raise WireError(f"it starts with {start}: neither IPv6 (6x) nor a Mobility Header (3b)")
    except WireError as error:
        return Decoded(len(octets), error=str(error), lines=[f"not decoded: {error}"])


def decode_frame(link_type: int, frame: bytes) -> Decoded:
    """Decode the IPv6 packet in a captured frame."""
    try:
        return decode(_uncut(_packet_of(link_type, frame)))
    except WireError as error:
        return Decoded(len(frame), error=str(error), lines=[f"not decoded: {error}"])


def _packet_of(link_type: int, frame: bytes) -> bytes:
    if link_type in _LINK_TYPES_WITHOUT_HEADER:
        return frame
    if link_type == 1:
        at = 12
        while int.from_bytes(frame[at : at + 2], "big") in _VLAN_ETHERTYPES:
            at += 4
        start = at + 2
    elif link_type in _COOKED_TYPES:
        at, start = _COOKED_TYPES[link_type]
    else:
        raise WireError(f"link type {link_type} is not known here")
    ethertype = int.from_bytes(frame[at : at + 2], "big")
    if len(frame) < start or ethertype != _IPV6_ETHERTYPE:
        raise WireError(f"a frame of {len(frame)} octets without IPv6, ethertype {ethertype:#06x}")
    return frame[start:]


def _uncut(octets: bytes) -> bytes:
    """Return the packet if all of it was captured."""
    if len(octets) >= 40 and octets[0] >> 4 == 6:
        size = 40 + int.from_bytes(octets[4:6], "big")
        if size > len(octets):
            raise WireError(f"captured are {len(octets)} of its {size} octets (run --snaplen)")
    return octets


def _whole(octets: bytes) -> Decoded:
    parsed = packet.parse(octets)
    emitted = packet.emit(parsed)
    innermost = parsed
    while isinstance(innermost.payload, packet.Packet):
        innermost = innermost.payload
    return Decoded(
        length=len(emitted),
        message=_name(innermost.payload),
        packet=plain(parsed),
        checksum=checksum_words(innermost),
        roundtrip=emitted == octets[: len(emitted)],
        lines=words(parsed),
    )


def _name(payload: Any) -> str | None:
    return None if isinstance(payload, packet.Opaque) else message_name(payload)


def _bare(octets: bytes) -> Decoded:
    message = mobility.parse(octets)
    emitted = mobility.emit_unsummed(message)
    return Decoded(
        length=len(emitted),
        message=message_name(message),
        packet=plain(message),
        checksum=_UNCHECKED,
        roundtrip=emitted[:4] + octets[4:6] + emitted[6:] == octets[: len(emitted)],
        lines=words(message, _UNCHECKED),
    )
