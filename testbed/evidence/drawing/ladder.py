"""The messages of a handover as a ladder: a line per node, an arrow per message.

Laid beside a figure, its arrows stand at the right, each in the row of what it is in the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from testbed.evidence.drawing.svg import box, element, line, number, picture, text
from testbed.evidence.figures.judging import MISSING
from testbed.evidence.figures.model import Role, Step
from testbed.evidence.ladder.rung import DATA, EVENT, Rung
from testbed.evidence.sheets.rows import AGAIN, ASIDE, DIFFERENT, MATCHED, Row, Sheet
from testbed.evidence.sheets.words import Words

_LEFT, _COLUMN, _ROW, _TOP = 96.0, 196.0, 42.0, 64.0
_TIP = 9.0
_LETTER = 5.2  # wide on average, of the smallest words
_FIGURE_COLUMN, _BETWEEN = 128.0, 40.0
_CLASSES = {MATCHED: "same", AGAIN: "same", ASIDE: "aside", "": ""}
_Columns = Mapping[str, float]


def ladder_picture(sheet: Sheet, style: str = "") -> str:
    """Return the picture of ``sheet``; with a ``style`` sheet it is a file that stands alone."""
    columns = {name: _LEFT + _COLUMN * (i + 0.5) for i, name in enumerate(sheet.lanes)}
    figure = _Figure(sheet, _LEFT + _COLUMN * len(columns) + _BETWEEN)
    width, height = figure.right + 20, _TOP + _ROW * len(sheet.rows) + 12
    parts = [box((0, 0), width, height, "ground")] if style else []
    parts.append(text((8, 16), sheet.title, "name"))
    parts += [*_lifelines(columns, height), *figure.head(height)]
    words = Words(sheet.ladder.network)
    for index, row in enumerate(sheet.rows):
        y = _TOP + _ROW * (index + 0.5)
        parts += [*_row(row, columns, y, sheet, words), *figure.step(row, y)]
    return picture(width, height, parts, f"Messages: {sheet.title}", style)


def _line_with_tip(begin: float, end: float, y: float, class_: str) -> str:
    """Return an arrow; its head is drawn out, since ids would be those of other pictures, too."""
    back = end - _TIP if end > begin else end + _TIP
    shaft = element("line", x1=begin, y1=y, x2=back, y2=y, class_=f"message {class_}".rstrip())
    corners = (
        f"{number(end)},{number(y)} {number(back)},{number(y - 4)} {number(back)},{number(y + 4)}"
    )
    return shaft + element("polygon", points=corners, class_=f"tip {class_}".rstrip())


def _lifelines(columns: _Columns, height: float) -> Iterator[str]:
    for name, x in columns.items():
        yield text((x, 38), name, "name", "middle")
        yield line((x, 46), (x, height), "life")


def _class(row: Row) -> str:
    return "bad" if row.verdict in DIFFERENT else _CLASSES[row.verdict]


def _row(row: Row, columns: _Columns, y: float, sheet: Sheet, words: Words) -> Iterator[str]:
    rung = row.rung
    if rung is None:
        return
    since = (rung.at - sheet.ladder.begin) * 1000
    yield text((_LEFT - 8, y + 4), f"+{since:,.1f} ms", "small", "end")
    if rung.kind == EVENT:
        yield element("circle", cx=columns[rung.sender], cy=y, r=5.0, class_=f"fill {rung.name}")
        yield text((columns[rung.sender] + 11, y + 4), words.title(rung), "small halo")
        return
    yield _arrow(rung, columns, y, _class(row))
    yield from _label(row, rung, columns, y, words)


def _arrow(rung: Rung, columns: _Columns, y: float, class_: str) -> str:
    begin = columns[rung.sender]
    if not rung.receiver:
        return line((begin, y), (begin + _COLUMN * 0.4, y), "message bad lost")
    data = " data" if rung.kind == DATA else ""
    return _line_with_tip(begin, columns[rung.receiver], y, f"{class_}{data}".strip())


def _label(row: Row, rung: Rung, columns: _Columns, y: float, words: Words) -> Iterator[str]:
    begin = columns[rung.sender]
    end = columns[rung.receiver] if rung.receiver else begin + _COLUMN * 0.4
    notes = [
        words.title(rung),
        "" if rung.arrived else "lost",
        "once more" if rung.again else "",
        row.verdict if row.verdict in DIFFERENT - {MISSING} else "",
    ]
    said = ", ".join(dict.fromkeys(note for note in notes if note))
    middle = (begin + end) / 2
    yield text((middle, y - 5), said, f"small halo {_class(row)}".rstrip(), "middle")
    frames = " → ".join(str(frame) for frame in rung.frames if frame)
    where = f"frame {frames}" if frames else ""
    room = int(max(abs(end - begin), _COLUMN) / _LETTER) - len(where)
    under = [_clipped(words.details(rung), room), where]
    yield text((middle, y + 13), " · ".join(filter(None, under)), "tiny halo", "middle")


def _clipped(words: str, room: int) -> str:
    return words if len(words) <= room else f"{words[:room].rpartition(', ')[0] or words[:room]} …"


class _Figure:
    """The document's figure at the right of the ladder, ``left`` being where it begins."""

    def __init__(self, sheet: Sheet, left: float) -> None:
        self._comparison = sheet.comparison
        lanes = [role for role in self._roles() if not role.lane]
        self._columns = {
            role.name: left + _FIGURE_COLUMN * (i + 0.5) for i, role in enumerate(lanes)
        }
        self._lanes = {role.name: role.lane or role.name for role in self._roles()}
        self._left = left
        self.right = left + _FIGURE_COLUMN * len(lanes) if lanes else left - _BETWEEN

    def _roles(self) -> tuple[Role, ...]:
        return self._comparison.figure.roles if self._comparison else ()

    def head(self, height: float) -> Iterator[str]:
        """Yield the figure's name, its roles, who plays them, and their lines."""
        if self._comparison is None:
            return
        figure = self._comparison.figure
        yield text((self._left, 16), f"{figure.name}: {figure.title}", "name")
        yield line((self._left - 20, 8), (self._left - 20, height), "grid")
        for name, x in self._columns.items():
            yield text((x, 38), name, "name", "middle")
            yield text((x, 52), self._comparison.roles.get(name, ""), "tiny", "middle")
            yield line((x, 58), (x, height), "life")

    def step(self, row: Row, y: float) -> Iterator[str]:
        """Yield the arrow of the step that ``row`` is about, not where it comes once more."""
        step = row.step
        if step is None or row.verdict == AGAIN:
            return
        begin, end = (self._columns[self._lanes[role]] for role in (step.sender, step.receiver))
        class_ = _class(row)
        lost = " lost" if row.verdict == MISSING else ""
        yield _line_with_tip(begin, end, y, class_ + lost)
        yield text(((begin + end) / 2, y - 5), _said(step, row), f"small halo {class_}", "middle")


def _said(step: Step, row: Row) -> str:
    return f"{step.number} {step.label}" + (": missing" if row.verdict == MISSING else "")
