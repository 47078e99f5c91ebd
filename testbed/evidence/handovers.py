"""A move of a mobile as ``result.json`` holds it: phases, latency, interruption of each flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testbed.evidence.flows import Way
from testbed.evidence.moves import Move
from testbed.evidence.phases import PhaseFinder, Phases, durations
from testbed.evidence.traffic import interruption
from testbed.topology.network import Network


def handover_document(
    network: Network,
    move: Move,
    finder: PhaseFinder,
    ways: Mapping[str, Mapping[str, Way]],
    zero: float,
) -> dict[str, Any]:
    """Return ``move`` with its times counted from ``zero``."""
    phases = finder.phases(move)
    first_packet = phases["first_packet"]
    return {
        "node": move.node,
        "interface": move.interface,
        "from": move.origin,
        "to": move.target,
        "at": move.at - zero,
        "phases": {name: None if at is None else at - zero for name, at in phases.items()},
        "durations": durations(phases),
        "latency": None if first_packet is None else first_packet - move.link_up,
        "interruption": _interruptions(network, move, phases, ways),
    }


def _interruptions(
    network: Network, move: Move, phases: Phases, ways: Mapping[str, Mapping[str, Way]]
) -> dict[str, dict[str, float | None]]:
    """Return the silence of each flow of the mobile, by direction, around ``move``."""
    begin = move.at if move.link_down is None else move.link_down
    end = max(move.link_up, phases["first_packet"] or move.link_up)
    return {
        name: {
            direction: interruption(way.trace, way.delivery.sent_at, begin, end)
            for direction, way in sorted(ways[name].items(), reverse=True)
        }
        for name, flow in network.flows.items()
        if move.node in (flow.source, flow.destination)
    }
