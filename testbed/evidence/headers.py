"""Finds the upper-layer header of a captured Ethernet frame, through tunnels and extensions."""

from __future__ import annotations

from typing import NamedTuple

ETHERNET = 14  # octets of an Ethernet header
ETHERTYPE_IPV6 = b"\x86\xdd"
IPV6 = 40  # octets of an IPv6 header

TCP, UDP, IPV6_IN_IPV6, ICMPV6, MOBILITY = 6, 17, 41, 58, 135
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _DESTINATION = 0, 43, 44, 60
_HOME_ADDRESS_OPTION = 201  # RFC 6275 §6.3
_TYPE_2_ROUTING = 2  # RFC 6275 §6.4
_MOST_HEADERS = 16  # a frame with more is not looked into


class Headers(NamedTuple):
    """Where the upper-layer header of a frame begins and between whom it travels.

    ``source`` and ``destination`` are those of the innermost IPv6 header, with a Home Address
    option and a type-2 routing header put in place (RFC 6275 §9.3.1, §11.3.2). ``end`` is the
    offset at which the packet ends by its own length field; the capture may be shorter.
    ``direct`` says that nothing but IPv6 headers come before the upper-layer header.
    """

    tunnels: tuple[tuple[bytes, bytes], ...]
    source: bytes
    destination: bytes
    protocol: int
    offset: int
    end: int
    direct: bool


def walk(frame: bytes) -> Headers | None:
    """Return the headers of ``frame``; None where it is no IPv6 packet or ends too soon."""
    if frame[12:14] != ETHERTYPE_IPV6:
        return None
    try:
        return _walk(frame)
    except IndexError:
        return None


def _walk(frame: bytes) -> Headers | None:
    tunnels: tuple[tuple[bytes, bytes], ...] = ()
    source = destination = b""
    offset, end, protocol, direct = ETHERNET, len(frame), IPV6_IN_IPV6, True
    for _ in range(_MOST_HEADERS):
        if protocol == IPV6_IN_IPV6:
            if len(frame) < offset + IPV6:
                return None
            if source:
                tunnels = (*tunnels, (source, destination))
            source, destination = frame[offset + 8 : offset + 24], frame[offset + 24 : offset + 40]
            end = offset + IPV6 + int.from_bytes(frame[offset + 4 : offset + 6], "big")
            protocol, offset = frame[offset + 6], offset + IPV6
            continue
        if protocol not in (_HOP_BY_HOP, _ROUTING, _DESTINATION):
            break
        direct = False
        after = offset + 8 + 8 * frame[offset + 1]
        if protocol == _DESTINATION:
            source = _home_address(frame[offset + 2 : after]) or source
        elif protocol == _ROUTING and frame[offset + 2] == _TYPE_2_ROUTING:
            destination = frame[offset + 8 : offset + 24]
        protocol, offset = frame[offset], after
    if protocol == _FRAGMENT:
        return _fragment(frame, tunnels, source, destination, offset, end)
    return Headers(tunnels, source, destination, protocol, offset, end, direct)


def _fragment(
    frame: bytes,
    tunnels: tuple[tuple[bytes, bytes], ...],
    source: bytes,
    destination: bytes,
    offset: int,
    end: int,
) -> Headers | None:
    """A first fragment shows its upper-layer header; later ones show none (RFC 8200 §4.5)."""
    if int.from_bytes(frame[offset + 2 : offset + 4], "big") >> 3:
        return None
    return Headers(tunnels, source, destination, frame[offset], offset + 8, end, False)


def _home_address(options: bytes) -> bytes | None:
    """Return the address in a Home Address option, if there is one among ``options``."""
    at = 0
    while at + 1 < len(options):
        if options[at] == 0:  # Pad1
            at += 1
            continue
        if options[at] == _HOME_ADDRESS_OPTION:
            return options[at + 2 : at + 18]
        at += 2 + options[at + 1]
    return None
