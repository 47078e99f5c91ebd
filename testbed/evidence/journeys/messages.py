"""Signalling messages, each with all interfaces that it was seen at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from testbed.evidence.journeys.journey import Journey
from testbed.evidence.ladder.recording import Recording
from testbed.evidence.ladder.rung import MESSAGE, Rung
from testbed.evidence.observed import LogEvent
from testbed.evidence.signalling import Signal
from testbed.topology.network import Network


def message_journeys(
    network: Network, signals: Sequence[Signal], events: Sequence[LogEvent]
) -> list[Journey]:
    """Return all messages of a run in the order in which they were sent, numbered by name.

    What is sent to a group is one message, which has arrived where it came in last.
    """
    counts: dict[str, int] = {}
    found = []
    for rung in _sent_once(Recording(network, signals, events).rungs):
        counts[rung.name] = number = counts.get(rung.name, 0) + 1
        hops = [signals[index].sighting for index in rung.seen]
        found.append(Journey(rung.name, number, rung.receiver, hops, rung.arrived_at))
    return found


def _sent_once(rungs: Iterable[Rung]) -> Iterable[Rung]:
    """Return the messages, of each to a group the rung of the member that it reached last."""
    last: dict[int, Rung] = {}
    for rung in rungs:
        if rung.kind == MESSAGE and rung.seen:
            other = last.setdefault(id(rung.seen), rung)
            if (other.arrived_at or 0.0) < (rung.arrived_at or 0.0):
                last[id(rung.seen)] = rung
    return last.values()
