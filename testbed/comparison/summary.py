"""The figures of all runs of a column: mean, confidence interval, model and relative error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from testbed.comparison.facts import Fact, Key, facts
from testbed.comparison.gathered import Column
from testbed.comparison.standing import standing
from testbed.evidence.repeat import Figure, figure


@dataclass(frozen=True, slots=True)
class Line:
    """One figure over the runs of a column.

    ``model`` and ``error`` (relative: measured over expected, less 1) are None without a model.
    ``whole_model`` is the model where it speaks of all that the figure is made of.
    """

    key: Key
    figure: Figure
    model: float | None
    error: float | None
    whole_model: float | None = None

    @property
    def mean(self) -> float | None:
        """The mean over the runs."""
        return self.figure["mean"]

    @property
    def half(self) -> float | None:
        """Half the width of the 95 % confidence interval of the mean; None of one run."""
        return self.figure["ci95"]


@dataclass(frozen=True, slots=True)
class Summary:
    """A column with its figures: of each run, and over all of them."""

    column: Column
    runs: tuple[tuple[Fact, ...], ...]
    lines: Mapping[Key, Line]

    def run(self, metric: str) -> Line | None:
        """Return a figure of the whole run; None where no run has it."""
        lines = (line for key, line in self.lines.items() if key.scope == "run")
        found = next((line for line in lines if line.key.metric == metric), None)
        return found if found is not None and found.mean is not None else None

    def about(self, scope: str) -> list[Line]:
        """Return the figures of one kind of subject."""
        return [line for key, line in self.lines.items() if key.scope == scope]


def summarise(column: Column) -> Summary:
    """Return the figures of ``column``."""
    runs = []
    for run in column.runs:
        found = facts(run)
        runs.append((*standing(run, found), *found))
    return Summary(column, tuple(runs), _lines(runs))


def _lines(runs: Sequence[Iterable[Fact]]) -> dict[Key, Line]:
    by_key: dict[Key, list[Fact]] = {}
    for run in runs:
        for fact in run:
            by_key.setdefault(fact.key, []).append(fact)
    return {key: _line(key, found) for key, found in by_key.items()}


def _line(key: Key, found: Sequence[Fact]) -> Line:
    models = [each.model for each in found if each.model is not None]
    compared = [each.compared for each in found if each.compared is not None]
    model = fmean(models) if models else None
    error = None
    if model and compared:
        error = fmean(compared) / model - 1
    whole = all(each.part in (None, each.value) for each in found)
    return Line(key, figure(each.value for each in found), model, error, model if whole else None)
