"""Packets of flows as rungs: from where one is sent or wrapped to where it is unwrapped or read."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from testbed.evidence.ladder.rung import DATA, Rung
from testbed.evidence.observed import Sighting

Packet = tuple[str, bool, Hashable]  # flow, downward, identity


def first_packets(sightings: Iterable[Sighting]) -> list[Rung]:
    """Return the legs of the first packet of each way that packets of each flow took.

    ``sightings`` are of flows, in any order; packets that nothing tells apart are left out.
    """
    packets: dict[Packet, list[Sighting]] = {}
    for each in sightings:
        if each.flow and each.identity is not None:
            packets.setdefault((each.flow, each.downward, each.identity), []).append(each)
    return [rung for legs in _first_of_each_way(packets) for rung in legs]


def _first_of_each_way(packets: Mapping[Packet, list[Sighting]]) -> Iterator[list[Rung]]:
    found = [legs(sightings) for sightings in packets.values()]
    ways = set()
    for way in sorted((each for each in found if each), key=lambda each: each[0].at):
        sign = tuple((leg.name, leg.sender, leg.receiver, leg.depth) for leg in way)
        if sign not in ways:
            ways.add(sign)
            yield way


def legs(sightings: Sequence[Sighting]) -> list[Rung]:
    """Return the legs of one packet: each ends where headers are put around it, or taken off."""
    ordered = sorted(sightings, key=lambda each: each.at)
    starts = [ordered[0]] if ordered and ordered[0].outgoing else []
    starts += [
        later
        for before, later in pairwise(ordered)
        if later.outgoing and not before.outgoing and later.tunnels != before.tunnels
    ]
    return [_leg(start, ordered) for start in starts]


def _leg(start: Sighting, ordered: Sequence[Sighting]) -> Rung:
    last: Sighting | None = None
    for each in ordered[ordered.index(start) + 1 :]:
        if each.tunnels != start.tunnels:
            break
        if not each.outgoing:
            last = each
    return Rung(
        DATA,
        start.at,
        start.flow,
        start.node,
        last.node if last else "",
        last.at if last else None,
        source=start.source,
        destination=start.destination,
        depth=len(start.tunnels),
        identity=(start.flow, start.downward, start.identity),
        frames=(start.frame, last.frame if last else 0),
        lost_after="" if last else start.node,
    )
