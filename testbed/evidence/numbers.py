"""Small sums that several parts of the evidence share."""

from __future__ import annotations

from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of the sorted ``values`` lie.

    Between two values it interpolates; ValueError where there are none.
    """
    if not values:
        raise ValueError("no values to take a percentile of")
    position = share * (len(values) - 1)
    below = int(position)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (position - below)
