"""What the comments of a run's capture say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from testbed.evidence import figures
from testbed.evidence.comments.event import said_of
from testbed.evidence.comments.writing import Comments
from testbed.evidence.measure import Result
from testbed.evidence.signalling import Signal
from testbed.evidence.subjects import Subjects
from testbed.topology.network import Network


def comments_of(result: Result) -> Comments:
    """Return what is to be said of the packets, interfaces and events of a measured run."""
    times = sorted((*_of_events(result), *_of_handovers(result)), key=lambda each: each[0])
    document = result.document
    about = (
        "{name} under {protocol}, seed {seed}. Each packet is here once for each interface that "
        "it was seen at, which are called node:interface. Seconds count from when the run was "
        "ready; events are told at the next packet after them."
    )
    return Comments(
        about.format_map(document), _interfaces(result.network), _of_signals(result), times
    )


def _interfaces(network: Network) -> dict[str, str]:
    """Say of each interface what its node is, and which link it is always plugged into."""
    return {
        f"{node.name}:{interface.name}": f"{node.place} {node.name}"
        + (f", link {interface.link}" if interface.link else "")
        for node in network.nodes.values()
        for interface in node.interfaces
    }


def _of_signals(result: Result) -> dict[int, list[str]]:
    steps = figures.annotate(result.network, result.signals, result.events)
    subjects = Subjects(result.network, result.events)
    found: dict[int, list[str]] = {}
    for index, signal in enumerate(result.signals):
        subject = subjects.of_message(signal.sighting)
        about = f" (about {subject[0]})" if subject else ""
        for text in steps.get(index) or _sources(signal):
            found.setdefault(signal.sighting.frame, []).append(text + about)
    return found


def _sources(signal: Signal) -> Iterator[str]:
    """Yield which document has the message, which is no step of a figure."""
    layout: Any = getattr(type(signal.sighting.message), "LAYOUT", None)
    if layout is not None:
        yield f"{signal.name}: {layout.source}"


def _of_events(result: Result) -> Iterable[tuple[float, str]]:
    for event in result.events:
        if text := said_of(event):
            yield event.at, f"{event.at - result.zero:.6f} s, {text}"


def _of_handovers(result: Result) -> Iterable[tuple[float, str]]:
    """Say at which packet each move was over; handovers have the numbers of `ladder`."""
    number = 0
    for handover in result.handovers:
        move, at = handover.move, handover.phases["first_packet"]
        number += move.origin is not None
        title = f"handover {number} of" if move.origin else "attachment of"
        if at is not None:
            took = (at - move.link_up) * 1000
            where = f"{title} {move.node} ({move.origin or '-'} > {move.target})"
            said = f"{where}: first packet, {took:.3f} ms after the link came up"
            yield at, f"{at - result.zero:.6f} s, {said}"
