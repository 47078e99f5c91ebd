"""Quantities with units."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.topology.units import delay, duration, fraction, interval, rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10ms", 0.01), ("10 ms", 0.01), ("1.5s", 1.5), (".5s", 0.5), ("2min", 120), ("1h", 3600),
        ("250us", 250e-6), ("250µs", 250e-6), ("3ns", 3e-9), ("7", 7), (7, 7), (0.25, 0.25),
        ("1e2ms", 0.1), ("0", 0),
    ],
)  # fmt: skip
def test_times(text: Any, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "speed"),
    [("20Mbit/s", 2e7), ("64 kbit/s", 64e3), ("1Gbps", 1e9), ("9600bps", 9600), (1e6, 1e6)],
)
def test_rates(text: Any, speed: float) -> None:
    assert rate(text) == speed


@pytest.mark.parametrize(("text", "part"), [("1%", 0.01), ("0.5%", 0.005), (0.1, 0.1), ("100%", 1)])
def test_fractions(text: Any, part: float) -> None:
    assert fraction(text) == part


@pytest.mark.parametrize(
    "text",
    [
        "10 msec",
        "ten",
        "",
        "1s2",
        "10ms ms",
        True,
        None,
        [],
        "nan",
        "inf",
        float("nan"),
        float("inf"),
        "1e999s",
    ],
)
def test_what_is_no_time(text: Any) -> None:
    with pytest.raises(ValueError, match="is no time"):
        duration(text)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (duration, "-1s"),
        (interval, 0),
        (delay, "11s"),
        (delay, -0.1),
        (fraction, 1.1),
        (fraction, "-1%"),
        (rate, 0),
        (rate, "-5Mbit/s"),
    ],
)
def test_what_is_impossible(read: Any, value: Any) -> None:
    with pytest.raises(ValueError, match="impossible"):
        read(value)


@given(st.integers(0, 10_000))
def test_whole_milliseconds_are_exact(milliseconds: int) -> None:
    assert duration(f"{milliseconds}ms") == milliseconds / 1000
    assert delay(f"{milliseconds}000us") == milliseconds / 1000
