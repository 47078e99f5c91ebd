"""What made a flow move: the message that asked for it, why, and how soon it could follow.

Binding updates are read from the captures. Agents tell what they decided, and mobiles when they
sent a flow another way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Any, Protocol

from agents.wire.messages import BindingUpdate
from testbed.evidence.flow_bounds import Bounds
from testbed.evidence.flow_ways import Plugs
from testbed.evidence.matching import PROTOCOL_NUMBERS
from testbed.evidence.moves import RUNNER
from testbed.evidence.observed import LogEvent
from testbed.evidence.signalling import Signal
from testbed.evidence.subjects import Subjects
from testbed.topology.network import Flow, Network

_ANCHORS = ("flow_moved", "flow_returned", "flow_ended")
_ASKED = ("flow_requested", "flow_withdrawn")
_INQUIRED = "flow_inquired"
_UNASKED = "idle"  # why an anchor ends a flow by itself
_SOON = 0.02  # seconds between what an agent notes and the message that it sends for it
_CLOSE = 0.001  # seconds by which captures and logs may differ


class Moved(Protocol):
    """What must be known of a move to find what made it."""

    @property
    def flow(self) -> Flow:
        """The flow that moved."""

    @property
    def node(self) -> str:
        """The mobile between whose interfaces it moved."""

    @property
    def direction(self) -> str:
        """Towards the mobile, "down", or from it, "up"."""

    @property
    def origin(self) -> str:
        """The interface it was on."""

    @property
    def target(self) -> str:
        """The interface it is on since."""

    @property
    def at(self) -> float:
        """When its first packet was there."""

    @property
    def length(self) -> int:
        """How many octets that had there, 0 where it left from there."""


@dataclass(frozen=True, slots=True)
class Request:
    """What made a flow move: when it was asked for, why, and how long links take to do it.

    ``decided_at`` is when the anchor did what was asked, ``bound`` (s) what links take at least
    from the request to the first packet; None where the mobile did it by itself. ``told_at`` is
    when the mobile, redirected by the anchor, had changed its way; None where it was not.
    ``frame`` of the capture shows the request, 0 where nothing does.
    """

    at: float
    cause: str
    decided_at: float | None = None
    bound: float | None = None
    frame: int = 0
    told_at: float | None = None


@dataclass(frozen=True, slots=True)
class _Update:
    """A binding update about a mobile: when it left whom, and when it came to its anchor."""

    sent_at: float
    sender: str
    frame: int
    came_at: float
    anchor: str


class FlowRequests:
    """What a run shows of the requests for its flows; ``signals`` and ``events`` by time."""

    def __init__(
        self,
        network: Network,
        signals: Sequence[Signal],
        events: Sequence[LogEvent],
        plugs: Plugs,
    ) -> None:
        self._network, self._events, self._plugs = network, events, plugs
        self._bounds = Bounds(network)
        subjects = Subjects(network, events)
        self._updates: dict[str, list[_Update]] = {}
        for node, update in _updates(network, signals, subjects):
            self._updates.setdefault(node, []).append(update)

    def of(self, move: Moved, since: float) -> Request | None:
        """Return what made ``move``, which came about after ``since``; None where nobody tells."""
        about = [each for each in self._events if since < each.at <= move.at]
        if move.direction == "up":
            own = self._by_itself(move, about)
            if own is not None:
                return own
        return self._by_anchor(move, about)

    def _by_itself(self, move: Moved, about: Sequence[LogEvent]) -> Request | None:
        """Return why the mobile sent a flow elsewhere, unless it was told to."""
        latest: Request | None = None
        for event in about:
            if self._tells(event, move):
                latest = None
            elif why := _own_reason(event, move):
                latest = Request(event.at, why)
        return latest

    def _by_anchor(self, move: Moved, about: Sequence[LogEvent]) -> Request | None:
        decided = [each for each in about if self._decides(each, move)]
        if not decided:
            return None
        last = decided[-1]
        if last.details.get("cause") == _UNASKED:
            return Request(last.at, _UNASKED, last.at)
        updates = [
            each
            for each in self._updates.get(move.node, [])
            if each.anchor == last.node and each.came_at <= last.at + _CLOSE
        ]
        asked = [each for each in about if self._asks(each, move) and each.at <= last.at]
        if asked:  # the update that its gateway sent as it noted that
            near = [each for each in updates if abs(each.sent_at - asked[-1].at) <= _SOON]
            updates = [each for each in near if each.sender == asked[-1].node] or updates
        cause = _cause(last, asked)
        if not updates:
            return Request(last.at, cause, last.at)
        update = updates[-1]
        inquired = any(
            each.event == _INQUIRED and each.node == last.node and each.at >= update.sent_at
            for each in about
        )
        bound = self._bound(move, update, inquired)
        told = [each.at for each in about if each.at >= last.at and self._tells(each, move)]
        told_at = told[-1] if told else None
        return Request(update.sent_at, cause, last.at, bound, update.frame, told_at)

    def _decides(self, event: LogEvent, move: Moved) -> bool:
        if event.event not in _ANCHORS or self._network.nodes.get(event.node) is None:
            return False
        anchor = self._network.nodes[event.node].pool is not None
        return anchor and _matches(event, move.flow, move.node, self._network)

    def _asks(self, event: LogEvent, move: Moved) -> bool:
        return event.event in _ASKED and _matches(event, move.flow, move.node, self._network)

    def _tells(self, event: LogEvent, move: Moved) -> bool:
        told = event.event == "redirected" and event.node == move.node
        return told and _matches(event, move.flow, move.node, self._network)

    def _bound(self, move: Moved, update: _Update, inquired: bool) -> float | None:
        access = self._network.accesses.get(self._plugs.last(move.target, move.at))
        if access is None:
            return None
        return self._bounds.bound(
            update.sender, update.anchor, access, move.length, inquired=inquired
        )


def _own_reason(event: LogEvent, move: Moved) -> str:
    """Return why ``event`` may have a mobile send a flow elsewhere, "" for most events."""
    details = event.details
    if event.node == RUNNER and event.event == "link_down":
        return "link down" if details["interface"] == move.origin else ""
    if event.event != "address_moved" or event.node != move.node:
        return ""
    return "address moved" if details["address"] == move.flow.address_of(move.node) else ""


def _updates(
    network: Network, signals: Iterable[Signal], subjects: Subjects
) -> Iterable[tuple[str, _Update]]:
    """Yield the binding updates about each mobile in the order in which they came to anchors."""
    sent: dict[tuple[bytes, int], tuple[float, str, int]] = {}
    for _, sighting, original in signals:
        if not isinstance(sighting.message, BindingUpdate):
            continue
        key = bytes(sighting.source), sighting.message.sequence
        if original:
            sent[key] = sighting.at, sighting.node, sighting.frame
        elif not sighting.outgoing and network.nodes[sighting.node].pool is not None:
            subject = subjects.of_message(sighting)
            if subject and key in sent:
                yield subject[0], _Update(*sent[key], sighting.at, sighting.node)


def _cause(decided: LogEvent, asked: Sequence[LogEvent]) -> str:
    """Return why a flow moved: where the anchor was asked, what its gateway says."""
    cause = str(decided.details.get("cause", ""))
    if cause == "requested" and asked:
        return str(asked[-1].details.get("cause", cause))
    return cause


def _matches(event: LogEvent, flow: Flow, node: str, network: Network) -> bool:
    """Say whether what an agent tells is about ``flow`` of the mobile ``node``."""
    mobile = network.nodes[node].mobile
    selector = event.details.get("selector")
    if mobile is None or not isinstance(selector, Mapping):
        return False
    return _covers(selector, flow, node) or _covers(_reversed(selector), flow, node)


def _reversed(selector: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        **selector,
        "source": selector["destination"],
        "destination": selector["source"],
        "source_ports": selector["destination_ports"],
        "destination_ports": selector["source_ports"],
    }


def _covers(selector: Mapping[str, Any], flow: Flow, node: str) -> bool:
    """Say whether a selector of packets towards ``node`` covers those of ``flow``."""
    peer = flow.peer_of(node)
    protocols = PROTOCOL_NUMBERS[flow.kind]
    return (
        _lies_in(flow.address_of(node), selector["destination"])
        and (not peer or _lies_in(flow.address_of(peer), selector["source"]))
        and (selector["protocol"] == 0 or selector["protocol"] in protocols)
        and _has_ports(selector, flow, node)
    )


def _lies_in(address: str, prefix: str) -> bool:
    return IPv6Address(address) in IPv6Network(prefix)


def _has_ports(selector: Mapping[str, Any], flow: Flow, node: str) -> bool:
    """Compare the ports that are known: of TCP that of the end that does not begin the flow."""
    if flow.kind not in ("udp", "tcp"):
        return True
    known = {"source_ports", "destination_ports"}
    if flow.kind == "tcp":
        known = {"destination_ports" if flow.responder == node else "source_ports"}
    return all(selector[key][0] <= flow.identifier <= selector[key][1] for key in known)
