"""A move of a mobile: its phases, its latency, and how long each flow was silent for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from testbed.evidence.flows import Way
from testbed.evidence.moves import Move
from testbed.evidence.phases import PhaseFinder, Phases, durations
from testbed.evidence.traffic import Silence, silence
from testbed.topology.network import Flow, Network


@dataclass(frozen=True, slots=True)
class Handover:
    """A move with what was observed of it, on the run's clock.

    ``silences`` of the flows of the interface that moved are by the flow's name and the direction,
    "up" and "down"; ``first_packets`` by flow when it first came in at the new place.
    """

    move: Move
    phases: Phases
    silences: Mapping[str, Mapping[str, Silence | None]]
    first_packets: Mapping[str, float]


def observe(
    network: Network,
    move: Move,
    finder: PhaseFinder,
    ways: Mapping[str, Mapping[str, Way]],
) -> Handover:
    """Return what was observed of ``move``."""
    phases = finder.phases(move)
    begin = move.at if move.link_down is None else move.link_down
    end = max(move.link_up, phases["first_packet"] or move.link_up)
    silences = {
        name: {
            direction: silence(way.trace, way.delivery.sent_at, begin, end)
            for direction, way in sorted(ways[name].items(), reverse=True)
        }
        for name, flow in network.flows.items()
        if _interrupts(network, move, flow)
    }
    return Handover(move, phases, silences, finder.first_packets(move))


def _interrupts(network: Network, move: Move, flow: Flow) -> bool:
    """Say whether ``move`` can silence ``flow``: regular packets of the interface that moved."""
    if flow.kind == "command" or move.node not in (flow.source, flow.destination):
        return False
    address = flow.source_address if move.node == flow.source else flow.destination_address
    mobile = network.nodes[move.node].mobile
    homes = mobile.home_addresses if mobile else {}
    return not any(address in homes[other] for other in homes if other != move.interface)


def handover_document(handover: Handover, zero: float) -> dict[str, Any]:
    """Return ``handover`` as ``result.json`` holds it, its times counted from ``zero``."""
    move, phases = handover.move, handover.phases
    first_packet, care_of_usable = phases["first_packet"], phases["care_of_usable"]
    return {
        "node": move.node,
        "interface": move.interface,
        "from": move.origin,
        "to": move.target,
        "at": move.at - zero,
        "phases": {name: None if at is None else at - zero for name, at in phases.items()},
        "durations": durations(phases),
        "latency": _between(move.link_up, first_packet),
        "latency_after_care_of": _between(care_of_usable, first_packet),
        "first_packets": {flow: at - zero for flow, at in sorted(handover.first_packets.items())},
        "interruption": {
            flow: {
                way: None if found is None else found[1] - found[0] for way, found in ways.items()
            }
            for flow, ways in handover.silences.items()
        },
    }


def _between(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else end - begin
