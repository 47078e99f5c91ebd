"""Placeholders such as ``{to}`` in a command, among the braces that shells and awk use."""

from __future__ import annotations

import re
from collections.abc import Mapping

# One word alone between braces. `${HOME}` is the shell's; doubled braces stand for single ones.
_PLACEHOLDER = re.compile(r"(?<![${])\{([a-z]+)\}(?!\})|\{(\{[a-z]+\})\}")


class UnknownPlaceholder(Exception):
    """A placeholder that nothing is known to fill; ``name`` is the word in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def fill(text: str, known: Mapping[str, str]) -> str:
    """Return ``text`` with its placeholders filled; UnknownPlaceholder for the first strange one.

    ``{{word}}`` becomes ``{word}``; all other braces stay as they are.
    """

    def value(found: re.Match[str]) -> str:
        name, escaped = found.groups()
        if escaped:
            return str(escaped)
        if name not in known:
            raise UnknownPlaceholder(name)
        return known[name]

    return _PLACEHOLDER.sub(value, text)
