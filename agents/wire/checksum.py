"""The Internet checksum over an IPv6 pseudo-header (RFC 8200 §8.1, RFC 6275 §6.1.1)."""

from __future__ import annotations


def checksum(source: bytes, destination: bytes, protocol: int, octets: bytes) -> int:
    """Return the checksum of ``octets``, whose checksum field must hold 0."""
    total = _sum(source, destination, protocol, octets)
    return 0xFFFF - total if total else 0


def verifies(source: bytes, destination: bytes, protocol: int, octets: bytes) -> bool:
    """Say whether the checksum inside ``octets`` is right."""
    return not _sum(source, destination, protocol, octets)


def _sum(source: bytes, destination: bytes, protocol: int, octets: bytes) -> int:
    # A number modulo 0xFFFF is the one's complement sum of its 16-bit digits.
    pseudo = int.from_bytes(source + destination, "big") + len(octets) + protocol
    padded = octets + b"\0" if len(octets) & 1 else octets
    return (pseudo + int.from_bytes(padded, "big")) % 0xFFFF
