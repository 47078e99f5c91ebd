"""What a whole run comes to in the few figures that protocols are told apart by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from testbed.comparison.facts import REGULAR, Fact, Key
from testbed.comparison.gathered import Gathered
from testbed.comparison.messages import is_mobility


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a run: its name and unit in the data, and how a person is shown it.

    ``title`` and ``brief`` are the same in more and in fewer words.

    ``says`` is what it means in a few words; ``scale`` turns its unit into the ``shown`` one.
    """

    name: str
    unit: str
    title: str
    brief: str
    shown: str
    says: str
    scale: float = 1.0
    digits: int = 1

    @property
    def heading(self) -> str:
        """The title, with the unit where it does not say that."""
        return self.title if self.shown in self.title.lower() else f"{self.title}, {self.shown}"

    def text(self, value: float | None) -> str:
        """Return ``value`` for a person, without its unit; "-" for None."""
        return "-" if value is None else f"{value * self.scale:,.{self.digits}f}"


LOST = Measure(
    *("lost", "packet", "Packets lost", "lost", "packets"), "of calls and pings, in the whole run"
)
SILENCE = Measure(
    *("interruption", "s", "Silence at a move", "silence", "ms"),
    *("longest time without a packet of a call or ping, mean of all moves", 1000),
)
LATENCY = Measure(
    *("latency", "s", "Handover latency", "latency", "ms"),
    *("from the link's return to the first packet, mean of all moves", 1000),
)
MESSAGES = Measure(
    *("messages", "1", "Messages for a move", "signals", "messages"),
    "of the mobility protocol, mean of all moves",
)
COST = Measure(
    *("message octets x links", "octet", "Signalling load of a move", "load", "kB·links"),
    *("octets of those messages, times the links that each crosses", 0.001),
)
ALL = Measure(
    *("all messages", "1", "Messages in the whole run", "signals", "messages"),
    *("of the mobility protocol, registrations and renewals included", 1.0, 0),
)
DELAY = Measure(
    *("delay", "s", "Delay of a packet", "delay", "ms"),
    *("one way, median, mean of calls and pings", 1000),
)
STRETCH = Measure(
    *("stretch", "1", "Detour", "detour", "times"),
    *("links crossed over those of the shortest path, calls and pings", 1.0, 2),
)
TUNNEL = Measure(
    *("tunnel octets x links", "octet", "Tunnel overhead", "tunnels", "kB·links"),
    *("octets of tunnel headers, times the links that they cross", 0.001, 0),
)
ANCHOR = Measure(
    *("anchor load", "packet", "Load of the anchor", "anchor", "packets"),
    *("data packets that pass the anchor of the home network", 1.0, 0),
)

MEASURES = (LOST, SILENCE, LATENCY, MESSAGES, COST, ALL, DELAY, STRETCH, TUNNEL, ANCHOR)


def standing(run: Gathered, facts: Sequence[Fact]) -> list[Fact]:
    """Return the figures of the whole run: sums and means of ``facts``."""
    kinds = {flow["name"]: flow["kind"] for flow in run.document["flows"]}
    regular = {name for name, kind in kinds.items() if kind in REGULAR}

    def among(scope: str, metric: str) -> list[Fact]:
        return [each for each in facts if each.key.scope == scope and each.key.metric == metric]

    moves = max(len(run.document["handovers"]), 1)

    def a_move(values: Iterable[float]) -> float:
        return sum(values) / moves

    silences = [each for each in among("handover", "interruption") if _flow(each) in regular]
    lost = [each for each in among("flow", "lost") if not each.key.direction]
    delays = [each for each in among("flow", "delay median") if each.key.subject in regular]
    stretches = [each for each in among("flow", "stretch") if each.key.subject in regular]
    return [
        _whole(LOST, [each for each in lost if each.key.subject in regular], sum),
        _whole(SILENCE, silences, fmean),
        _whole(LATENCY, among("handover", "latency"), fmean),
        _whole(MESSAGES, among("handover", "messages"), a_move),
        _whole(COST, among("handover", "message octets x links"), a_move),
        _sum(ALL.name, ALL.unit, [each for each in among("message", "count") if _counts(each)]),
        _whole(DELAY, delays, fmean),
        _whole(STRETCH, stretches, fmean),
        _whole(TUNNEL, among("flow", "tunnel octets x links"), sum),
        _whole(ANCHOR, _anchored(run, among("node", "data_packets")), sum),
        _sum(
            "sent",
            "packet",
            [each for each in among("flow", "sent") if each.key.subject in regular],
        ),
        Fact(Key("run", "", "", "packets in silences", "packet"), _missed(run, silences)),
    ]


def _counts(fact: Fact) -> bool:
    return is_mobility(fact.key.subject)


def _flow(fact: Fact) -> str:
    return fact.key.direction.rsplit(" ", 1)[0]


def _sum(name: str, unit: str, parts: Iterable[Fact]) -> Fact:
    values = [each.value for each in parts if each.value is not None]
    return Fact(Key("run", "", "", name, unit), sum(values) if values else None)


def _missed(run: Gathered, silences: Iterable[Fact]) -> float | None:
    """Return how many packets were to arrive during the silences at moves; pings' replies only."""
    if run.network is None:
        return None
    total = 0.0
    for each in silences:
        flow = run.network.flows.get(_flow(each))
        answers = flow is not None and flow.kind == "ping" and each.key.direction.endswith("down")
        if flow is not None and flow.interval and each.value is not None and not answers:
            total += max(each.value / flow.interval - 1, 0.0)
    return total


def _anchored(run: Gathered, loads: Iterable[Fact]) -> list[Fact]:
    """Return the loads of the anchors of a network."""
    nodes: Mapping[str, object] = run.network.nodes if run.network else {}
    anchors = {name for name in nodes if run.network and run.network.nodes[name].place == "anchor"}
    return [each for each in loads if each.key.subject in anchors]


def _whole(
    measure: Measure, parts: Sequence[Fact], fold: Callable[[Iterable[float]], float]
) -> Fact:
    """Fold facts into one; its model is that of those parts that have one."""
    values = [each.value for each in parts if each.value is not None]
    both = [
        (each.value, each.model)
        for each in parts
        if each.value is not None and each.model is not None
    ]
    key = Key("run", "", "", measure.name, measure.unit)
    if not both:
        return Fact(key, fold(values) if values else None)
    compared, model = (fold(each) for each in zip(*both, strict=True))
    return Fact(key, fold(values), model, compared)
