"""One run in figures: a row for each thing that was measured, beside what the model says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from testbed.comparison.gathered import Gathered
from testbed.comparison.messages import is_mobility
from testbed.comparison.model.journeys import Journey, journeys
from testbed.comparison.model.predict import Expected, predict
from testbed.comparison.model.procedure import Sent
from testbed.evidence.phases import PHASES

REGULAR = ("udp", "ping")  # kinds of flows whose packets leave whatever became of the last ones
COUNTS = ("lost", "duplicated", "reordered", "sent")
AT_ONCE = 0.001  # s between handovers whose messages are counted together
LOADS = ("data_packets", "data_bytes", "signalling_packets", "signalling_bytes")


class Key(NamedTuple):
    """What a figure is about: a handover, a flow, a kind of message, a node or the whole run."""

    scope: str
    subject: str
    direction: str
    metric: str
    unit: str


class Fact(NamedTuple):
    """A figure of one run, None where it has none, and what the model expects.

    ``part`` is, of a figure made of several, what those come to that have a model.
    """

    key: Key
    value: float | None
    model: float | None = None
    part: float | None = None

    @property
    def compared(self) -> float | None:
        """The value that is laid beside the model."""
        if self.model is None:
            return None
        return self.value if self.part is None else self.part


def facts(run: Gathered) -> list[Fact]:
    """Return all figures of ``run``."""
    expected = predict(run.network) if run.network is not None else None
    found = list(_of_handovers(run.document["handovers"], expected or ()))
    found += _of_moves(run.document["handovers"], expected)
    travelled = journeys(run.network) if run.network is not None else {}
    found += _of_flows(run.document["flows"], expected, travelled)
    found += _of_messages(run.document["signalling"])
    found += _of_nodes(run.document.get("nodes", ()))
    return found


def handover_names(handovers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what each handover is called: its place in the run, its mobile and its links."""
    return [
        f"{number} {each['node']} {each['from']} > {each['to']}"
        for number, each in enumerate(handovers, start=1)
    ]


def _of_handovers(
    handovers: Sequence[Mapping[str, Any]], expected: Sequence[Expected]
) -> Iterator[Fact]:
    models = _matched(handovers, expected)
    for name, each, model in zip(handover_names(handovers), handovers, models, strict=True):
        latency = model.latency if model else None
        yield Fact(Key("handover", name, "", "latency", "s"), each["latency"], latency)
        for flow, ways in each["interruption"].items():
            for way, silent in ways.items():
                key = Key("handover", name, f"{flow} {way}", "interruption", "s")
                yield Fact(key, silent, model.silences.get(flow, {}).get(way) if model else None)
    for names, rows, sent in _signalled(handovers, models):
        yield from _of_signalling(names, rows, sent)


def _signalled(
    handovers: Sequence[Mapping[str, Any]], models: Sequence[Expected | None]
) -> Iterator[tuple[str, Sequence[Mapping[str, Any]], Sequence[Sent] | None]]:
    """Yield the messages of each handover; of several at once, which cannot be told apart, once."""
    groups: list[list[int]] = []
    for index, each in enumerate(handovers):
        if groups and abs(each["at"] - handovers[groups[-1][0]]["at"]) <= AT_ONCE:
            groups[-1].append(index)
        else:
            groups.append([index])
    names, sent_by = handover_names(handovers), _attributed(handovers, models)
    for group in groups:
        rows = [row for index in group for row in handovers[index].get("signalling", ())]
        known = all(models[index] for index in group)
        sent = [one for index in group for one in sent_by[index]] if known else None
        if any("signalling" in handovers[index] for index in group):
            yield " and ".join(names[index] for index in group), rows, sent


def _matched(
    handovers: Sequence[Mapping[str, Any]], expected: Sequence[Expected]
) -> list[Expected | None]:
    """Return for each handover what was expected of it, by mobile, links and order."""
    left = list(expected)
    found: list[Expected | None] = []
    for each in handovers:
        move = (each["node"], each["interface"], each["from"], each["to"])
        match = next((one for one in left if _move(one) == move), None)
        if match is not None:
            left.remove(match)
        found.append(match)
    return found


def _move(expected: Expected) -> tuple[str, str, str, str]:
    move = expected.move
    return move.node, move.interface, move.origin, move.target


def _attributed(
    handovers: Sequence[Mapping[str, Any]], models: Sequence[Expected | None]
) -> list[list[Sent]]:
    """Return the messages of each handover; those about another mobile are its last one's."""
    found: list[list[Sent]] = [[] for _ in handovers]
    latest: dict[str, int] = {}
    for index, (each, model) in enumerate(zip(handovers, models, strict=True)):
        latest[each["node"]] = index
        for sent in model.sent if model else ():
            place = latest.get(sent.about) if sent.about else index
            if place is not None:
                found[place].append(sent)
    return found


