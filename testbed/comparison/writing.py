"""The files that a comparison leaves."""

from __future__ import annotations

from pathlib import Path

from testbed.comparison.comparing import Compared
from testbed.comparison.page import page
from testbed.comparison.tidy import write_csv

PAGE = "comparison.html"


def write(compared: Compared, folder: Path) -> Path:
    """Write the page and the CSV into ``folder``, which is made; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(compared.summaries, folder)
    file = folder / PAGE
    file.write_text(page(compared, folder), encoding="utf-8")
    return file
