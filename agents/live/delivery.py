"""Packets of optimized pairs that are not of the usual make, as this host's programs know them."""

from __future__ import annotations

from collections.abc import Iterable

from agents.live import offload, too_big
from agents.live.carried import OPTION, Carried
from agents.live.offload import checksum
from agents.live.shortcut import OPTIONS, ROUTING, Shortcut

_FIXED, _MESSAGE = 40, 8  # octets of the fixed header, and of an ICMPv6 error's before the packet
_SKIPPED = 0x1E  # an option that everybody skips who does not know it (RFC 4727 §4)
_SEGMENTS_LEFT = 3
_CHECKSUM_AT = {6: 16, 17: 6}  # TCP, UDP
_PACKET_TOO_BIG = 2
_LEAST_MTU = 1280


def delivered(packet: Carried, addresses: bytes) -> tuple[bytes, bytes]:
    """Return ``packet`` with ``addresses``, source and destination, and what to tell of it.

    Its headers stay where they are, with nothing left in them to be done (RFC 6275 §6.3, §6.4).
    """
    octets = bytearray(packet.octets)
    octets[8:40] = addresses
    at, protocol = _FIXED, octets[6]
    while at < packet.payload:
        if protocol == ROUTING:
            octets[at + _SEGMENTS_LEFT] = 0
        elif protocol == OPTIONS:
            _skip_home_address(octets, at)
        protocol, at = octets[at], at + 8 + 8 * octets[at + 1]
    return _told(octets, packet), bytes(octets)


def translated(octets: bytes, shortcuts: Iterable[Shortcut]) -> bytes | None:
    """Return the ICMPv6 error for the sender of a packet that the agent has sent on (§11.3.4).

    It comes from the same router and holds the packet as it was; None where it is no pair's.
    """
    about = octets[_FIXED + _MESSAGE :]
    for each in shortcuts:
        size = len(each.headers)
        found = about[_FIXED : _FIXED + size]
        if each.wire == about[8:40] and len(found) == size and _alike(each, found):
            original = bytearray(about[:_FIXED] + about[_FIXED + size :])
            original[6], original[8:40] = found[each.last], each.home
            length = max(0, int.from_bytes(original[4:6], "big") - size)
            original[4:6] = length.to_bytes(2, "big")
            message = _message(octets, size) + bytes(original)
            return too_big.error(octets[8:24], each.home[:16], message)
    return None


def _alike(shortcut: Shortcut, headers: bytes) -> bool:
    expected = bytearray(shortcut.headers)
    expected[shortcut.last] = headers[shortcut.last]
    return headers == expected


def _message(octets: bytes, size: int) -> bytes:
    kind, code, value = octets[_FIXED], octets[_FIXED + 1], octets[_FIXED + 4 : _FIXED + _MESSAGE]
    if kind == _PACKET_TOO_BIG:
        mtu = int.from_bytes(value, "big") - size
        value = max(mtu, _LEAST_MTU).to_bytes(4, "big")
    return bytes([kind, code, 0, 0]) + value


def _skip_home_address(octets: bytearray, start: int) -> None:
    at, end = start + 2, start + 8 + 8 * octets[start + 1]
    while at + 1 < end:
        if octets[at : at + 2] == OPTION:
            octets[at] = _SKIPPED
            return
        at += 2 + octets[at + 1] if octets[at] else 1


def _told(octets: bytearray, packet: Carried) -> bytes:
    """Return the header of ``agents.live.offload`` for a packet whose checksum may be begun only.

    Between namespaces of one machine the kernel leaves it to whoever sends on a wire.
    """
    at = _CHECKSUM_AT.get(packet.protocol)
    if at is None:
        return offload.WHOLE
    body = bytes(octets[packet.payload :])
    pseudo = bytes(octets[8:40]) + len(body).to_bytes(4, "big") + packet.protocol.to_bytes(4, "big")
    begun = 0xFFFF - checksum(pseudo)
    if int.from_bytes(body[at : at + 2], "big") != begun:
        return offload.WHOLE
    return offload.begun(packet.payload, at)
