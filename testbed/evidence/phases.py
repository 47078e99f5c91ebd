"""The phases of a move: from the link's loss to the first packet at the new place.

Messages are read from the captures. Only what no packet of theirs shows (a route put in place, a
query in a protocol of its own) is taken from what the agents log.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Generic, TypeVar

from agents.wire.icmpv6_messages import RouterSolicitation
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from testbed.evidence.flows import Way
from testbed.evidence.matching import packed
from testbed.evidence.moves import Move
from testbed.evidence.observed import LogEvent
from testbed.evidence.queries import Query
from testbed.evidence.signalling import Signal
from testbed.evidence.subjects import Subject, Subjects
from testbed.topology.network import Network

PHASES = (
    "link_down",
    "link_up",
    "solicited",
    "care_of_usable",
    "query_sent",
    "query_answered",
    "binding_sent",
    "binding_acknowledged",
    "route_installed",
    "first_packet",
)
_LOGGED = ("care_of_usable", "query_sent", "query_answered", "route_installed")
_ON_THE_WAY = "sDBA"  # from where the mobile was: its correspondents do not know yet
_AT_NEW_PLACE = ("query_answered", "route_installed")
_REFUSED = 128  # the first status that is no acceptance (RFC 6275 §6.1.8)

Phases = dict[str, float | None]
Arrivals = Mapping[str, Mapping[str, Sequence[tuple[float, int, Hashable]]]]
"""Interface -> flow -> when each packet came in, the frame of the capture (0: none), and which."""
_T = TypeVar("_T")


class _Timeline(Generic[_T]):
    """Things about each mobile in order of time, found by the mobile's interface."""

    def __init__(self) -> None:
        self._entries: dict[str, list[tuple[float, str, _T]]] = {}

    def add(self, at: float, subject: Subject | None, thing: _T) -> None:
        """Append ``thing``; things come in order of time."""
        if subject:
            self._entries.setdefault(subject[0], []).append((at, subject[1], thing))

    def during(self, move: Move) -> Iterable[tuple[float, _T]]:
        """Yield what happened to the moving interface from the move's begin to the next one."""
        entries = self._entries.get(move.node, [])
        begin = bisect_left(entries, move.begins, key=lambda entry: entry[0])
        end = bisect_left(entries, move.until, key=lambda entry: entry[0])
        for at, interface, thing in entries[begin:end]:
            if interface in ("", move.interface):
                yield at, thing


@dataclass(slots=True)
class Found:
    """When each phase of a move was reached, and in which frame that was seen, if in one."""

    phases: Phases = field(default_factory=lambda: dict.fromkeys(PHASES))
    frames: dict[str, int] = field(default_factory=dict)

    def first(self, phase: str, at: float, frame: int = 0) -> None:
        """Take ``phase`` as reached, unless it was before."""
        if self.phases[phase] is None:
            self.phases[phase] = at
            if frame:
                self.frames[phase] = frame


