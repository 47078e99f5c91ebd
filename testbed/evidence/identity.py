"""What tells the packets of one flow and direction apart, read from their own octets."""

from __future__ import annotations

import struct
from collections.abc import Hashable

from testbed.evidence import payload
from testbed.evidence.segments import Segment

_UDP_HEADER = 8
_HEAD = 36  # octets of an unknown datagram that identify it, length and checksum included
_WORDS = struct.Struct(">HHIIBB")
_TIMESTAMPS = b"\x08\x0a"  # kind and length of the Timestamps option (RFC 7323 §3.2)
_SEQUENCES = 1 << 16


def datagram(frame: bytes, offset: int) -> tuple[bool | None, Hashable]:
    """Return whether a generated datagram travels downward, and its sequence number.

    Of any other the direction is None, and its first octets tell it from the rest.
    """
    begin = offset + _UDP_HEADER
    if len(frame) >= begin + payload.LENGTH:
        magic, backward, sequence, _ = payload.unpack(frame, begin)
        if magic == payload.MAGIC:
            return not backward, sequence
    return None, frame[offset + 4 : offset + 4 + _HEAD]


def segment(frame: bytes, offset: int, end: int) -> Segment | None:
    """Return what identifies a TCP segment with data; None for one without.

    A retransmission differs from its original by its timestamp, so it counts as sent anew.
    """
    source, destination, sequence, _, words, _ = _WORDS.unpack_from(frame, offset)
    data = offset + (words >> 4) * 4
    if data >= end:
        return None
    timestamp = _timestamp(frame[offset + 20 : data])
    return Segment(source, destination, sequence, end - data, timestamp)


def _timestamp(options: bytes) -> bytes:
    """Return TSval, which stacks put first or after padding and SACK; empty where absent."""
    at = 0
    while at + 1 < len(options) and options[at]:
        if options[at : at + 2] == _TIMESTAMPS:
            return options[at + 2 : at + 6]
        at += 1 if options[at] == 1 else max(options[at + 1], 2)
    return b""


class EchoSequence:
    """Makes one growing number of the 16-bit sequence numbers of a ping that ``source`` sends.

    A ping that is started again counts from 1 anew; its numbers go on after those of before.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._last = self._number = 0  # of the latest request: as counted here, and its own
        self._interface = ""
        self._sent: dict[int, int] = {}

    def leaves(self, sequence: int, interface: str) -> int:
        """Return the number of a request that leaves its source by ``interface``."""
        step = self._step(sequence)
        if step == 0 and interface != self._interface:
            return self._last  # the same one, seen twice
        self._last += step if step > 0 else sequence
        self._number, self._interface = sequence, interface
        self._sent[sequence] = self._last
        return self._last

    def passes(self, sequence: int) -> int:
        """Return the number of the latest request with this ``sequence``, also of its reply."""
        return self._sent.get(sequence, self._last + self._step(sequence))

    def _step(self, sequence: int) -> int:
        half = _SEQUENCES // 2
        return (sequence - self._number + half) % _SEQUENCES - half
