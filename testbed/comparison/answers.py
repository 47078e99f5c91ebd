"""The questions that a comparison is made for, answered in sentences out of its figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from testbed.comparison.comparing import Compared
from testbed.comparison.reasons import why_far, why_lost, why_signals, why_silent
from testbed.comparison.standing import ALL, COST, LOST, MESSAGES, SILENCE, STRETCH, Measure
from testbed.comparison.summary import Summary
from testbed.comparison.words import sketch

Why = Callable[[Summary], str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and its answer: the columns that come first, by how much, and why.

    ``titles`` are the full names of their protocols.

    ``reasons`` are sentences about the first and the last one, out of their figures.
    """

    question: str
    measure: Measure
    labels: tuple[str, ...]
    titles: tuple[str, ...]
    value: str
    others: str
    reasons: tuple[str, ...]

    @property
    def first(self) -> str:
        """Who comes first, in words."""
        alike = not self.others and len(self.labels) > 2
        return "all alike" if alike else " and ".join(self.labels)

    @property
    def text(self) -> str:
        """The answer in one line."""
        others = f" ({self.others})" if self.others else ""
        return f"{self.first}: {self.value}{others}"


def answers(compared: Compared) -> list[Answer]:
    """Return the answers that the figures of ``compared`` give; none of a single column."""
    asked: tuple[tuple[str, Measure, bool, Why], ...] = (
        ("Which loses least?", LOST, False, why_lost),
        ("Which signals most?", _signalling(compared), True, why_signals),
        ("Which is silent for the shortest time?", SILENCE, False, why_silent),
        ("Which takes the shortest path?", STRETCH, False, why_far),
    )
    found = (_answer(compared, *each) for each in asked)
    return [each for each in found if each is not None]


def _signalling(compared: Compared) -> Measure:
    """Return the messages of a move; where nobody moves, those of the whole run."""
    return MESSAGES if len(_known(compared, MESSAGES)) > 1 else ALL


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
    reasons = [reason for each in named if (reason := why(each))]
    if measure is MESSAGES:
        reasons += _by_load(compared, first)
    return Answer(
        question,
        measure,
        tuple(each.column.label for each in first),
        tuple(dict.fromkeys(sketch(each.column.protocol).title for each in first)),
        _value(measure, first),
        ", ".join(f"{each.column.label} {measure.text(value)}" for value, each in rest),
        tuple(reasons),
    )


def _value(measure: Measure, first: Sequence[Summary]) -> str:
    """Return the figure of those that come first, with the interval of one of them alone."""
    line, sent = first[0].run(measure.name), first[0].run("sent")
    half = f" ± {measure.text(line.half)}" if line and line.half and len(first) == 1 else ""
    value = f"{measure.text(line.mean if line else None)}{half} {measure.shown}"
    of = sent.mean if sent and measure is LOST else None
    return value if of is None else f"{value} of {of:,.0f}"


def _by_load(compared: Compared, first: Sequence[Summary]) -> list[str]:
    """Say so where another one comes first by the octets that links have to carry."""
    known = _known(compared, COST)
    if not known or known[-1][1] in first:
        return []
    value, most = known[-1]
    own = COST.text(next(load for load, each in known if each is first[0]))
    label, other = most.column.label, first[0].column.label
    return [
        f"In octets times links it is {label}, {COST.text(value)} {COST.shown} to the {own} of "
        f"{other}: its messages are larger, or go farther."
    ]


def _known(compared: Compared, measure: Measure) -> Sequence[tuple[float, Summary]]:
    """Return the columns that have a figure, from the least to the most."""
    found = [(each.run(measure.name), each) for each in compared.summaries]
    known = [(line.mean, each) for line, each in found if line and line.mean is not None]
    return sorted(known, key=lambda pair: pair[0])
