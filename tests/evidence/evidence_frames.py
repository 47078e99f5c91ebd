"""Ethernet frames for the tests, made by hand and from the project's own codec."""

from __future__ import annotations

import struct

from agents.wire import mobility
from testbed.evidence import payload
from testbed.evidence.matching import packed


def ethernet(source: str, packet: bytes) -> bytes:
    destination = bytes.fromhex("333300000001")
    return destination + bytes.fromhex(source.replace(":", "")) + b"\x86\xdd" + packet


def ipv6(source: str, destination: str, protocol: int, body: bytes, hop_limit: int = 64) -> bytes:
    head = struct.pack(">IHBB", 0x60000000, len(body), protocol, hop_limit)
    return head + packed(source) + packed(destination) + body


def udp(source: int, destination: int, body: bytes) -> bytes:
    return struct.pack(">HHHH", source, destination, 8 + len(body), 0) + body


def stamped(sequence: int, downward: bool = True, size: int = 64) -> bytes:
    return payload.emit(payload.Stamp(downward, sequence, 1.5), size)


def tcp(source: int, destination: int, sequence: int, body: bytes, options: bytes = b"") -> bytes:
    words = 5 + len(options) // 4
    head = struct.pack(">HHIIBBHHH", source, destination, sequence, 0, words << 4, 0x10, 0, 0, 0)
    return head + options + body


def timestamps(value: int) -> bytes:
    return b"\x01\x01\x08\x0a" + struct.pack(">II", value, 0)


def echo(kind: int, identifier: int, sequence: int, body: bytes = b"abcdefgh") -> bytes:
    return struct.pack(">BBHHH", kind, 0, 0, identifier, sequence) + body


def binding(message: object, source: str, destination: str) -> bytes:
    return ipv6(
        source, destination, 135, mobility.emit(message, packed(source), packed(destination))
    )
