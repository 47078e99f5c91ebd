"""What the UDP generator puts at the head of each datagram, so that captures tell packets apart.

    0       4     5      8          16        24
    | magic | dir | zero | sequence | sent_at | padding ... |

``dir`` is 0 from the flow's source to its destination and 1 on the way back, ``sequence`` counts
from 0 in each direction, ``sent_at`` is the sender's clock in seconds (IEEE 754 double). All
fields are big-endian.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

MAGIC = b"DMMT"
_LAYOUT = struct.Struct(">4sB3xQd")
LENGTH = _LAYOUT.size
unpack = _LAYOUT.unpack_from  # magic, dir, sequence and sent_at, for who reads very many


class Stamp(NamedTuple):
    """The identity of one datagram: ``downward`` is from the flow's source to its destination."""

    downward: bool
    sequence: int
    sent_at: float


def emit(stamp: Stamp, size: int) -> bytes:
    """Return a UDP payload of ``size`` octets (at least ``LENGTH``) that carries ``stamp``."""
    head = _LAYOUT.pack(MAGIC, 0 if stamp.downward else 1, stamp.sequence, stamp.sent_at)
    return head.ljust(size, b"\0")


def parse(octets: bytes, offset: int = 0) -> Stamp | None:
    """Return the stamp at ``offset``, or None where there is none (or it was cut short)."""
    if len(octets) < offset + LENGTH:
        return None
    magic, backward, sequence, sent_at = unpack(octets, offset)
    return Stamp(not backward, sequence, sent_at) if magic == MAGIC else None
