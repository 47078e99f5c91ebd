"""Figures of a result as cells of a table, each with the path to where ``result.json`` has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from markupsafe import Markup

from testbed.evidence.tables import milliseconds, value

NOTHING = "–"


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share * 100:.1f}"


def _ratio(ratio: float | None) -> str:
    return NOTHING if ratio is None else f"{ratio:.2f}"


def _count(number: float | None) -> str:
    return NOTHING if number is None else f"{number:,}".replace(",", "\u202f")


UNITS: Mapping[str, Callable[[Any], str]] = {
    "": lambda found: NOTHING if found is None else value(found),
    "count": _count,
    "ms": lambda found: NOTHING if found is None else milliseconds(found),
    "s": lambda found: NOTHING if found is None else f"{found:.3f}",
    "%": _percent,
    "x": _ratio,
}
"""How a figure is written: its unit -> the text of a value."""


class Cells:
    """Writes figures of ``document``; what it cannot find raises LookupError."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def at(self, *path: str | int) -> Any:
        """Return what lies at ``path``."""
        found: Any = self._document
        for key in path:
            found = found[key]
        return found

    def cell(self, *path: str | int, unit: str = "count") -> Markup:
        """Return a cell with the figure at ``path``."""
        return Markup(f'<td class="number"{self._said(path, unit)}</td>')

    def fact(self, *path: str | int, unit: str = "count") -> Markup:
        """Return the figure at ``path`` within a text."""
        return Markup(f"<span{self._said(path, unit)}</span>")

    def _said(self, path: tuple[str | int, ...], unit: str) -> str:
        where = escape("/".join(map(str, path)), quote=True)
        shown = escape(UNITS[unit](self.at(*path)))
        return f' data-path="{where}" data-unit="{unit}">{shown}'
