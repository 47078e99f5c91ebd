"""A sheet for the terminal: lanes of lines, an arrow per row, and what it is beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from testbed.evidence.figures.judging import DISORDERED, LOST, MISSING
from testbed.evidence.figures.model import Figure, Step
from testbed.evidence.ladder.rung import EVENT, Rung
from testbed.evidence.sheets.rows import AGAIN, ASIDE, DIFFERENT, MATCHED, Row, Sheet
from testbed.evidence.sheets.words import Words

_MARKS = {MATCHED: "✓", AGAIN: "✓", ASIDE: " ", "": " "}
_WRONG = "✗"
_LEAST = 10  # characters of a lane
_TIME = 22


class Line(NamedTuple):
    """A line of text; ``style`` is "head", "good", "bad", "dim" or empty."""

    text: str
    style: str = ""


def lines(sheet: Sheet) -> Iterator[Line]:
    """Yield the sheet: the run's own ladder, then the figure beside which it was laid."""
    yield Line(sheet.title, "head")
    if not sheet.rows:
        yield Line("no message passed", "dim")
    else:
        yield from _ladder(sheet)
    if sheet.left_out:
        yield Line(f"{sheet.left_out} more are not shown", "dim")
    if sheet.comparison is not None:
        yield Line("")
        yield from _figure(sheet)


def _ladder(sheet: Sheet) -> Iterator[Line]:
    canvas = Canvas(sheet.lanes)
    words = Words(sheet.ladder.network)
    yield Line(f"{'s':>9}  {'+ms':>9}  {canvas.head()}", "dim")
    before = None
    for row in sheet.rows:
        if row.rung is None:
            assert row.step is not None
            lead = " " * _TIME + canvas.arrow(None, None, "")
            yield Line(f"{lead}  {_WRONG} {row.step.number}: {row.step.label} is missing", "bad")
            continue
        at = row.rung.at
        passed = "" if before is None else f"+{(at - before) * 1000:.1f}"
        before = at
        lead = f"{at - sheet.zero:9.3f}  {passed:>9}  {_drawn(canvas, row.rung)}"
        yield Line(f"{lead}  {_said(row, words)}".rstrip(), _style(row))


def _style(row: Row) -> str:
    if row.verdict in DIFFERENT:
        return "bad"
    return {MATCHED: "good", ASIDE: "dim"}.get(row.verdict, "")


def _drawn(canvas: Canvas, rung: Rung) -> str:
    if rung.kind == EVENT:
        return canvas.dot(rung.sender)
    return canvas.arrow(rung.sender, rung.receiver or None, "═" if rung.depth else "─")


def _said(row: Row, words: Words) -> str:
    rung = row.rung
    assert rung is not None
    step = f"{row.step.number}: " if row.step else ""
    mark = _WRONG if row.verdict in DIFFERENT else _MARKS[row.verdict]
    parts = [
        words.title(rung),
        words.details(rung),
        f"{(rung.arrived_at - rung.at) * 1000:.1f} ms" if rung.arrived_at is not None else "",
        "" if rung.arrived else f"LOST after {rung.lost_after}",
        "once more" if rung.again else "",
        "renewal" if rung.renewal else "",
        row.verdict if row.verdict in DIFFERENT else "",
        _frames(rung),
    ]
    place = f" {rung.receiver or rung.sender}" if rung.kind == EVENT else ""
    parts[0] += place
    return f"{mark} {step}" + " · ".join(part for part in parts if part)


def _frames(rung: Rung) -> str:
    sent, came = rung.frames
    return f"frame {sent}" + (f" → {came}" if came else "") if sent else ""


def _figure(sheet: Sheet) -> Iterator[Line]:
    comparison = sheet.comparison
    assert comparison is not None
    figure = comparison.figure
    wrong = {
        each.step.number: each
        for each in comparison.differences
        if each.step and each.kind in (MISSING, LOST, DISORDERED)
    }
    for line in figure_lines(figure, comparison.roles):
        step = line.step
        if step is None:
            yield Line(line.text, "head" if line.head else "dim")
            continue
        rung = comparison.steps.get(step.number)
        if step.number in wrong:
            yield Line(f"{line.text}  {_WRONG} {wrong[step.number].kind}", "bad")
        elif rung is not None:
            yield Line(f"{line.text}  ✓ at {rung.at - sheet.zero:.3f} s", "good")
        else:
            yield Line(f"{line.text}  - not here: {step.note or 'optional'}", "dim")
    for each in comparison.differences:
        if each not in wrong.values() and each.rung is not None:
            yield Line(f"{_WRONG} {each.text}, at {each.rung.at - sheet.zero:.3f} s", "bad")


class FigureLine(NamedTuple):
    """A line of a figure: its title, its lanes, or a step."""

    text: str
    step: Step | None = None
    head: bool = False


def figure_lines(figure: Figure, players: Mapping[str, str] | None = None) -> Iterator[FigureLine]:
    """Yield the document's own figure, with the nodes that play its roles where they are known."""
    lanes = [role.name for role in figure.roles if not role.lane]
    drawn = {role.name: role.lane or role.name for role in figure.roles}
    canvas = Canvas(lanes)
    yield FigureLine(f"{figure.name}: {figure.title} ({figure.source})", head=True)
    yield FigureLine("      " + canvas.head())
    if players:
        yield FigureLine("      " + canvas.head({name: players.get(name, "?") for name in lanes}))
    for step in figure.steps:
        sender, receiver = drawn[step.sender], drawn[step.receiver]
        arrow = canvas.arrow(sender, receiver, "─")
        label = f"({step.label})" if step.optional else step.label
        yield FigureLine(f"{step.number:>4}  {arrow}  {label}", step)


class Canvas:
    """Lines of lanes, each wide enough for its name."""

    def __init__(self, lanes: Sequence[str]) -> None:
        self._width = max((_LEAST, *(len(name) + 2 for name in lanes)))
        self._at = {name: self._width * i + self._width // 2 for i, name in enumerate(lanes)}

    def head(self, names: Mapping[str, str] | None = None) -> str:
        """Return the lanes' names, or what ``names`` calls them."""
        return "".join((names or {}).get(lane, lane).center(self._width) for lane in self._at)

    def dot(self, lane: str) -> str:
        """Return the lanes with something that happens at one."""
        cells = self._cells()
        cells[self._at[lane]] = "●"
        return "".join(cells)

    def arrow(self, sender: str | None, receiver: str | None, stroke: str) -> str:
        """Return the lanes with an arrow; it ends in between where nobody receives."""
        cells = self._cells()
        if sender is not None:
            begin = self._at[sender]
            last = len(cells) - 1
            half = begin + (self._width // 2 if begin + self._width // 2 < last else -4)
            end = self._at[receiver] if receiver else half
            step = 1 if end > begin else -1
            for index in range(begin + step, end, step):
                cells[index] = stroke
            cells[begin] = "├" if step > 0 else "┤"
            cells[end] = ("▶" if step > 0 else "◀") if receiver else _WRONG
        return "".join(cells)

    def _cells(self) -> list[str]:
        cells = [" "] * (self._width * len(self._at))
        for index in self._at.values():
            cells[index] = "│"
        return cells
