"""What the comments of a run's capture say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agents.wire.icmpv6_messages import DestinationUnreachable
from agents.wire.numbers import UnreachableCode
from testbed.evidence import figures
from testbed.evidence.comments.event import said_of
from testbed.evidence.comments.writing import Comments
from testbed.evidence.measure import Result
from testbed.evidence.signalling import Signal
from testbed.evidence.subjects import Subjects
from testbed.topology.network import Network

_REDIRECTS = "the flow is to leave by another interface, draft-xia-netext-flow-binding-00 §6"


def comments_of(result: Result) -> Comments:
    """Return what is to be said of the packets, interfaces and events of a measured run."""
    times = sorted((*_of_events(result), *_of_handovers(result)), key=lambda each: each[0])
    document = result.document
    about = (
        "{name} under {protocol}, seed {seed}. Each packet is here once for each interface that "
        "it was seen at, which are called node:interface. Seconds count from when the run was "
        "ready; events are told at the next packet after them."
    )
    of_frames = _of_signals(result)
    for frame, text in _of_flow_moves(document["flow_moves"]):
        of_frames.setdefault(frame, []).append(text)
    return Comments(about.format_map(document), _interfaces(result.network), of_frames, times)


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
        for text in steps.get(index) or _sources(signal, result.network.protocol):
            found.setdefault(signal.sighting.frame, []).append(text + about)
    return found


def _sources(signal: Signal, protocol: str) -> Iterator[str]:
    """Yield which document has the message, which is no step of a figure."""
    message = signal.sighting.message
    layout: Any = getattr(type(message), "LAYOUT", None)
    if isinstance(message, DestinationUnreachable):
        redirects = protocol == "flowbinding" and message.code == UnreachableCode.REJECT_ROUTE
        source = _REDIRECTS if redirects else layout.source
        yield f"{signal.name}, {_unreachable(message.code)}: {source}"
    elif layout is not None:
        yield f"{signal.name}: {layout.source}"


def _unreachable(code: int) -> str:
    known = code in set(UnreachableCode)
    return UnreachableCode(code).name.lower().replace("_", " ") if known else f"code {code}"


def _of_flow_moves(moves: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
    """Say at the first packet by another interface which move of a flow it is, and why."""
    for number, move in enumerate(moves, 1):
        if move["where"] is None:
            continue
        way = "{flow}, {direction} ({from} > {to})".format_map(move)
        said = f"flow move {number}: first packet of {way}"
        if move["duration"] is not None:
            said += f", {move['duration'] * 1000:.3f} ms after it was asked for"
        frames = move["where"]["frames"]
        yield frames["first_after"], said + (f" ({move['cause']})" if move["cause"] else "")


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
