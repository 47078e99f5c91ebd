"""Expectations: `handovers[*].latency < 80ms` as a path into the result, an operator, a bound."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import IPv6Address
from typing import Any

from testbed.topology.model import PlayModel
from testbed.topology.network import Expectation
from testbed.topology.sources import Sources
from testbed.topology.units import DURATIONS, FRACTIONS, RATES, quantity

RESULT_KEYS = ("attachments", "handovers", "flows", "flow_moves", "signalling", "drops", "captures")
_OPERATORS = ("==", "!=", "<=", ">=", "<", ">")
_SHAPE = re.compile(r"\s*(?P<path>[^\s<>=!]+)\s*(?P<operator>[<>=!]+)\s*(?P<bound>.+?)\s*")
_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_PATH = re.compile(rf"{_NAME}(\.{_NAME}|\[(\*|\d+|{_NAME})\])*")
_WORDS = {"true": True, "false": False, "null": None}


def resolve_expectations(model: PlayModel, sources: Sources) -> tuple[Expectation, ...]:
    """Parse all expectations; TopologyError for the first that cannot be judged."""
    return tuple(_resolve(text, index, model, sources) for index, text in enumerate(model.expect))


def _resolve(text: str, index: int, model: PlayModel, sources: Sources) -> Expectation:
    location = ("expect", index)
    try:
        path, operator, bound = parse(text)
    except ValueError as error:
        raise sources.error(location, str(error)) from error
    first, second = [*re.findall(rf"{_NAME}|\*|\d+", path), ""][:2]
    if first not in RESULT_KEYS:
        raise sources.unknown(location, "part of a result", first, RESULT_KEYS)
    if first == "flows" and re.fullmatch(_NAME, second) and second not in model.flows:
        raise sources.unknown(location, "flow", second, model.flows)
    return Expectation(text, path, operator, bound, sources.line(location))


def parse(text: str) -> tuple[str, str, Any]:
    """Return the path, the operator and the bound that ``text`` spells; ValueError otherwise.

    Bounds are JSON-like: numbers, with units as seconds, parts or bit/s; words; IPv6 addresses,
    which become the shortest text of each; quoted text.
    """
    found = _SHAPE.fullmatch(text)
    if not found:
        raise ValueError(f"bad expectation {text!r}: write it like handovers[*].latency < 80ms")
    if found["operator"] not in _OPERATORS:
        said = f"take one of {' '.join(_OPERATORS)}"
        raise ValueError(f"bad expectation: unknown operator {found['operator']!r}: {said}")
    if not _PATH.fullmatch(found["path"]):
        raise ValueError(f"bad expectation: {found['path']!r} is no path like flows.ping.lost")
    return found["path"], found["operator"], _bound(found["bound"])


def _bound(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if re.fullmatch(r"[-+]?\d+", text):
        return int(text)
    number = quantity(text, {**DURATIONS, **FRACTIONS, **RATES})
    if number is not None:
        return number
    if re.fullmatch(_NAME, text):
        return text
    with suppress(ValueError):
        return str(IPv6Address(text))
    said = "is no number, time, percentage, rate, address or word"
    raise ValueError(f"bad expectation: {text!r} {said}")
