"""What made flows move, above the picture that shows when: words that do not cover each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from testbed.evidence.drawing.axis import Axis
from testbed.evidence.drawing.svg import line, text

LINE = 15.0  # the height of a row of words
_LETTER = 6.2
_NEAR = 10.0  # moves this near each other, and for the same cause, are told of together
_MOST = 100  # moves drawn
_Move = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why ``moves`` came about at ``x``, told in ``row``, to its left if there ``flipped``."""

    x: float
    words: str
    moves: tuple[tuple[int, _Move], ...]
    flipped: bool = False
    row: int = 0


def causes(moves: Sequence[tuple[int, _Move]], axis: Axis, width: float) -> list[Cause]:
    """Return why numbered ``moves``, which are in order of time, came about.

    The words keep within the ``width`` of the picture, and clear of each other.
    """
    placed: list[Cause] = []
    ends: list[float] = []  # of the words in each row
    for group in _groups(moves[:_MOST], axis):
        begin = axis(group[0][1]["at"])
        words = f"{_numbers([number for number, _ in group])} {_told(group[0][1])}"
        reach = _LETTER * len(words) + 8
        flipped = begin + reach > width
        left, right = (begin - reach, begin) if flipped else (begin, begin + reach)
        row = next((row for row, end in enumerate(ends) if end <= left), len(ends))
        ends[row : row + 1] = [right]
        placed.append(Cause(begin, words, tuple(group), flipped, row))
    rows = len(ends)  # the first lowest, beside its line
    return [replace(cause, row=rows - 1 - cause.row) for cause in placed]


def marks(told: Sequence[Cause], bottom: float) -> Iterator[str]:
    """Yield the words of each cause, and a line from there to the ``bottom`` of the picture."""
    for cause in told:
        y = LINE * (1 + cause.row)
        yield line((cause.x, y - 9), (cause.x, bottom), "cause")
        aside = -5.0 if cause.flipped else 5.0
        yield text((cause.x + aside, y), cause.words, "small", "end" if cause.flipped else "start")


def _groups(moves: Sequence[tuple[int, _Move]], axis: Axis) -> Iterator[list[tuple[int, _Move]]]:
    group: list[tuple[int, _Move]] = []
    for entry in moves:
        if group and not _together(group[0][1], entry[1], axis):
            yield group
            group = []
        group.append(entry)
    if group:
        yield group


def _together(first: _Move, other: _Move, axis: Axis) -> bool:
    return first["cause"] == other["cause"] and axis(other["at"]) - axis(first["at"]) <= _NEAR


def _numbers(numbers: Sequence[int]) -> str:
    """Return what the moves are called: "3", or "3–5" of many."""
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"


def _told(move: _Move) -> str:
    return str(move["cause"] or "cause unknown")
