"""TCP segments that travel in bundles, cut so that both ends of a flow count the same ones.

Kernels hand over many segments as one packet (GSO) and put arriving ones together again (GRO),
so a capture shows the same octets in other portions at each interface. All segments of a bundle
have one timestamp, and every bundle begins and ends where some segment does.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple


class Segment(NamedTuple):
    """Octets of one TCP connection and direction, as sent at one time."""

    source: int
    destination: int
    sequence: int
    length: int
    timestamp: bytes


class Cutter:
    """Cuts bundles wherever some packet of ``seen`` begins or ends."""

    def __init__(self, seen: Iterable[Hashable]) -> None:
        cuts: dict[tuple[int, int], set[int]] = {}
        for each in seen:
            if isinstance(each, Segment):
                known = cuts.setdefault(each[:2], set())
                known.add(each.sequence)
                known.add(each.sequence + each.length)
        self._cuts = {connection: sorted(known) for connection, known in cuts.items()}

    def pieces(self, identity: Hashable) -> Iterator[Hashable]:
        """Yield the segments in ``identity``; what is no segment is its own only piece."""
        if not isinstance(identity, Segment):
            yield identity
            return
        source, destination, sequence, length, timestamp = identity
        cuts = self._cuts[source, destination]
        first, last = bisect_left(cuts, sequence), bisect_right(cuts, sequence + length)
        for begin, end in zip(cuts[first : last - 1], cuts[first + 1 : last], strict=True):
            yield Segment(source, destination, begin, end - begin, timestamp)
