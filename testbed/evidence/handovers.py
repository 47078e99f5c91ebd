"""A move of a mobile: its phases, its latency, and how long each flow was silent for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testbed.evidence.flows import Way
from testbed.evidence.moves import Move
from testbed.evidence.phases import PhaseFinder, Phases, durations
from testbed.evidence.signalling import Signal, costs
from testbed.evidence.traffic import Silence, silence
from testbed.evidence.where import Where, where
from testbed.topology.network import Flow, Network


@dataclass(frozen=True, slots=True)
class Handover:
    """A move with what was observed of it, on the run's clock.

    ``silences`` of the flows of the interface that moved are by the flow's name and the direction,
    "up" and "down"; ``first_packets`` by flow when, and in which frame, it first came in at the new
    place. ``frames`` are those of the phases that a packet shows.
    """

    move: Move
    phases: Phases
    frames: Mapping[str, int]
    silences: Mapping[str, Mapping[str, Silence | None]]
    first_packets: Mapping[str, tuple[float, int]]


def observe(
    network: Network,
    move: Move,
    finder: PhaseFinder,
    ways: Mapping[str, Mapping[str, Way]],
) -> Handover:
    """Return what was observed of ``move``."""
    found = finder.phases(move)
    phases = found.phases
    begin = move.at if move.link_down is None else move.link_down
    end = max(move.link_up, phases["first_packet"] or move.link_up)
    silences = {
        name: {
            direction: silence(way.trace, way.delivery.sent_at, begin, end, move.came)
            for direction, way in sorted(ways[name].items(), reverse=True)
        }
        for name, flow in network.flows.items()
        if _interrupts(network, move, flow)
    }
    return Handover(move, phases, found.frames, silences, finder.first_packets(move))


def _interrupts(network: Network, move: Move, flow: Flow) -> bool:
    """Say whether ``move`` can silence ``flow``: regular packets of the interface that moved."""
    if flow.kind == "command" or move.node not in (flow.source, flow.destination):
        return False
    address = flow.source_address if move.node == flow.source else flow.destination_address
    mobile = network.nodes[move.node].mobile
    homes = mobile.home_addresses if mobile else {}
    return not any(address in homes[other] for other in homes if other != move.interface)


def handover_document(handover: Handover, share: Sequence[Signal], zero: float) -> dict[str, Any]:
    """Return ``handover`` as ``result.json`` holds it, its times counted from ``zero``.

    ``share`` is the signalling that it has cost.
    """
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
        "first_packets": {
            flow: at - zero for flow, (at, _) in sorted(handover.first_packets.items())
        },
        "interruption": {
            flow: {
                way: None if found is None else found.end - found.begin
                for way, found in ways.items()
            }
            for flow, ways in handover.silences.items()
        },
        "signalling": costs(share),
        "where": _where(handover, share),
    }


def _where(handover: Handover, share: Sequence[Signal]) -> Where | None:
    """Return the frames of the phases and silences; the filter has the messages on the way, too."""
    ends_at = max(at for at in handover.phases.values() if at is not None)
    messages = (each.sighting for each in share if each.original)
    place = where(
        handover.frames,
        (
            *(message.frame for message in messages if message.at <= ends_at),
            *(frame for _, frame in handover.first_packets.values()),
        ),
    )
    if place is None:
        return None
    silences = {
        flow: {way: found and list(found.frames) for way, found in ways.items()}
        for flow, ways in handover.silences.items()
    }
    return {**place, "interruption": silences}


def _between(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else end - begin
