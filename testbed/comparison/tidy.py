"""The figures as CSV: one row for each protocol, run and metric, and a summary over the runs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from testbed.comparison.gathered import Column
from testbed.comparison.summary import Summary

RUNS, SUMMARY = "runs.csv", "summary.csv"
_ABOUT = ("scope", "subject", "direction", "metric", "unit")
_RUN = (
    "protocol",
    "backend",
    "topology",
    "options",
    "run",
    "seed",
    *_ABOUT,
    "value",
    "model",
    "error",
)
_WHOLE = (
    *("protocol", "backend", "topology", "options", *_ABOUT),
    *("n", "mean", "ci95", "deviation", "p50", "p90", "p95", "p99", "model", "error"),
)
_Row = Sequence[object]


def write_csv(summaries: Sequence[Summary], folder: Path) -> None:
    """Write ``runs.csv`` and ``summary.csv`` into ``folder``."""
    _write(folder / RUNS, _RUN, _runs(summaries))
    _write(folder / SUMMARY, _WHOLE, _means(summaries))


def _write(file: Path, head: Sequence[str], rows: Iterable[_Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(head)
        writer.writerows([_cell(each) for each in row] for row in rows)


def _cell(value: object) -> object:
    return round(value, 6) if isinstance(value, float) else value


def _runs(summaries: Iterable[Summary]) -> Iterator[_Row]:
    for each in summaries:
        column = each.column
        for number, (run, facts) in enumerate(zip(column.runs, each.runs, strict=True), start=1):
            document = run.document
            head = (*_column(column), number, document["seed"])
            for fact in facts:
                error = fact.compared / fact.model - 1 if fact.model and fact.compared else None
                yield (*head, *fact.key, fact.value, fact.model, error)


def _means(summaries: Iterable[Summary]) -> Iterator[_Row]:
    for each in summaries:
        column = each.column
        head = _column(column)
        for line in each.lines.values():
            yield (*head, *line.key, *line.figure.values(), line.model, line.error)


def _column(column: Column) -> _Row:
    return column.protocol, column.backend, column.runs[0].document["name"], column.options
