"""A time axis: round numbers for its ticks, and where each instant lies."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from testbed.evidence.drawing.svg import line, text

_STEPS = (1, 2, 5, 10)


def ticks(low: float, high: float, wanted: int = 8) -> list[float]:
    """Return about ``wanted`` round numbers from ``low`` to ``high``."""
    span = high - low
    if span <= 0:
        return [low]
    scale = 10.0 ** math.floor(math.log10(span / wanted))
    step = next(s * scale for s in _STEPS if span / (s * scale) <= wanted)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 9) for n in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps the values from ``low`` to ``high`` to the places from ``begin`` to ``end``."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of ``value``; values beyond an end lie on it."""
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.0
        return self.begin + (self.end - self.begin) * min(max(share, 0.0), 1.0)

    def below(self, top: float, bottom: float, unit: str) -> Iterable[str]:
        """Draw this axis along x: grid lines from ``top`` to ``bottom`` and figures under them."""
        for value in ticks(self.low, self.high):
            x = self(value)
            yield line((x, top), (x, bottom), "grid")
            yield text((x, bottom + 14), f"{value:g}", "small", "middle")
        yield text((self.end, bottom + 27), unit, "small", "end")

    def beside(self, left: float, right: float) -> Iterable[str]:
        """Draw this axis along y: grid lines from ``left`` to ``right``, figures at their left."""
        for value in ticks(self.low, self.high, 4):
            y = self(value)
            yield line((left, y), (right, y), "grid")
            yield text((left - 6, y + 4), f"{value:g}", "small", "end")
