"""YAML with the plain scalars of YAML 1.2: `on`, `no`, `0755` and `12:30` are text.

PyYAML follows YAML 1.1, which would turn the key `on` into a boolean and a hexadecimal key that
happens to begin with 0 into an octal number. Tags beyond those of plain values are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

import yaml
from yaml.constructor import ConstructorError, SafeConstructor

try:
    from yaml import CSafeLoader as _Base
except ImportError:  # PyYAML built without libyaml: ten times slower, otherwise the same
    from yaml import SafeLoader as _Base  # type: ignore[assignment]

_TAG = "tag:yaml.org,2002:"


class Loader(_Base):
    """A safe loader that knows null, booleans and decimal numbers, and leaves the rest as text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - so its stubs
    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        f"{_TAG}map": SafeConstructor.construct_yaml_map,
        f"{_TAG}seq": SafeConstructor.construct_yaml_seq,
        f"{_TAG}str": SafeConstructor.construct_yaml_str,
        f"{_TAG}null": SafeConstructor.construct_yaml_null,
        None: SafeConstructor.construct_undefined,
    }


def _scalar(read: Callable[[str], Any], what: str) -> Callable[[Loader, yaml.Node], Any]:
    def construct(loader: Loader, node: yaml.Node) -> Any:
        try:
            return read(str(loader.construct_scalar(node)))  # type: ignore[arg-type]
        except (ValueError, KeyError) as error:
            said = f"{node.value!r} is no {what}"
            raise ConstructorError(None, None, said, node.start_mark) from error

    return construct


_WORDS = {"true": True, "false": False}

Loader.add_constructor(f"{_TAG}bool", _scalar(_WORDS.__getitem__, "boolean"))
Loader.add_constructor(f"{_TAG}int", _scalar(int, "whole number"))
Loader.add_constructor(f"{_TAG}float", _scalar(float, "number"))

_SCALARS = {
    "null": (r"~|null|", ["~", "n", ""]),
    "bool": (r"true|false", ["t", "f"]),
    "int": (r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    "float": (r"[-+]?(0|[1-9][0-9]*)?(\.[0-9]+|\.?[eE][-+]?[0-9]+)", list("-+.0123456789")),
    "merge": (r"<<", ["<"]),
}

for _name, (_pattern, _first) in _SCALARS.items():
    Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(rf"^(?:{_pattern})$"), _first)