def _of_signalling(
    name: str, rows: Sequence[Mapping[str, Any]], sent: Sequence[Sent] | None
) -> Iterator[Fact]:
    """Count what a handover took in messages of mobility; neighbour discovery is left out."""
    counted = [row for row in rows if is_mobility(row["message"])]
    for metric, unit, here, there in (
        ("messages", "1", "count", [1 for _ in sent or ()]),
        ("message octets", "octet", "bytes", [each.octets for each in sent or ()]),
        ("message octets x links", "octet", "byte_hops", [each.byte_hops for each in sent or ()]),
    ):
        expected = None if sent is None else float(sum(there))
        value = float(sum(row[here] for row in counted))
        yield Fact(Key("handover", name, "", metric, unit), value, expected)


def _of_moves(
    handovers: Sequence[Mapping[str, Any]], expected: Sequence[Expected] | None
) -> Iterator[Fact]:
    """Count each kind of message, and each phase, for a move on average."""
    counted = [each["signalling"] for each in handovers if each.get("signalling") is not None]
    if counted:
        sent = None if expected is None else _attributed(handovers, _matched(handovers, expected))
        yield from _messages_of_a_move(counted, sent)
    for phase in PHASES:
        took = [each["durations"][phase] for each in handovers]
        known = [each for each in took if each is not None]
        if known:
            yield Fact(Key("phase", phase, "", "duration", "s"), sum(known) / len(handovers))


def _messages_of_a_move(
    counted: Sequence[Sequence[Mapping[str, Any]]], sent: Sequence[Sequence[Sent]] | None
) -> Iterator[Fact]:
    rows = [row for each in counted for row in each if is_mobility(row["message"])]
    models = Counter(one.name for each in sent or () for one in each)
    for message in dict.fromkeys([*(row["message"] for row in rows), *models]):
        count = sum(row["count"] for row in rows if row["message"] == message) / len(counted)
        model = None if sent is None else models[message] / len(counted)
        yield Fact(Key("move", message, "", "messages", "1"), count, model)


def _of_flows(
    flows: Iterable[Mapping[str, Any]],
    expected: Sequence[Expected] | None,
    travelled: Mapping[tuple[str, str], Journey],
) -> Iterator[Fact]:
    for flow in flows:
        name = flow["name"]
        models = {"lost": lost_by(expected, flow)} if expected is not None else {}
        for metric in COUNTS:
            yield Fact(Key("flow", name, "", metric, "packet"), flow[metric], models.get(metric))
        key = Key("flow", name, "", "tunnel octets x links", "octet")
        yield Fact(key, flow["tunnel_bytes"])
        for way, found in flow["directions"].items():
            yield from _of_direction(name, way, found, travelled.get((name, way)))


def lost_by(expected: Iterable[Expected], flow: Mapping[str, Any]) -> float | None:
    """Return how many packets of ``flow`` all handovers should lose; None where one has no model.

    Of a ping a request counts that was not answered, so the ways of both are one.
    """
    if flow["kind"] not in REGULAR:
        return None
    total = 0.0
    for each in expected:
        if each.move.node in (flow["from"], flow["to"]) and flow["name"] in each.running:
            ways = each.lost.get(flow["name"])
            if ways is None:
                return None
            total += max(ways.values()) if flow["kind"] == "ping" else sum(ways.values())
    return total


def _of_direction(
    name: str, way: str, found: Mapping[str, Any], journey: Journey | None
) -> Iterator[Fact]:
    if not found["sent"]:
        return
    for metric in ("lost", "reordered"):
        yield Fact(Key("flow", name, way, metric, "packet"), found[metric])
    for part in ("median", "p95", "max"):
        yield Fact(Key("flow", name, way, f"delay {part}", "s"), found["delay"][part])
    stretch = journey.stretch if journey else None
    yield Fact(Key("flow", name, way, "stretch", "1"), found["stretch"], stretch)
    for metric in ("stretch_delay", "overhead"):
        if metric in found:
            yield Fact(Key("flow", name, way, metric.replace("_", " of "), "1"), found[metric])


def _of_messages(rows: Iterable[Mapping[str, Any]]) -> Iterator[Fact]:
    for row in rows:
        for metric, unit in (("count", "1"), ("bytes", "octet"), ("byte_hops", "octet")):
            yield Fact(Key("message", row["message"], "", metric, unit), row[metric])


def _of_nodes(rows: Iterable[Mapping[str, Any]]) -> Iterator[Fact]:
    for row in rows:
        for metric in LOADS:
            if metric in row:
                unit = "octet" if metric.endswith("bytes") else "packet"
                yield Fact(Key("node", row["node"], "", metric, unit), row[metric])
