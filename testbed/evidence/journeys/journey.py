"""The packets of a flow, each with all interfaces that it was seen at."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from testbed.evidence.observed import Sighting
from testbed.evidence.segments import Cutter, Segment
from testbed.topology.network import Flow


@dataclass(frozen=True, slots=True)
class Journey:
    """One packet on its way: the ``number``-th (from 1) of what is called ``name``.

    ``hops`` are in order of time. ``receiver`` is the node that it was for, and ``arrived`` when
    it came in there, in seconds on the run's clock; None where it was lost.
    """

    name: str
    number: int
    receiver: str
    hops: Sequence[Sighting]
    arrived: float | None
    identity: Hashable = None

    @property
    def delay(self) -> float | None:
        """Seconds from where it was seen first to its arrival; None where it was lost."""
        return None if self.arrived is None else self.arrived - self.hops[0].at

    @property
    def sequence(self) -> int | None:
        """The number that the packet itself carries: the generator's, of an echo, of TCP."""
        if isinstance(self.identity, Segment):
            return self.identity.sequence
        return self.identity if isinstance(self.identity, int) else None

    def carries(self, sequence: int) -> bool:
        """Say whether it has this sequence number, or of TCP the octet with it."""
        if isinstance(self.identity, Segment):
            return 0 <= sequence - self.identity.sequence < self.identity.length
        return self.sequence == sequence


def journeys(flow: Flow, downward: bool, sightings: Iterable[Sighting]) -> list[Journey]:
    """Return the packets of ``flow`` in one direction, in the order in which they were sent.

    TCP segments that some interface saw in a bundle are cut apart as ``flows`` are counted;
    segments without data have no identity and are left out.
    """
    of_way = [each for each in sightings if each.flow == flow.name and each.downward == downward]
    cutter = Cutter(each.identity for each in of_way)
    hops: dict[Hashable, list[Sighting]] = {}
    for sighting in of_way:
        if sighting.identity is not None:
            for piece in cutter.pieces(sighting.identity):
                hops.setdefault(piece, []).append(sighting)
    for seen in hops.values():
        seen.sort(key=_at)
    receiver = flow.destination if downward else flow.source
    ordered = sorted(hops.items(), key=lambda each: each[1][0].at)
    return [
        Journey(flow.name, number, receiver, seen, _arrival(seen, receiver), identity)
        for number, (identity, seen) in enumerate(ordered, 1)
    ]


def _at(sighting: Sighting) -> float:
    return sighting.at


def _arrival(hops: Iterable[Sighting], receiver: str) -> float | None:
    came = (each.at for each in hops if each.node == receiver and not each.outgoing)
    return next(came, None)


def lost(found: Iterable[Journey]) -> list[Journey]:
    """Return those that never arrived."""
    return [each for each in found if each.arrived is None]


def most_delayed(found: Iterable[Journey]) -> list[Journey]:
    """Return those that arrived, the slowest first."""
    arrived = ((each.delay, each) for each in found if each.delay is not None)
    return [each for _, each in sorted(arrived, key=lambda pair: -pair[0])]


def of_frame(found: Iterable[Journey], frame: int) -> list[Journey]:
    """Return those that were seen in this frame of the capture; of a bundle there are several."""
    return [each for each in found if any(hop.frame == frame for hop in each.hops)]


def frames(found: Iterable[Journey]) -> list[int]:
    """Return the frames of the capture that show these packets, in order; none in simulations."""
    seen = {hop.frame for hop in chain.from_iterable(each.hops for each in found)}
    return sorted(seen - {0})
