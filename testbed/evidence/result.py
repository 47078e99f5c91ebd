"""The result of a run: measured from what was seen, written into the folder of the run."""

from __future__ import annotations

from pathlib import Path

from testbed.evidence.measure import Result, as_json, measure
from testbed.evidence.report import report
from testbed.evidence.series import packets_csv

__all__ = ["Result", "as_json", "measure", "write"]


def write(result: Result, folder: Path) -> None:
    """Write ``result.json``, ``packets.csv`` and ``report.html`` into ``folder``."""
    (folder / "result.json").write_text(as_json(result.document), encoding="utf-8")
    (folder / "packets.csv").write_text(packets_csv(result), encoding="utf-8")
    (folder / "report.html").write_text(report(result), encoding="utf-8")
