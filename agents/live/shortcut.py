"""How the packets of an optimized pair look on the wire (RFC 6275 §6.3, §6.4)."""

from __future__ import annotations

from agents.core.actions import Optimize
from agents.live.ways import Way

EACH = 24  # octets of one of the two headers
ROUTING, OPTIONS = 43, 60
BEFORE_HOME = bytes.fromhex("02 01020000 c910")  # length, PadN, Home Address option: 8n+6
BEFORE_ROUTE = bytes.fromhex("02 02 01 00000000")  # length, type 2, one segment left, reserved

_HOP_BY_HOP = 0


class Shortcut:
    """One pair: what to put into the packets that leave, and what those have that come.

    ``home`` and ``wire`` are source and destination of what leaves, as programs see them and as
    the network does; ``returning`` and ``came`` are the same of what arrives. ``headers`` go
    behind the fixed header, whose next header becomes ``first`` while the one that it had is put
    at ``last``. What arrives has ``expected`` as its first next header, and ``arriving`` from its
    source on, but for its last next header, which is 0 there. ``way`` is how packets left last.
    """

    __slots__ = (
        *("arriving", "came", "destination", "expected", "first", "headers", "home"),
        *("last", "returning", "source", "way", "wire"),
    )

    def __init__(self, action: Optimize) -> None:
        local, peer = action.local, action.peer
        self.source = action.local_care_of or local
        self.destination = action.peer_care_of or peer
        self.home, self.wire = bytes(local + peer), bytes(self.source + self.destination)
        self.returning, self.came = bytes(peer + local), bytes(self.destination + self.source)
        found = []
        if action.peer_care_of:
            found.append((ROUTING, b"\0" + BEFORE_ROUTE + peer))
        if action.local_care_of:
            found.append((OPTIONS, b"\0" + BEFORE_HOME + local))
        self.headers = bytearray(b"".join(octets for _, octets in found))
        self.first = found[0][0] if found else 0
        self.last = len(self.headers) - EACH
        if len(found) > 1:
            self.headers[0] = found[1][0]
        self.expected = ROUTING if action.local_care_of else OPTIONS
        routed = local if action.local_care_of else None
        self.arriving = arriving(self.came, routed, peer if action.peer_care_of else None)
        self.way: Way | None = None

    def insert(self, packet: bytearray) -> bytearray:
        """Return ``packet`` as it travels, whatever headers it has (RFC 6275 §6.3)."""
        at, where = _place(packet)
        self.headers[self.last] = packet[at]
        made = packet[:where] + self.headers + packet[where:]
        made[at] = self.first
        made[4:6] = (len(made) - 40).to_bytes(2, "big")
        made[8:40] = self.wire
        return made


def arriving(came: bytes, routed_to: bytes | None, home_address: bytes | None) -> bytes:
    """Return what an arriving packet is known by: see ``Shortcut``."""
    routed = BEFORE_ROUTE + routed_to if routed_to else b""
    home = BEFORE_HOME + home_address if home_address else b""
    if routed and home:
        return came + bytes([OPTIONS]) + routed + b"\0" + home
    return came + b"\0" + routed + home


def _place(packet: bytearray) -> tuple[int, int]:
    """Return where the next header stands before the new ones, and where these begin."""
    at, where = 6, 40
    while packet[at] in (_HOP_BY_HOP, ROUTING) and where + 8 <= len(packet):
        at, where = where, where + 8 + 8 * packet[where + 1]
    return at, where
