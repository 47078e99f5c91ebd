"""What the two ends of a simulated TCP connection exchange."""

from __future__ import annotations

from typing import NamedTuple

from testbed.simulated.packet import HEADER

TCP_HEADER = 32  # octets, with the timestamps that Linux sends (RFC 7323 §3.2)
SYN_LENGTH = HEADER + 40  # octets of a SYN with the options that Linux sends
ACK_LENGTH = HEADER + TCP_HEADER
RESET_LENGTH = HEADER + 20  # octets: a RST has no options
NONE = -1


class Segment(NamedTuple):
    """Data, the ``number``-th segment of its connection, or an acknowledgement.

    Segments are all of one size, so they are counted instead of their octets. ``ack`` is the next
    segment that is expected, ``selected`` one that came before its turn (RFC 2018). ``sent_at``
    is the timestamp of what is sent, ``echo`` the one that an acknowledgement answers. ``call``
    opens a connection from the end that is to receive; ``reset`` ends one at once.
    """

    syn: bool = False
    number: int = NONE
    ack: int = NONE
    selected: int = NONE
    sent_at: float = 0.0
    echo: float = 0.0
    call: bool = False
    reset: bool = False


def maximum_size(mtu: int) -> int:
    """Return how many octets of data a segment takes in packets of ``mtu`` octets."""
    return mtu - HEADER - TCP_HEADER
