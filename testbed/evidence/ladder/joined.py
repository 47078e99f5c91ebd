"""Signals at interfaces -> messages from node to node, each with its arrival."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from testbed.evidence.ladder.rung import MESSAGE, Rung
from testbed.evidence.observed import Sighting
from testbed.evidence.signalling import Signal

_LONGEST = 5.0  # s that a message may take before its like is another one
_NOT_SHOWN = ("NeighborSolicitation", "NeighborAdvertisement")
_MULTICAST = 0xFF
_Key = tuple[bytes, bytes, Any]


@dataclass(slots=True)
class _Journey:
    """A message on its way: where it came in (the last time), and who sent it on."""

    name: str
    sent: Sighting
    seen: list[int]
    arrivals: dict[str, Sighting] = field(default_factory=dict)
    sent_on: set[str] = field(default_factory=set)

    def pass_by(self, sighting: Sighting, index: int) -> None:
        self.seen.append(index)
        if sighting.outgoing:
            self.sent_on.add(sighting.node)
        else:
            self.arrivals[sighting.node] = sighting


def messages(signals: Sequence[Signal], roles: Mapping[str, str | None]) -> list[Rung]:
    """Return the messages among ``signals``, which are in order of time, in the same order.

    A message arrives where it comes in unchanged and is not sent on. What is sent to a group is
    a message to each of its members: where it ends, and who has sent it on but has the role of
    one where it ends; ``roles`` are those of the nodes.
    """
    return [rung for journey in _journeys(signals) for rung in _rungs(journey, roles)]


def _journeys(signals: Iterable[Signal]) -> list[_Journey]:
    found: list[_Journey] = []
    latest: dict[_Key, _Journey] = {}
    for index, (name, sighting, original) in enumerate(signals):
        if name in _NOT_SHOWN:
            continue
        key = (sighting.source, sighting.destination, sighting.message)
        journey = latest.get(key)
        if original:
            latest[key] = journey = _Journey(name, sighting, [index])
            found.append(journey)
        elif journey and sighting.at <= journey.sent.at + _LONGEST:
            journey.pass_by(sighting, index)
    return found


def _rungs(journey: _Journey, roles: Mapping[str, str | None]) -> Iterator[Rung]:
    ends = [each for node, each in journey.arrivals.items() if node not in journey.sent_on]
    if journey.sent.destination[0] == _MULTICAST:
        members = {roles.get(end.node) for end in ends} - {None}
        arrivals = journey.arrivals.values()
        ends = [each for each in arrivals if each in ends or roles.get(each.node) in members]
    else:
        ends = ends[-1:]
    if not ends:
        yield _rung(journey, None)
    for end in ends:
        yield _rung(journey, end)


def _rung(journey: _Journey, end: Sighting | None) -> Rung:
    sent = journey.sent
    last = list(journey.arrivals)[-1] if journey.arrivals else sent.node
    return Rung(
        MESSAGE,
        sent.at,
        journey.name,
        sent.node,
        receiver=end.node if end else "",
        arrived_at=end.at if end else None,
        message=sent.message,
        source=sent.source,
        destination=sent.destination,
        depth=len(sent.tunnels),
        frames=(sent.frame, end.frame if end else 0),
        seen=journey.seen,
        lost_after="" if end else last,
    )