class PhaseFinder:
    """Finds the phases of moves in what a run has shown.

    ``signals``, ``queries`` and ``events`` are in order of time; ``arrivals`` holds, by
    interface of a mobile and by flow, the packets that came in there, in order of time; ``ways``
    tells when they were sent.
    """

    def __init__(
        self,
        network: Network,
        signals: Sequence[Signal],
        queries: Sequence[Query],
        events: Sequence[LogEvent],
        arrivals: Arrivals,
        ways: Mapping[str, Mapping[str, Way]],
    ) -> None:
        self._network, self._arrivals, self._ways = network, arrivals, ways
        self._signals: _Timeline[Signal] = _Timeline()
        self._queries: _Timeline[Query] = _Timeline()
        self._events: _Timeline[LogEvent] = _Timeline()
        subjects = Subjects(network, events)
        for signal in signals:
            self._signals.add(signal.sighting.at, subjects.of_message(signal.sighting), signal)
        for query in queries:
            self._queries.add(query.sent_at, subjects.of_address(query.address), query)
        for event in events:
            if event.event in _LOGGED:
                self._events.add(event.at, subjects.of_event(event), event)

    def phases(self, move: Move) -> Found:
        """Return when and where each phase of ``move`` was reached."""
        found = Found()
        found.phases["link_down"], found.phases["link_up"] = move.link_down, move.link_up
        self._read_messages(move, found)
        self._read_queries(move, found)
        self._read_log(move, found)
        first = min(self.first_packets(move).values(), default=None)
        if first:
            found.first("first_packet", *first)
        return found

    def first_packets(self, move: Move) -> dict[str, tuple[float, int]]:
        """Return when, and in which frame, each flow first came in at the new place of ``move``.

        What had waited there in a router's queue since the mobile was there before tells nothing.
        """
        found: dict[str, tuple[float, int]] = {}
        for flow, arrivals in self._arrivals.get(move.interface, {}).items():
            begin = bisect_left(arrivals, (move.link_up, 0))
            end = bisect_left(arrivals, (move.until, 0))
            for at, frame, identity in islice(arrivals, begin, end):
                if self._sent_at(flow, move.node, identity, at) >= move.came:
                    found[flow] = at, frame
                    break
        return found

    def _sent_at(self, flow: str, receiver: str, identity: Hashable, arrived_at: float) -> float:
        for way in self._ways[flow].values():
            if way.trace.receiver == receiver:
                return way.delivery.sent_at.get(identity, arrived_at)
        return arrived_at

    def _read_messages(self, move: Move, found: Found) -> None:
        ends = (move.node, self._network.accesses[move.target].router)
        sender, sequences = "", set()
        mobile = self._network.nodes[move.node].mobile
        returns = mobile is not None and mobile.anchor == ends[1]  # it de-registers at home
        for at, (name, sighting, original) in self._signals.during(move):
            match sighting.message:
                case RouterSolicitation() if original and sighting.interface == move.interface:
                    found.first("solicited", at, sighting.frame)
                case BindingUpdate(sequence=sequence, lifetime=lifetime):
                    if original and (lifetime or returns) and sighting.node in ends:
                        found.first("binding_sent", at, sighting.frame)
                        sender = sender or sighting.node
                        sequences.add(sequence)
                case BindingAcknowledgement(status=status, sequence=sequence):
                    expected = sighting.node == sender and sequence in sequences
                    expected = expected and name != _ON_THE_WAY
                    if expected and not sighting.outgoing and status < _REFUSED:
                        found.first("binding_acknowledged", at, sighting.frame)

    def _read_queries(self, move: Move, found: Found) -> None:
        """Somebody asks where the mobile is, and is told that it is at its new gateway."""
        router = self._network.accesses[move.target].router
        gateway = packed(self._network.nodes[router].address)
        answers = []
        for at, query in self._queries.during(move):
            found.first("query_sent", at, query.frame)
            if query.answer and query.found_at == gateway:
                answers.append((query.answer.sighting.at, query.answer.sighting.frame))
        for answer in sorted(each for each in answers if each[0] < move.until)[:1]:
            found.first("query_answered", *answer)

    def _read_log(self, move: Move, found: Found) -> None:
        here = (self._network.accesses[move.target].router, move.node)
        elsewhere: dict[str, float] = {}
        for at, event in self._events.during(move):
            if event.event == "route_installed" and event.node == move.node:
                continue
            if event.event in _AT_NEW_PLACE and event.node not in here:
                elsewhere.setdefault(event.event, at)
            else:
                found.first(event.event, at)
        for phase, at in elsewhere.items():
            found.first(phase, at)


def durations(phases: Phases) -> dict[str, float | None]:
    """Return how long after the phase reached just before it each phase was reached.

    The values add up to the time from the first phase to the last; a phase that was not reached,
    and the first one, have none.
    """
    reached = sorted(
        (at, PHASES.index(name), name) for name, at in phases.items() if at is not None
    )
    result: dict[str, float | None] = dict.fromkeys(PHASES)
    for (before, _, _), (at, _, name) in pairwise(reached):
        result[name] = at - before
    return result
