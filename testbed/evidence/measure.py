"""The result of a run: what packets and events come to, as ``result.json`` holds it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from testbed.evidence.checks import checks
from testbed.evidence.distances import Distances
from testbed.evidence.flow_moves import flow_move_documents, flow_moves, moves_by_flow
from testbed.evidence.flow_requests import FlowRequests
from testbed.evidence.flow_stays import FlowStay, flow_stays
from testbed.evidence.flow_ways import FlowWays, Plugs
from testbed.evidence.flows import Flows, Way, flow_document
from testbed.evidence.garbage import no_garbage
from testbed.evidence.handovers import Handover, handover_document, observe
from testbed.evidence.ladder.recording import Recording
from testbed.evidence.load import Loads
from testbed.evidence.moves import Whereabouts, moves, zero
from testbed.evidence.observed import LogEvent, Sighting
from testbed.evidence.openings import Openings
from testbed.evidence.phases import Arrivals, PhaseFinder
from testbed.evidence.queries import queries, query_documents
from testbed.evidence.shares import shares
from testbed.evidence.signalling import Signal, Signalling, signalling_document
from testbed.topology.network import Network

SIMULATED = "simulated"
_DIGITS = 6  # after the point: microseconds


@dataclass(frozen=True, slots=True)
class Result:
    """A measured run: ``document`` is what ``result.json`` holds, the rest is for the report.

    ``handovers`` has first attachments, too. ``zero`` is the instant, on the run's clock, that
    the document's times count from. ``stays`` are of mobiles with several interfaces.
    """

    document: Mapping[str, Any]
    network: Network
    zero: float
    events: Sequence[LogEvent]
    handovers: Sequence[Handover]
    ways: Mapping[str, Mapping[str, Way]]
    signals: Sequence[Signal]
    recording: Recording
    stays: Sequence[FlowStay]

    @property
    def passed(self) -> bool:
        """Whether all expectations hold."""
        return all(check["holds"] for check in self.document["checks"])


@no_garbage()
def measure(
    network: Network,
    sightings: Iterable[Sighting],
    events: Iterable[LogEvent],
    captures: Mapping[str, int],
    backend: str,
) -> Result:
    """Return the result of a run of ``network`` that showed these packets and events.

    ``captures`` says how many packets were captured and how many the capture dropped;
    ``backend`` is "emulated" or "simulated".
    """
    log = sorted(events, key=lambda event: event.at)
    openings = Openings(log)
    seen = _Seen(network, openings.given_up())
    for sighting in sightings:
        seen.see(sighting)
    found, ways, signals = moves(log), seen.flows.settle(), seen.signalling.settle()
    asked = queries(signals)
    finder = PhaseFinder(network, signals, asked, log, seen.arrivals(), ways)
    start = zero(log)
    handovers = [observe(network, move, finder, ways) for move in found]
    recording = Recording(network, signals, log)
    costs = shares(recording, signals, found)
    moved = [handover_document(*each, start) for each in zip(handovers, costs, strict=True)]
    distances = Distances(network, Whereabouts(found))
    plugs = Plugs(log)
    passages = seen.flow_ways.settle(ways, plugs)
    shifted = flow_moves(network, passages, plugs)
    requests = FlowRequests(network, signals, log, plugs)
    document = {
        "name": network.name,
        "protocol": network.protocol,
        "backend": backend,
        "seed": network.seed,
        "duration": network.duration,
        "attachments": [each for each in moved if each["from"] is None],
        "handovers": [each for each in moved if each["from"] is not None],
        "queries": query_documents(asked, network, start),
        "flows": _flow_documents(network, ways, distances, openings, moves_by_flow(shifted)),
        "flow_moves": flow_move_documents(network, shifted, requests, start),
        "signalling": signalling_document(signals),
        "nodes": seen.loads.documents(signals, captured=backend != SIMULATED),
        "drops": _drops(log),
        "captures": dict(captures),
    }
    document = rounded(document)
    document["checks"] = checks(network, document)
    stays = flow_stays(passages)
    return Result(document, network, start, log, handovers, ways, signals, recording, stays)


class _Seen:
    """Sorts what was seen: packets of flows, signalling, and the rest, which nobody asks for."""

    def __init__(self, network: Network, given_up: Mapping[str, float]) -> None:
        self.flows, self.signalling = Flows(network), Signalling(network)
        self.loads, self.flow_ways = Loads(network), FlowWays(network)
        self._given_up = given_up
        self._mobiles = {node.name for node in network.nodes.values() if node.mobile}
        self._arrivals: dict[str, dict[str, list[tuple[float, int, Hashable]]]] = {}

    def see(self, sighting: Sighting) -> None:
        if flow := sighting.flow:
            if flow in self._given_up and sighting.at > self._given_up[flow]:
                return  # what its programs still send is refused, and belongs to no flow
            self.flows.see(sighting)
            self.loads.see(sighting)
            self.flow_ways.see(sighting)
            if not sighting.outgoing and sighting.node in self._mobiles:
                by_flow = self._arrivals.setdefault(sighting.interface, {})
                by_flow.setdefault(flow, []).append(
                    (sighting.at, sighting.frame, sighting.identity)
                )
        elif sighting.message is not None:
            self.signalling.see(sighting)

    def arrivals(self) -> Arrivals:
        """When packets of each flow came in at each interface of a mobile, in order."""
        return {
            interface: {flow: sorted(seen, key=itemgetter(0, 1)) for flow, seen in by_flow.items()}
            for interface, by_flow in self._arrivals.items()
        }


def _flow_documents(
    network: Network,
    ways: Mapping[str, Mapping[str, Way]],
    distances: Distances,
    openings: Openings,
    moved: Mapping[str, int],
) -> list[dict[str, Any]]:
    return [
        {
            **flow_document(flow, ways[flow.name], distances),
            "moves": moved[flow.name],
            **openings.document(flow),
        }
        for flow in network.flows.values()
    ]


def _drops(events: Iterable[LogEvent]) -> list[dict[str, Any]]:
    """Messages that agents did not act upon, by node and reason.

    Of a flood an agent logs some, and with each how many there were before it that it did not.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for event in events:
        if event.event == "dropped":
            reason = str(event.details.get("reason", ""))
            counts[event.node, reason] += 1 + int(event.details.get("unlogged", 0))
    return [
        {"node": node, "reason": reason, "count": counts[node, reason]}
        for node, reason in sorted(counts)
    ]


def rounded(value: Any) -> Any:
    """Return ``value`` with every float in it rounded to a microsecond."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, Mapping):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return value


def as_json(document: Mapping[str, Any]) -> str:
    """Return ``document`` as text; equal documents give equal bytes."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
