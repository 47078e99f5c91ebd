"""What became of the packets of each flow, direction by direction."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from testbed.evidence.headers import IPV6
from testbed.evidence.observed import Sighting
from testbed.evidence.segments import Cutter, Segment
from testbed.topology.network import Flow

Seen = tuple[float, Hashable, int]
"""When a packet was seen, which it is, and the frame of the capture (0: none)."""


class Silence(NamedTuple):
    """When it began and when it ended, in seconds on the run's clock, and the frames of that."""

    begin: float
    end: float
    frames: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Trace:
    """The packets of ``flow`` in one direction, as seen at ``sender``, ``receiver`` and between.

    ``sends`` and ``arrivals`` are ``Seen``; after ``settle`` in order of time. Packets without
    identity (a bare TCP acknowledgement) are arrivals that are not counted. ``tunnel_octets``,
    ``extension_octets`` and ``carried_octets`` (the packets without either) are summed over every
    link.
    """

    flow: Flow
    downward: bool
    sends: list[Seen] = field(default_factory=list)
    arrivals: list[Seen] = field(default_factory=list)
    crossings: Counter[Hashable] = field(default_factory=Counter)
    tunnel_octets: int = 0
    extension_octets: int = 0
    carried_octets: int = 0
    octets: int = 0
    sender: str = field(init=False)
    receiver: str = field(init=False)

    def __post_init__(self) -> None:
        ends = (self.flow.source, self.flow.destination)
        self.sender, self.receiver = ends if self.downward else ends[::-1]

    def see(self, sighting: Sighting) -> None:
        """Take in one packet at one interface."""
        at, node, _, outgoing, length, tunnels, _, _, _, _, identity, _, frame, extensions = (
            sighting
        )
        if outgoing:
            self.crossings[identity] = self.crossings.get(identity, 0) + 1
            octets = IPV6 * len(tunnels)
            self.tunnel_octets += octets
            self.extension_octets += extensions
            self.carried_octets += length - octets - extensions
            if node == self.sender:
                self.sends.append((at, identity, frame))
        elif node == self.receiver:
            self.arrivals.append((at, identity, frame))
            self.octets += length - IPV6 * len(tunnels)

    def settle(self) -> None:
        """Put what was seen into the order of time, and cut bundles of segments apart."""
        self.sends.sort(key=_at)
        self.arrivals.sort(key=_at)
        if any(isinstance(identity, Segment) for identity in self.crossings):
            self._cut()

    def _cut(self) -> None:
        cutter = Cutter(chain(self.crossings, (identity for _, identity, _ in self.arrivals)))
        self.sends = list(_pieces(cutter, self.sends))
        self.arrivals = list(_pieces(cutter, self.arrivals))
        crossings: Counter[Hashable] = Counter()
        for identity, count in self.crossings.items():
            for piece in cutter.pieces(identity):
                crossings[piece] += count
        self.crossings = crossings


def _pieces(cutter: Cutter, seen: Iterable[Seen]) -> Iterator[Seen]:
    for at, identity, frame in seen:
        for piece in cutter.pieces(identity):
            yield at, piece, frame


def _at(entry: Seen) -> float:
    return entry[0]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A settled trace, packet by packet.

    ``sent_at`` maps each packet to when it first left its sender; ``delays`` are one way, in
    seconds, of those that came; ``hops`` the links each of them crossed. ``unsent`` packets are
    missing from the sender's own numbering: they never left its interface.
    """

    sent_at: dict[Hashable, float]
    delays: dict[Hashable, float]
    hops: dict[Hashable, int]
    unsent: int
    received: int
    duplicated: int
    reordered: int

    @property
    def sent(self) -> int:
        """The packets that the sender's application sent, whether or not they left the node."""
        return len(self.sent_at) + self.unsent

    @property
    def lost(self) -> int:
        """The packets sent that never arrived."""
        return self.sent - self.received

    @property
    def first_delay(self) -> float | None:
        """The delay of the packet that was sent first; None where it never came."""
        first = next(iter(self.sent_at), None)
        return self.delays.get(first)


def deliver(trace: Trace) -> Delivery:
    """Match what arrived with what was sent."""
    sent_at: dict[Hashable, float] = {}
    for at, identity, _ in trace.sends:
        if identity is not None:
            sent_at.setdefault(identity, at)
    delays: dict[Hashable, float] = {}
    counted = [(at, identity) for at, identity, _ in trace.arrivals if identity is not None]
    for at, identity in counted:
        if identity in sent_at:
            delays.setdefault(identity, at - sent_at[identity])
    received = {identity for _, identity in counted}
    return Delivery(
        sent_at,
        delays,
        {identity: trace.crossings[identity] for identity in delays},
        _unsent(trace, sent_at),
        len(received),
        len(counted) - len(received),
        _reordered(counted, sent_at),
    )


def _unsent(trace: Trace, sent_at: Iterable[Hashable]) -> int:
    """Count the gaps in the numbers that the sender gave; a ping's replies repeat the requests'."""
    if trace.flow.kind != "udp" and not (trace.flow.kind == "ping" and trace.downward):
        return 0
    numbers = [identity for identity in sent_at if isinstance(identity, int)]
    if not numbers:
        return 0
    return max(numbers) - min(numbers) + 1 - len(numbers)


def _reordered(arrivals: Iterable[tuple[float, Hashable]], sent_at: Iterable[Hashable]) -> int:
    """Count first arrivals after that of a packet sent later (RFC 4737 §3.3)."""
    order = {identity: index for index, identity in enumerate(sent_at)}
    highest, count, seen = -1, 0, set()
    for _, identity in arrivals:
        if identity in seen or identity not in order:
            continue
        seen.add(identity)
        count += order[identity] < highest
        highest = max(highest, order[identity])
    return count


def _sent(sent_at: Mapping[Hashable, float], seen: Seen) -> float:
    at, identity, _ = seen
    return sent_at.get(identity, at)


def silence(
    trace: Trace,
    sent_at: Mapping[Hashable, float],
    begin: float,
    end: float,
    since: float = float("-inf"),
) -> Silence | None:
    """Return the longest silence at the receiver that touches the time from ``begin`` to ``end``.

    A silence lies between two consecutive arrivals. It touches from the instant the first of
    the two was sent, so that packets still under way at ``begin`` do not hide it. None where
    nothing had arrived before ``begin``, or nothing arrived any more. What was sent before
    ``since`` ends none.
    """
    arrivals = trace.arrivals
    index = bisect_left(arrivals, begin, key=_at) - 1
    longest = None
    while 0 <= index < len(arrivals):
        at, _, frame = arrivals[index]
        if _sent(sent_at, arrivals[index]) > end:
            return longest
        index += 1
        while index < len(arrivals) and _sent(sent_at, arrivals[index]) < since:
            index += 1
        if index < len(arrivals):
            resumed_at, _, resumed = arrivals[index]
            if longest is None or resumed_at - at > longest.end - longest.begin:
                longest = Silence(at, resumed_at, (frame, resumed))
    return None
