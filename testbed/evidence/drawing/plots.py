"""A flow over time: the delay of each packet, and its number, with the silences marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from testbed.evidence.drawing.axis import Axis
from testbed.evidence.drawing.svg import Point, box, line, path, picture, text
from testbed.evidence.flows import Way
from testbed.evidence.traffic import Silence

_WIDTH, _LEFT, _RIGHT, _TOP, _PLOT = 500.0, 46.0, 12.0, 38.0, 120.0
_COLUMNS = 440  # at most so many points side by side


def delay_picture(way: Way, zero: float, last: float, silences: Sequence[Silence]) -> str:
    """Return one-way delay over the time of arrival; packets that were lost are ticks below.

    Of many packets in one column the picture shows the least and the greatest delay.
    """
    sent_at, delays = way.delivery.sent_at, way.delivery.delays
    points = sorted(
        (sent_at[identity] + delay - zero, delay * 1000) for identity, delay in delays.items()
    )
    lost = sorted(at - zero for identity, at in sent_at.items() if identity not in delays)
    time, scale = _axes(last, max((delay for _, delay in points), default=1.0))
    parts = [
        *_frame(time, scale, f"{way.trace.sender} to {way.trace.receiver}: one-way delay, ms"),
        *_silent(time, silences, zero),
        *(path(stroke, "series") for stroke in _strokes(points, time, scale)),
        *_ticks(lost, time),
    ]
    return picture(_WIDTH, _TOP + _PLOT + 36, parts, "Delay over time")


def sequence_picture(way: Way, zero: float, last: float, silences: Sequence[Silence]) -> str:
    """Return how many packets had come by each time."""
    arrivals = [at - zero for at, identity, _ in way.trace.arrivals if identity is not None]
    points = [(at, float(count)) for count, at in enumerate(arrivals, 1)]
    time, scale = _axes(last, float(max(len(points), 1)))
    chosen = [list(column)[-1] for _, column in groupby(points, key=lambda p: _column(p[0], last))]
    parts = [
        *_frame(time, scale, f"{way.trace.sender} to {way.trace.receiver}: packets received"),
        *_silent(time, silences, zero),
        path(((time(at), scale(count)) for at, count in _stairs(chosen)), "series"),
    ]
    return picture(_WIDTH, _TOP + _PLOT + 36, parts, "Packets received over time")


def _axes(last: float, highest: float) -> tuple[Axis, Axis]:
    time = Axis(0.0, last, _LEFT, _WIDTH - _RIGHT)
    return time, Axis(0.0, highest * 1.08, _TOP + _PLOT, _TOP)


def _frame(time: Axis, scale: Axis, words: str) -> Iterator[str]:
    yield text((_LEFT, 13), words, "small")
    yield from time.below(_TOP, _TOP + _PLOT, "seconds")
    yield from scale.beside(_LEFT, _WIDTH - _RIGHT)


def _silent(time: Axis, silences: Iterable[Silence], zero: float) -> Iterator[str]:
    for begin, end, _ in silences:
        x, width = time(begin - zero), time(end - zero) - time(begin - zero)
        words = f"{(end - begin) * 1000:.1f} ms"
        yield box((x, _TOP), max(width, 1.0), _PLOT, "silence", f"silent for {words}")
        yield text((x + width / 2, _TOP - 5), words, "small silent", "middle")


def _column(at: float, last: float) -> int:
    return int(at / last * _COLUMNS) if last else 0


def _strokes(points: Sequence[Point], time: Axis, scale: Axis) -> Iterator[list[Point]]:
    """Yield a short vertical stroke per column that has packets, from least to greatest delay."""
    for _, column in groupby(points, key=lambda p: _column(p[0], time.high)):
        packets = list(column)
        delays = [delay for _, delay in packets]
        x = time(packets[0][0])
        yield [(x, scale(min(delays)) + 1), (x, scale(max(delays)) - 1)]


def _stairs(points: Iterable[Point]) -> Iterator[Point]:
    """Yield the corners of a line that stays level until the next packet comes."""
    before: float | None = None
    for at, count in points:
        if before is not None:
            yield at, before
        yield at, count
        before = count


def _ticks(lost: Sequence[float], time: Axis) -> Iterator[str]:
    bottom = _TOP + _PLOT
    for _, column in groupby(lost, key=lambda at: _column(at, time.high)):
        x = time(next(column))
        yield line((x, bottom - 7), (x, bottom), "lost")
