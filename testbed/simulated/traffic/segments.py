"""What the two ends of a simulated TCP connection exchange."""

from __future__ import annotations

from typing import NamedTuple

from testbed.simulated.packet import HEADER

TCP_HEADER = 32  # octets, with the timestamps that Linux sends (RFC 7323 §3.2)
SYN_LENGTH = HEADER + 40  # octets of a SYN with the options that Linux sends
ACK_LENGTH = HEADER + TCP_HEADER


class Segment(NamedTuple):
    """A segment: ``size`` octets from ``sequence`` on, or an acknowledgement up to ``ack``.

    ``sent_at`` is its timestamp, ``echo`` the timestamp that it answers.
    """

    syn: bool = False
    sequence: int = 0
    size: int = 0
    ack: int = -1
    sent_at: float = 0.0
    echo: float = 0.0


def maximum_size(mtu: int) -> int:
    """Return how many octets of data a segment takes in packets of ``mtu`` octets."""
    return mtu - HEADER - TCP_HEADER
