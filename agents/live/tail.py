"""The end of a log, for the report of a death."""

from __future__ import annotations

import os
from pathlib import Path

_LINES = 20
_OCTETS = 8192


def last_lines(path: str, count: int = _LINES) -> list[str]:
    """Return the last ``count`` lines of the file at ``path``, none where there is no file."""
    try:
        with Path(path).open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - _OCTETS))
            return log.read().decode(errors="replace").splitlines()[-count:]
    except OSError:
        return []
