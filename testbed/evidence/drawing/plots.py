"""A flow over time: the delay of each packet, and its number, with the silences marked.

Of many packets in one column of a picture only the least and the greatest value are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from testbed.evidence.drawing.axis import Axis
from testbed.evidence.drawing.svg import Point, box, picture, strokes, text
from testbed.evidence.flows import Way
from testbed.evidence.traffic import Silence

_WIDTH, _LEFT, _RIGHT, _TOP, _PLOT = 500.0, 46.0, 12.0, 46.0, 120.0
_COLUMNS = 440  # at most so many points side by side
_LETTER = 6.0  # of the labels of silences


def delay_picture(way: Way, zero: float, silences: Sequence[Silence]) -> str:
    """Return one-way delay over the time of arrival; packets that were lost are ticks below."""
    sent_at, delays = way.delivery.sent_at, way.delivery.delays
    points = sorted(
        (sent_at[identity] + delay - zero, delay * 1000) for identity, delay in delays.items()
    )
    lost = sorted(at - zero for identity, at in sent_at.items() if identity not in delays)
    time, scale = _time(way, zero), _scale(max((delay for _, delay in points), default=1.0))
    bottom = _TOP + _PLOT
    parts = [
        *_frame(time, scale, f"{_ends(way)}: one-way delay, ms"),
        *_silent(time, silences, zero),
        strokes(_columns(points, time, scale), "series"),
        strokes(((x, bottom - 8, bottom) for x in _places(lost, time)), "lost"),
    ]
    return _picture(parts, f"One-way delay over time, {_ends(way)}")


def sequence_picture(way: Way, zero: float, silences: Sequence[Silence]) -> str:
    """Return the number of each packet, counted as they were sent, over its time of arrival.

    Packets that were lost are marked at the time when they were sent.
    """
    sent_at, delays = way.delivery.sent_at, way.delivery.delays
    came, lost = [], []
    for count, (identity, at) in enumerate(sent_at.items(), 1):
        delay = delays.get(identity)
        if delay is None:
            lost.append((at - zero, float(count)))
        else:
            came.append((at + delay - zero, float(count)))
    time, scale = _time(way, zero), _scale(float(max(len(sent_at), 1)))
    parts = [
        *_frame(time, scale, f"{_ends(way)}: packet number"),
        *_silent(time, silences, zero),
        strokes(_columns(sorted(came), time, scale), "series"),
        strokes(_columns(lost, time, scale), "lost"),
    ]
    return _picture(parts, f"Packet numbers over time, {_ends(way)}")


def _ends(way: Way) -> str:
    return f"{way.trace.sender} to {way.trace.receiver}"


def _picture(parts: Iterable[str], label: str) -> str:
    return picture(_WIDTH, _TOP + _PLOT + 36, parts, label)


def _time(way: Way, zero: float) -> Axis:
    """Return the axis of the time in which packets were sent or came."""
    sent_at = way.delivery.sent_at.values()
    times = [min(sent_at), max(sent_at), *(seen[0] for seen in way.trace.arrivals[-1:])]
    return Axis(min(times) - zero, max(times) - zero, _LEFT, _WIDTH - _RIGHT)


def _scale(highest: float) -> Axis:
    return Axis(0.0, highest * 1.08, _TOP + _PLOT, _TOP)


def _frame(time: Axis, scale: Axis, words: str) -> Iterator[str]:
    yield text((_LEFT, 13), words, "small")
    yield from time.below(_TOP, _TOP + _PLOT, "seconds")
    yield from scale.beside(_LEFT, _WIDTH - _RIGHT)


def _silent(time: Axis, silences: Iterable[Silence], zero: float) -> Iterator[str]:
    """Mark the silences; those between whose labels there is no room have theirs on hovering."""
    free = 0.0
    for begin, end, _ in sorted(silences):
        x, width = time(begin - zero), time(end - zero) - time(begin - zero)
        words = f"{(end - begin) * 1000:.1f} ms"
        yield box((x, _TOP), max(width, 1.5), _PLOT, "silence", f"silent for {words}")
        left = x + width / 2 - _LETTER * len(words) / 2
        if left >= free:
            yield text((x + width / 2, _TOP - 6), words, "small silent", "middle")
            free = left + _LETTER * (len(words) + 1)


def _column(at: float, time: Axis) -> int:
    return int((time(at) - _LEFT) / (_WIDTH - _LEFT - _RIGHT) * _COLUMNS)


def _columns(
    points: Iterable[Point], time: Axis, scale: Axis
) -> Iterator[tuple[float, float, float]]:
    """Yield a short vertical stroke for each column that has points, in order of time."""
    for _, column in groupby(points, key=lambda point: _column(point[0], time)):
        packets = list(column)
        values = [value for _, value in packets]
        yield time(packets[0][0]), scale(max(values)) - 1, scale(min(values)) + 1


def _places(times: Iterable[float], time: Axis) -> Iterator[float]:
    for _, column in groupby(times, key=lambda at: _column(at, time)):
        yield time(next(column))
