"""Randomness of a simulated world: one stream per user of it, all derived from one seed."""

from __future__ import annotations

from random import Random  # noqa: TID251 - every stream is seeded from the network's seed


def stream(seed: int, *purpose: str) -> Random:
    """Return the random numbers of ``purpose``: equal seeds and purposes give equal numbers.

    One stream each keeps what happens on one link from changing the luck of another.
    """
    return Random("/".join((str(seed), *purpose)))
