"""Packets that leave at regular intervals, and what a handover does to them.

A stage takes the packets that come by and returns those that go on, each a pair of instants: when
it left its sender and when it is here. Instants are seconds after the mobile's link went down.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

Packet = tuple[float, float]
Stage = Callable[[Sequence[Packet]], list[Packet]]

BEFORE, AFTER = 0.5, 1.5  # s of a train that are looked at, around the loss of the link
PHASES = 24  # instants, evenly spread over one interval, at which a train may begin


@dataclass(frozen=True, slots=True)
class Train:
    """``octets`` of IPv6 every ``interval`` seconds."""

    interval: float
    octets: int


def through(*stages: Stage) -> Stage:
    """Return one stage after the other."""

    def stage(packets: Sequence[Packet]) -> list[Packet]:
        for each in stages:
            packets = each(packets)
        return list(packets)

    return stage


def travel(delay: float) -> Stage:
    """Take ``delay`` seconds."""
    return lambda packets: [(sent, at + delay) for sent, at in packets]


def on_air(delay: float, gone: float = 0.0) -> Stage:
    """Cross a link that goes at the instant ``gone``, with all that is on it."""
    return lambda packets: [(sent, at + delay) for sent, at in packets if at + delay < gone]


def switch(at: float, before: Stage, after: Stage) -> Stage:
    """Go one way until the instant ``at``, and the other one from then on."""

    def stage(packets: Sequence[Packet]) -> list[Packet]:
        early = before([each for each in packets if each[1] < at])
        return early + after([each for each in packets if each[1] >= at])

    return stage


def lost(packets: Sequence[Packet]) -> list[Packet]:
    """Lose everything."""
    return []


def refused(until: float) -> Stage:
    """Lose what comes before the instant ``until``."""
    return lambda packets: [each for each in packets if each[1] >= until]


def kept(until: float) -> Stage:
    """Keep what comes before the instant ``until``, and let it go then."""
    return lambda packets: [(sent, max(at, until)) for sent, at in packets]


def asked(takes: float) -> Stage:
    """Keep packets while a question is out, which the first of them causes."""

    def stage(packets: Sequence[Packet]) -> list[Packet]:
        answered = min((at for _, at in packets), default=0.0) + takes
        return [(sent, max(at, answered)) for sent, at in packets]

    return stage


@dataclass(frozen=True, slots=True)
class Effect:
    """What a handover does to one direction of a flow, on average over when its packets leave.

    ``firsts`` are the instants at which the first packet arrives after the link is back, one for
    each phase of the train; ``silence`` is the receiver's, in seconds.
    """

    firsts: tuple[float, ...]
    silence: float | None
    lost: float
    reordered: float


def effect(train: Train, stage: Stage, link_up: float) -> Effect:
    """Return what becomes of ``train`` on its way through ``stage``."""
    results = [_run(train, stage, link_up, phase / PHASES) for phase in range(PHASES)]
    silences = [each[1] for each in results if each[1] is not None]
    return Effect(
        tuple(each[0] for each in results if each[0] is not None),
        fmean(silences) if silences else None,
        fmean(each[2] for each in results),
        fmean(each[3] for each in results),
    )


def _run(
    train: Train, stage: Stage, link_up: float, phase: float
) -> tuple[float | None, float | None, int, int]:
    first = math.ceil(-BEFORE / train.interval)
    last = math.floor(AFTER / train.interval)
    sent = [(number + phase) * train.interval for number in range(first, last)]
    arrivals = sorted(stage([(at, at) for at in sent]), key=lambda packet: packet[1])
    back = min((at for _, at in arrivals if at >= link_up), default=None)
    silence = _silence(arrivals, max(link_up, back or link_up))
    return back, silence, len(sent) - len(arrivals), _overtaken(arrivals)


def _silence(arrivals: Sequence[Packet], end: float) -> float | None:
    """Return the longest time between two arrivals that touches the time from 0 to ``end``."""
    pairs = pairwise(arrivals)
    touching = [b[1] - a[1] for a, b in pairs if b[1] >= 0 and a[0] <= end]
    return max(touching, default=None)


def _overtaken(arrivals: Iterable[Packet]) -> int:
    """Count arrivals after that of a packet sent later."""
    highest, count = -math.inf, 0
    for sent, _ in arrivals:
        count += sent < highest
        highest = max(highest, sent)
    return count


def earliest(choices: Sequence[Sequence[float]]) -> float | None:
    """Return the mean of the least of several values, each drawn from one of ``choices``."""
    known = [sorted(each) for each in choices if each]
    values = sorted({value for each in known for value in each})
    if not values:
        return None
    mean, survives = 0.0, 1.0
    for value in values:
        later = math.prod(sum(each > value for each in group) / len(group) for group in known)
        mean += value * (survives - later)
        survives = later
    return mean
