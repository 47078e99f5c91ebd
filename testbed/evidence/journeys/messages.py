"""Signalling messages, each with all interfaces that it was seen at."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.evidence.journeys.journey import Journey
from testbed.evidence.ladder.recording import Recording
from testbed.evidence.ladder.rung import MESSAGE
from testbed.evidence.observed import LogEvent
from testbed.evidence.signalling import Signal
from testbed.topology.network import Network


def message_journeys(
    network: Network, signals: Sequence[Signal], events: Sequence[LogEvent]
) -> list[Journey]:
    """Return all messages of a run in the order in which they were sent, numbered by name."""
    counts: dict[str, int] = {}
    found = []
    for rung in Recording(network, signals, events).rungs:
        if rung.kind == MESSAGE and rung.seen:
            counts[rung.name] = number = counts.get(rung.name, 0) + 1
            hops = [signals[index].sighting for index in rung.seen]
            found.append(Journey(rung.name, number, rung.receiver, hops, rung.arrived_at))
    return found
