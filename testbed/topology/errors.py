"""The one error of a topology file: what is wrong, where, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SHOWN = 12  # names in one line of an error
_LONGEST = 400  # characters of that line


class TopologyError(Exception):
    """A topology or scenario file that cannot be used.

    Prints as one line, ``file:line: key: message``, without what is not known.
    """

    def __init__(self, message: str, file: str = "", line: int = 0, key: str = "") -> None:
        self.message = message
        self.file = file
        self.line = line
        self.key = key
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        text = ": ".join(part for part in (place, self.key, self.message) if part)
        line = " ".join(text.split())
        return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def suggest(word: str, choices: Iterable[str]) -> str:
    """Say which of ``choices`` was meant by ``word``: the nearest one, else all of them."""
    known = list(choices)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    if not known:
        return "there is none"
    more = ", ..." if len(known) > _SHOWN else ""
    return f"known: {', '.join(known[:_SHOWN])}{more}"
