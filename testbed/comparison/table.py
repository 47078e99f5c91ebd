"""The table that a comparison ends with, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from testbed.comparison.answers import answers
from testbed.comparison.comparing import Compared
from testbed.comparison.standing import ALL, MEASURES, MESSAGES, TUNNEL, Measure
from testbed.comparison.summary import Line
from testbed.evidence.tables import new_table

_SHOWN = tuple(each for each in MEASURES if each is not TUNNEL)  # what fits into 80 columns

_LABEL = 14  # characters of a protocol's label that leave figures their room on 80 columns

_BRIEF = {"messages": "msgs", "kB·links": "kB·link"}


def print_comparison(compared: Compared, console: Console, page: Path) -> None:
    """Print the figures of all columns, the answers, and where the ``page`` lies."""
    console.print(Text(f"{compared.title}: {_count(compared)}", style="bold"))
    console.print(_table(compared))
    for answer in answers(compared):
        console.print(Text.assemble((f"{answer.question} ", "bold"), answer.text), soft_wrap=True)
    for line in _failures(compared):
        console.print(Text.assemble(("FAILS  ", "bold red"), line), soft_wrap=True)
    for note in compared.notes:
        console.print(Text(note, style="yellow"), soft_wrap=True)
    console.print(Text(f"Page: {page}"), soft_wrap=True)


def _count(compared: Compared) -> str:
    runs = sum(len(each.column.runs) for each in compared.summaries)
    kinds = len(compared.summaries)
    return f"{runs} run{'s' if runs > 1 else ''} of {kinds} kind{'s' if kinds > 1 else ''}"


def _failures(compared: Compared) -> Iterable[str]:
    """Yield which expectation does not hold, of which column, and in how many of its runs."""
    for each in compared.summaries:
        runs = each.column.runs
        checks = (check for run in runs for check in run.document.get("checks", ()))
        failed = Counter(check["expect"] for check in checks if not check["holds"])
        for expect, times in failed.items():
            yield f"{each.column.label}: {expect}  (in {times} of {len(runs)} runs)"


def _table(compared: Compared) -> Table:
    """One row per protocol: the mean, half of the interval, and how far it is from the model."""
    known = [measure for measure in _SHOWN if any(_of(compared, measure))]
    if MESSAGES in known:
        known.remove(ALL)
    heads = [f"{measure.brief}\n{_BRIEF.get(measure.shown, measure.shown)}" for measure in known]
    table = new_table(
        "Mean, ± half of the 95 % interval, and how far it is from the model", "protocol", *heads
    )
    labels = [each.column.label for each in compared.summaries]
    table.columns[0].no_wrap = max(map(len, labels), default=0) <= _LABEL
    for index, each in enumerate(compared.summaries):
        cells = [_cell(measure, _of(compared, measure)[index]) for measure in known]
        table.add_row(each.column.label, *cells)
    return table


def _of(compared: Compared, measure: Measure) -> list[Line | None]:
    return [each.run(measure.name) for each in compared.summaries]


def _cell(measure: Measure, line: Line | None) -> str:
    return "-" if line is None else "\n".join(_parts(measure, line))


def _parts(measure: Measure, line: Line) -> Iterable[str]:
    yield measure.text(line.mean)
    yield f"±{measure.text(line.half)}" if line.half is not None else ""
    if line.model is not None and line.error is not None:
        yield f"{line.error:+.0%}"
