"""Plain Python values as Lua source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def literal(value: Any, indent: str = "") -> str:
    """Return ``value`` as a Lua expression; None is left out of tables."""
    if isinstance(value, dict):
        pairs = (f"[{literal(name)}] = {{}}" for name, inner in value.items() if inner is not None)
        inners = (inner for inner in value.values() if inner is not None)
        return _table(pairs, inners, indent)
    if isinstance(value, list | tuple):
        return _table(("{}" for _ in value), iter(value), indent)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    raise TypeError(f"no Lua value: {value!r}")


def _table(starts: Iterator[str], inners: Iterator[Any], indent: str) -> str:
    deeper = indent + " "
    elements = [
        f"{deeper}{start.replace('{}', '')}{literal(inner, deeper)},\n"
        for start, inner in zip(starts, inners, strict=True)
    ]
    return "{\n" + "".join(elements) + indent + "}" if elements else "{}"


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return "\\n" if character == "\n" else character
