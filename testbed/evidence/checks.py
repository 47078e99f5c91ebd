"""Expectations of the topology file, judged on the finished result.

A path names keys separated by dots. An entry of a list is chosen by what it is called (``name``,
``message``, ``node`` or ``flow``), by its place ``[0]``, or ``[*]`` for all; where several are
chosen, the expectation must hold for each. ``length`` of a list is the number of its entries.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from testbed.topology.network import Expectation, Network

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_PART = re.compile(r"\[(\*|-?\d+)\]|([^.\[\]]+)")  # "flows[ping]" says the same as "flows.ping"
_CALLED = ("name", "message", "node", "flow")


class UnknownPath(LookupError):
    """A path that leads nowhere in the result; the text says where it ends."""


def checks(network: Network, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Judge all that is expected of a result: what the user says, and what goes without saying."""
    expected = (*network.expectations, *_implied(network, document))
    return [check_document(each, document) for each in expected]


def _implied(network: Network, document: Mapping[str, Any]) -> Iterable[Expectation]:
    """Commands are to succeed, unless the user has said what is expected of them.

    ``succeeded`` is None where nobody can tell: it has not ended, or was not run at all.
    """
    said = {tuple(_keys(each.path)[:2]) for each in network.expectations}
    for flow in document["flows"]:
        name, told = flow["name"], flow["succeeded"] is not None
        if flow["kind"] == "command" and told and ("flows", name) not in said:
            path = f"flows.{name}.succeeded"
            yield Expectation(f"{path} == true", path, "==", True)


def _keys(path: str) -> list[str]:
    return [key or place for place, key in _PART.findall(path)]


def check_document(expectation: Expectation, document: Mapping[str, Any]) -> dict[str, Any]:
    """Judge ``expectation`` on a result; a path that leads nowhere does not hold and says why."""
    judged = {"expect": expectation.text, "value": None, "holds": False, "reason": None}
    try:
        values = find(document, expectation.path)
    except UnknownPath as error:
        return {**judged, "reason": str(error)}
    holds = [_compare(expectation.operator, value, expectation.bound) for value in values]
    value = values[0] if len(values) == 1 and "[*]" not in expectation.path else values
    return {**judged, "value": value, "holds": all(holds)}


def find(document: Mapping[str, Any], path: str) -> list[Any]:
    """Return the values that ``path`` leads to, at least one; else UnknownPath."""
    values: list[Any] = [document]
    walked = ""
    for match in _PART.finditer(path):
        place, key = match.groups()
        chosen = [each for value in values for each in _step(value, place, key)]
        if not chosen:
            raise UnknownPath(_nowhere(walked, key or match.group(), values))
        values, walked = chosen, path[: match.end()]
    return values


def _step(value: Any, place: str | None, key: str) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return [value[key]] if place is None and key in value else []
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    if place == "*":
        return value
    if place is not None:
        index = int(place)
        return [value[index]] if -len(value) <= index < len(value) else []
    if key == "length":
        return [len(value)]
    return [entry for entry in value if key in _names(entry)]


def _names(entry: Any) -> list[str]:
    return [entry[key] for key in _CALLED if key in entry] if isinstance(entry, Mapping) else []


def _nowhere(walked: str, part: str, values: Sequence[Any]) -> str:
    where = walked or "the result"
    there: list[str] = []
    for value in values:
        if isinstance(value, Mapping):
            there = list(value)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            there = [name for entry in value for name in _names(entry)[:1]]
    if there:
        return f"{where} has no {part}; it has {', '.join(dict.fromkeys(there))}"
    return f"{where} has no {part}" + ("; it is empty" if [] in values else "")


def _compare(symbol: str, value: Any, bound: Any) -> bool:
    """Compare; a value that is missing, or of another sort than the bound, compares false."""
    if value is None and bound is not None:
        return False
    try:
        return bool(_OPERATORS[symbol](value, bound))
    except TypeError:
        return False
