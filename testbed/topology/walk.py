"""A random walk over access links, the same each time for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random  # noqa: TID251 - handed in by the timeline, which seeds it


def walk(
    chance: Random,
    accesses: Sequence[str],
    here: str | None,
    begin: float,
    end: float,
    every: float,
) -> Iterator[tuple[float, str]]:
    """Yield times and access links to move to, each another than the last.

    The first move comes within ``every`` of ``begin``; later ones half to one and a half of
    ``every`` apart. Times are whole milliseconds.
    """
    at = begin + chance.uniform(0, every)
    while at < end:
        choices = [name for name in accesses if name != here]
        if not choices:
            return
        here = chance.choice(choices)
        yield round(at, 3), here
        at += chance.uniform(0.5, 1.5) * every
