"""Quantities with units: `10ms`, `1%`, `100Mbit/s`; bare numbers are seconds, parts, bit/s."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_QUANTITY = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-zµ%/]*)")

DURATIONS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}
SHORTEST_SPACING = 100e-6  # seconds: what a sender of this testbed keeps to
FRACTIONS = {"%": 0.01}
RATES = {
    f"{scale}{unit}": factor
    for unit in ("bit/s", "bps")
    for scale, factor in (("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9))
}


def quantity(text: str, units: dict[str, float]) -> float | None:
    """Return the number that ``text`` spells in one of ``units`` (or bare), None for none."""
    found = _QUANTITY.fullmatch(text.strip())
    if not found or (found[2] and found[2] not in units):
        return None
    factor = units.get(found[2], 1.0)
    # Dividing by the exact inverse keeps 10ms at 0.01, where 10 * 1e-3 may be off by one bit.
    return float(found[1]) * factor if factor >= 1 else float(found[1]) / round(1 / factor)


def _number(value: Any, units: dict[str, float], what: str) -> float:
    number = None
    if isinstance(value, str):
        number = quantity(value, units)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    if number is None or not math.isfinite(number):
        raise ValueError(f"{value!r} is no {what}")
    return number


def duration(value: Any) -> float:
    """Return seconds; ValueError for what is no time of 0 or more."""
    seconds = _number(value, DURATIONS, "time: write it like 10ms, 1.5s or 2min")
    if seconds < 0:
        raise ValueError(f"impossible time {value}: it must not be negative")
    return seconds


def interval(value: Any) -> float:
    """Return seconds; ValueError for what is no time above 0."""
    seconds = duration(value)
    if seconds == 0:
        raise ValueError(f"impossible interval {value}: it must be more than 0")
    return seconds


def spacing(value: Any) -> float:
    """Return seconds; ValueError for what is too short a time between the packets of a flow."""
    seconds = interval(value)
    if seconds < SHORTEST_SPACING:
        raise ValueError(f"too short an interval: {value}: 100us at least")
    return seconds


def delay(value: Any) -> float:
    """Return a link's delay in seconds; ValueError for what no link has (below 0, over 10 s)."""
    seconds = _number(value, DURATIONS, "delay: write it like 10ms or 0.01")
    if not 0 <= seconds <= 10:
        raise ValueError(f"impossible delay {value}: it must be between 0 and 10s")
    return seconds


def fraction(value: Any) -> float:
    """Return a probability; ValueError for what is not between 0 and 1."""
    part = _number(value, FRACTIONS, "probability: write it like 1% or 0.01")
    if not 0 <= part <= 1:
        raise ValueError(f"impossible probability {value}: it must be between 0 and 100%")
    return part


def share(value: Any) -> float:
    """Return a part of a whole; ValueError for what is not above 0 and up to 1."""
    part = _number(value, FRACTIONS, "share: write it like 90% or 0.9")
    if not 0 < part <= 1:
        raise ValueError(f"impossible share {value}: it must be more than 0 and at most 100%")
    return part


def rate(value: Any) -> float:
    """Return bit/s; ValueError for what is no rate above 0."""
    speed = _number(value, RATES, "rate: write it like 20Mbit/s, 64kbit/s or 1000000")
    if speed <= 0:
        raise ValueError(f"impossible rate {value}: it must be more than 0")
    return speed


def _schema(what: str, units: dict[str, float]) -> WithJsonSchema:
    spelled = "|".join(re.escape(unit) for unit in units)
    pattern = rf"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*({spelled})?\s*$"
    text = {"type": "string", "pattern": pattern}
    return WithJsonSchema({"anyOf": [{"type": "number"}, text], "description": what})


_TIME = _schema("a time: 10ms, 1.5s, 2min; a bare number is seconds", DURATIONS)

Duration = Annotated[float, BeforeValidator(duration), _TIME]
Interval = Annotated[float, BeforeValidator(interval), _TIME]
Spacing = Annotated[float, BeforeValidator(spacing), _TIME]
Delay = Annotated[float, BeforeValidator(delay), _TIME]
Fraction = Annotated[
    float, BeforeValidator(fraction), _schema("a probability: 1% or 0.01", FRACTIONS)
]
Share = Annotated[float, BeforeValidator(share), _schema("a share: 90% or 0.9", FRACTIONS)]
Rate = Annotated[
    float, BeforeValidator(rate), _schema("a rate: 20Mbit/s; a bare number is bit/s", RATES)
]
