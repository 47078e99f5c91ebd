"""Bars for the page: one for each column, with its confidence interval and the model's value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from testbed.comparison.standing import Measure
from testbed.evidence.drawing.axis import Axis
from testbed.evidence.drawing.svg import box, element, line, picture, text

_WIDTH, _LEFT, _RIGHT, _ROW, _BAR = 460.0, 92.0, 62.0, 27.0, 15.0
_TOP = 4.0
_LETTER = 6.4  # the width of one, about


@dataclass(frozen=True, slots=True)
class Bar:
    """A mean, half of its interval and what the model expects (None where there are none).

    ``link`` names the part of the page that leads to its packets.
    """

    label: str
    link: str
    mean: float
    half: float | None
    model: float | None


def bars(measure: Measure, rows: Sequence[Bar]) -> str:
    """Return ``rows`` as horizontal bars, in the order given."""
    most = max([max(row.mean + (row.half or 0.0), row.model or 0.0) for row in rows] + [1e-9])
    left, above = _room([row.label for row in rows], _LEFT)
    axis, high = Axis(0.0, most, left, _WIDTH - _RIGHT), _ROW + above
    tops = [_TOP + high * index for index in range(len(rows))]
    parts = [
        part
        for top, row in zip(tops, rows, strict=True)
        for part in _bar(measure, axis, row, top, above)
    ]
    label = f"{measure.title} in {measure.shown}: " + ", ".join(
        f"{row.label} {measure.text(row.mean)}" for row in rows
    )
    return picture(_WIDTH, _TOP + high * len(rows) + 2, parts, label)


def _room(labels: Sequence[str], left: float) -> tuple[float, float]:
    """Return where bars begin, and the height of names above them if one is too long beside."""
    beside = max(map(len, labels), default=0) * _LETTER <= left - 8
    return (left, 0.0) if beside else (2.0, 17.0)


def _name(label: str, begin: float, top: float, above: float) -> str:
    """Return a name that stands left of its bar, or above."""
    if above:
        return text((begin, top + 12), label, "small")
    return text((begin - 8, top + 12), label, "name", "end")


def _bar(measure: Measure, axis: Axis, row: Bar, top: float, above: float) -> Iterable[str]:
    yield element("a", _name(row.label, axis.begin, top, above), href=f"#{row.link}")
    top += above
    middle = top + _BAR / 2
    title = f"{row.label}: {measure.text(row.mean)} {measure.shown}"
    yield box(
        (axis.begin, top), max(axis(row.mean) - axis.begin, 1.0), _BAR, "fill bar", title, 2.0
    )
    end = row.mean
    if row.half:
        end = row.mean + row.half
        yield from _whisker(axis, max(row.mean - row.half, 0.0), end, middle)
    if row.model is not None:
        x = axis(row.model)
        diamond = f"M{x:.1f} {middle - 5:.1f}l4.5 5l-4.5 5l-4.5 -5z"
        yield element("path", d=diamond, class_="model")
    x = axis(max(end, row.model or 0.0)) + 8
    yield text((x, top + 12), measure.text(row.mean), "value")


def _whisker(axis: Axis, low: float, high: float, middle: float) -> Iterable[str]:
    begin, end = axis(low), axis(high)
    yield line((begin, middle), (end, middle), "whisker")
    for x in (begin, end):
        yield line((x, middle - 4), (x, middle + 4), "whisker")


@dataclass(frozen=True, slots=True)
class Stack:
    """Parts of one bar: each its class, its name and its size."""

    label: str
    parts: Sequence[tuple[str, str, float]]


def stacks(rows: Sequence[Stack], unit: str, digits: int) -> str:
    """Return bars made of parts, with a legend of all parts that occur."""
    width, right = 960.0, 130.0
    left, above = _room([row.label for row in rows], 110.0)
    most = max([sum(part[2] for part in row.parts) for row in rows] + [1e-9])
    axis = Axis(0.0, most, left, width - right)
    legend = _legend(rows, left, width)
    top = 10.0 + 20.0 * (1 + max((entry[0] for entry in legend), default=0))
    parts: list[str] = []
    for line_, x, class_, name in legend:
        y = 2.0 + 20.0 * line_
        parts += [box((x, y), 12.0, 12.0, f"fill {class_}", round_=3.0)]
        parts += [text((x + 17, y + 10), name, "small")]
    for index, row in enumerate(rows):
        parts.append(_name(row.label, left, top + (30.0 + above) * index + 3, above))
        parts.extend(_stack(row, axis, top + (30.0 + above) * index + above, unit, digits))
    label = "; ".join(
        f"{row.label}: {sum(part[2] for part in row.parts):.{digits}f} {unit}" for row in rows
    )
    return picture(width, top + (30.0 + above) * len(rows), parts, label)


def _stack(row: Stack, axis: Axis, top: float, unit: str, digits: int) -> Iterable[str]:
    begin = 0.0
    for class_, name, size in row.parts:
        x, width = axis(begin), axis(begin + size) - axis(begin)
        words = f"{size:.{digits}f}"
        yield box((x, top), width, 21.0, f"fill {class_}", f"{name}: {words} {unit}")
        if width > _LETTER * len(words) + 8:
            yield text((x + width / 2, top + 15), words, "small on", "middle")
        begin += size
    yield text((axis(begin) + 6, top + 15), f"{begin:.{digits}f} {unit}", "name")


def _legend(rows: Sequence[Stack], left: float, width: float) -> list[tuple[int, float, str, str]]:
    """Return the line and the place of each name that occurs, with its class."""
    found: list[tuple[int, float, str, str]] = []
    line_, x = 0, left
    names = {name: class_ for row in rows for class_, name, _ in row.parts}
    for name, class_ in names.items():
        wide = 34 + _LETTER * len(name)
        if x + wide > width:
            line_, x = line_ + 1, left
        found.append((line_, x, class_, name))
        x += wide
    return found
