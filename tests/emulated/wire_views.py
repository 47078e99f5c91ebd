"""What tshark, as a judge of its own, says of a capture."""

from __future__ import annotations

import subprocess
from pathlib import Path

Row = dict[str, list[str]]


def rows(capture: Path, *fields: str, display_filter: str = "") -> list[Row]:
    """Return the values of ``fields`` of each frame that the filter lets through, in order."""
    arguments = [
        "tshark",
        "-r",
        str(capture),
        "-T",
        "fields",
        "-E",
        "occurrence=a",
        "-E",
        "aggregator=|",
    ]
    arguments += [word for field in fields for word in ("-e", field)]
    if display_filter:
        arguments += ["-Y", display_filter]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=60)
    lines = (line.split("\t") for line in done.stdout.splitlines())
    return [
        {
            field: value.split("|") if value else []
            for field, value in zip(fields, line, strict=True)
        }
        for line in lines
    ]
