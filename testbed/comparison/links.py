"""From each figure of a table to where it was read: a part of a run's report, and the frames."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from testbed.comparison.facts import Key, handover_names
from testbed.comparison.summary import Summary

REPORT = "report.html"
_PARTS = {"handover": "handovers", "phase": "handovers", "flow": "flows", "node": "loads"}
_SIGNALLING = "signalling"  # the part of a report that all other figures are in


class Link(NamedTuple):
    """Where a figure is in the report of a column's first run, and in its capture."""

    href: str
    title: str


class Links:
    """Makes links for a page in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def file(self, file: Path) -> str:
        """Return the way to ``file``."""
        return quote(os.path.relpath(file.absolute(), self._folder))

    def of(self, summary: Summary, key: Key) -> Link:
        """Return where the first run of a column has the figure ``key``."""
        run = summary.column.runs[0]
        href = f"{self.file(run.folder / REPORT)}#{_PARTS.get(key.scope, _SIGNALLING)}"
        return Link(href, "; ".join(["run 1", *_read_in(run.document, key)]))


def _read_in(document: Mapping[str, Any], key: Key) -> Iterator[str]:
    """Say in which frames a figure was read, or which filter finds them."""
    where = _where(document, key) or {}
    if key.metric == "interruption":
        flow, _, way = key.direction.rpartition(" ")
        frames = where.get("interruption", {}).get(flow, {}).get(way)
        if frames:
            yield f"from frame {frames[0]} to frame {frames[1]}"
    elif where.get("filter"):
        yield where["filter"]


def _where(document: Mapping[str, Any], key: Key) -> Mapping[str, Any] | None:
    if key.scope == "handover":
        handovers = document["handovers"]
        named = dict(zip(handover_names(handovers), handovers, strict=True))
        entry = named.get(key.subject, {})
    elif key.scope in ("flow", "move", "message"):
        rows = document["flows" if key.scope == "flow" else "signalling"]
        name = "name" if key.scope == "flow" else "message"
        entry = next((row for row in rows if row[name] == key.subject), {})
    else:
        entry = {}
    found: Mapping[str, Any] | None = entry.get("where")
    return found
