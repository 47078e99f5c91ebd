"""The answer to a packet of this host's own that is too large for its way (RFC 4443 §3.2)."""

from __future__ import annotations

import struct

from agents.live.offload import checksum

_LEAST = 1280  # octets that every link takes (RFC 8200 §5)
_PACKET_TOO_BIG, _ICMPV6 = 2, 58
_LONGEST_INVOKING = _LEAST - 40 - 8
_HEADER = struct.Struct("!IHBB16s16s")


def answer(packet: bytes, mtu: int) -> bytes:
    """Return the Packet Too Big that its sender is to get for ``packet``.

    Nobody takes a lower figure than every link's: below, sending cannot go on unfragmented.
    """
    home = packet[8:24]
    body = struct.pack("!BBHI", _PACKET_TOO_BIG, 0, 0, max(mtu, _LEAST))
    return error(home, home, body + packet[:_LONGEST_INVOKING])


def error(source: bytes, destination: bytes, message: bytes) -> bytes:
    """Return the packet with an ICMPv6 ``message`` whose checksum is still zero."""
    pseudo = source + destination + struct.pack("!II", len(message), _ICMPV6)
    total = checksum(pseudo + message).to_bytes(2, "big")
    header = _HEADER.pack(6 << 28, len(message), _ICMPV6, 255, source, destination)
    return header + message[:2] + total + message[4:]
