"""The questions that a comparison is made for, answered in sentences out of its figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from testbed.comparison.comparing import Compared
from testbed.comparison.reasons import why_far, why_lost, why_signals, why_silent
from testbed.comparison.standing import LOST, MESSAGES, SILENCE, STRETCH, Measure
from testbed.comparison.summary import Summary

Why = Callable[[Summary], str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and its answer: the columns that come first, by how much, and why.

    ``reasons`` are sentences about the first and the last one, out of their figures.
    """

    question: str
    measure: Measure
    labels: tuple[str, ...]
    value: str
    others: str
    reasons: tuple[str, ...]

    @property
    def text(self) -> str:
        """The answer in one line."""
        return f"{' and '.join(self.labels)}: {self.value} ({self.others})"


def answers(compared: Compared) -> list[Answer]:
    """Return the answers that the figures of ``compared`` give; none of a single column."""
    asked: tuple[tuple[str, Measure, bool, Why], ...] = (
        ("Which loses least?", LOST, False, why_lost),
        ("Which signals most?", MESSAGES, True, why_signals),
        ("Which is silent for the shortest time?", SILENCE, False, why_silent),
        ("Which takes the shortest path?", STRETCH, False, why_far),
    )
    found = (_answer(compared, *each) for each in asked)
    return [each for each in found if each is not None]


def _answer(
    compared: Compared, question: str, measure: Measure, most: bool, why: Why
) -> Answer | None:
    known = _known(compared, measure)
    if len(known) < 2:
        return None
    ordered = known[::-1] if most else known
    best = measure.text(ordered[0][0])
    first = [each for value, each in ordered if measure.text(value) == best]
    rest = ordered[len(first) :]
    named = [*first[:1], *(each for _, each in rest[-1:])]
    return Answer(
        question,
        measure,
        tuple(each.column.label for each in first),
        f"{best} {measure.shown}",
        ", ".join(f"{each.column.label} {measure.text(value)}" for value, each in rest),
        tuple(reason for each in named if (reason := why(each))),
    )


def _known(compared: Compared, measure: Measure) -> Sequence[tuple[float, Summary]]:
    """Return the columns that have a figure, from the least to the most."""
    found = [(each.run(measure.name), each) for each in compared.summaries]
    known = [(line.mean, each) for line, each in found if line and line.mean is not None]
    return sorted(known, key=lambda pair: pair[0])
