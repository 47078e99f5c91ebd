"""Rows of what agents hold, as tables on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

Row = Mapping[str, object]


def print_rows(title: str, rows: Sequence[Row]) -> None:
    """Print ``rows`` below ``title``, those with the same keys as one table; nothing is cut off."""
    console = Console(emoji=False, markup=False, highlight=False)  # fd00:a::1 holds no emoji
    console.print(title, style="bold")
    for columns in dict.fromkeys(tuple(row) for row in rows):
        table = Table()
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            if tuple(row) == columns:
                table.add_row(*(_text(value) for value in row.values()))
        console.print(table)


def _text(value: object) -> str:
    if value is None:
        return "-"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
