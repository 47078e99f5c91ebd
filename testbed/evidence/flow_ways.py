"""By which interface of a mobile each packet of a flow came in or left."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from testbed.evidence.flows import Way
from testbed.evidence.moves import RUNNER
from testbed.evidence.observed import LogEvent, Sighting
from testbed.evidence.segments import Cutter, Segment
from testbed.topology.network import Flow, Network

_Entry = tuple[float, Hashable, str, int, int]  # when, which packet, where, octets, frame
_Series = tuple[str, str, bool]  # a flow, its mobile end, and whether packets travel to that end


class Passage(NamedTuple):
    """One packet of a flow, sent at ``sent_at``, that came to its receiver at ``came_at``.

    ``interface`` is the one of the mobile that it came in by or left by; of one that never came
    it is the one towards which an access router sent it out, and ``at`` when that was. It is
    empty where it was lost before, and both times are None of what was not seen. ``routed`` says
    whether an access router saw it, ``anchored_at`` when the mobile's anchor did; ``length`` is
    that of the packet at the mobile, ``frame`` the one of the capture that shows it there.
    """

    identity: Hashable
    sent_at: float
    came_at: float | None
    interface: str
    at: float | None
    length: int
    routed: bool
    anchored_at: float | None
    frame: int = 0


@dataclass(slots=True)
class _Seen:
    """When packets were at the mobile, at access routers on their way, and came to its anchor."""

    mobile: list[_Entry] = field(default_factory=list)
    routers: list[_Entry] = field(default_factory=list)
    anchor: list[_Entry] = field(default_factory=list)


class Plugs:
    """Which access link each interface of a mobile was on, and since when."""

    def __init__(self, events: Iterable[LogEvent]) -> None:
        self._times: dict[str, list[float]] = {}
        self._links: dict[str, list[str]] = {}
        for event in events:
            if event.node == RUNNER and event.event in ("link_up", "link_down"):
                name, up = event.details["interface"], event.event == "link_up"
                self._times.setdefault(name, []).append(event.at)
                self._links.setdefault(name, []).append(event.details["access"] if up else "")

    def at(self, interface: str, when: float) -> str:
        """Return the access link that ``interface`` was on, "" for none."""
        index = bisect_right(self._times.get(interface, []), when) - 1
        return self._links[interface][index] if index >= 0 else ""

    def last(self, interface: str, when: float) -> str:
        """Return the access link that ``interface`` was last on."""
        index = bisect_right(self._times.get(interface, []), when)
        return next((link for link in reversed(self._links.get(interface, [])[:index]) if link), "")


class FlowWays:
    """Collects the packets of flows whose mobile has several interfaces, of TCP the data."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._several = {  # mobiles, and their anchors
            node.name: node.mobile.anchor
            for node in network.nodes.values()
            if node.mobile and len(node.interfaces) > 1
        }
        self._accesses = {each.interface: each.name for each in network.accesses.values()}
        self._seen: dict[_Series, _Seen] = {}

    def see(self, sighting: Sighting) -> None:
        """Take in one packet of a flow at one interface."""
        if not self._several or sighting.identity is None:
            return
        flow = self._network.flows[sighting.flow]
        if flow.kind == "tcp" and sighting.downward is not (flow.direction == "down"):
            return
        sender, receiver = flow.source, flow.destination
        if not sighting.downward:
            sender, receiver = receiver, sender
        end = receiver if sighting.outgoing else sender  # of which an access router tells
        at, node, interface, _, length, *_ = sighting
        entry = at, sighting.identity, interface, length, sighting.frame
        if node in self._several:
            self._of(flow, node, node == receiver).mobile.append(entry)
        elif end in self._several and interface in self._accesses:
            self._of(flow, end, end == receiver).routers.append(entry)
        elif not sighting.outgoing:
            for mobile in {sender, receiver} & self._several.keys():
                if node == self._several[mobile]:
                    self._of(flow, mobile, mobile == receiver).anchor.append(entry)

    def _of(self, flow: Flow, node: str, towards: bool) -> _Seen:
        return self._seen.setdefault((flow.name, node, towards), _Seen())

    def settle(
        self, ways: Mapping[str, Mapping[str, Way]], plugs: Plugs
    ) -> dict[_Series, list[Passage]]:
        """Return the passages of each flow in the order in which they were sent."""
        return {
            series: self._passages(series, seen, ways[series[0]], plugs)
            for series, seen in self._seen.items()
        }

    def _passages(
        self, series: _Series, seen: _Seen, ways: Mapping[str, Way], plugs: Plugs
    ) -> list[Passage]:
        _, node, towards = series
        way = next(
            each
            for each in ways.values()
            if node == (each.trace.receiver if towards else each.trace.sender)
        )
        sent_at, delays = way.delivery.sent_at, way.delivery.delays
        cutter = Cutter(chain(sent_at, (entry[1] for entry in seen.mobile)))
        own, passed, anchored = (
            _first(cutter, entries) for entries in (seen.mobile, seen.routers, seen.anchor)
        )
        found = []
        for identity in _one_connection(sent_at):
            at, interface, length, frame = own.get(identity, (None, "", 0, 0))
            if not interface and identity in passed:
                at, link, length, frame = passed[identity]
                interface = self._behind(node, self._accesses[link], at, plugs)
            delay, sent = delays.get(identity), sent_at[identity]
            came = None if delay is None else sent + delay
            anchor = anchored[identity][0] if identity in anchored else None
            shown = (interface, at, length, identity in passed, anchor, frame)
            found.append(Passage(identity, sent, came, *shown))
        return found

    def _behind(self, node: str, access: str, when: float, plugs: Plugs) -> str:
        """Return the interface of ``node`` that was on the link ``access``, or was before."""
        names = [each.name for each in self._network.nodes[node].interfaces]
        return next((name for name in names if plugs.last(name, when) == access), "")


def _first(cutter: Cutter, seen: Sequence[_Entry]) -> dict[Hashable, tuple[float, str, int, int]]:
    """Return when and where each packet was seen first; bundles are cut apart."""
    found: dict[Hashable, tuple[float, str, int, int]] = {}
    for at, identity, interface, length, frame in sorted(seen, key=lambda entry: entry[0]):
        for piece in cutter.pieces(identity):
            found.setdefault(piece, (at, interface, length, frame))
    return found


def _one_connection(sent: Iterable[Hashable]) -> list[Hashable]:
    """Return the packets of the connection with the most of them: a transfer may have several."""
    packets = list(sent)
    counts = Counter(each[:2] for each in packets if isinstance(each, Segment))
    if not counts:
        return packets
    (main, _), *_ = counts.most_common(1)
    return [each for each in packets if isinstance(each, Segment) and each[:2] == main]
