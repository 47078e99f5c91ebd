"""YAML with the plain scalars of YAML 1.2: `on`, `no`, `0755` and `12:30` are text.

PyYAML follows YAML 1.1, which would turn the key `on` into a boolean and a hexadecimal key that
happens to begin with 0 into an octal number.
"""

from __future__ import annotations

import re

try:
    from yaml import CSafeLoader as _Base
except ImportError:  # PyYAML built without libyaml: ten times slower, otherwise the same
    from yaml import SafeLoader as _Base  # type: ignore[assignment]


class Loader(_Base):
    """A safe loader that knows null, booleans and decimal numbers, and leaves the rest as text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


_SCALARS = {
    "null": (r"~|null|", ["~", "n", ""]),
    "bool": (r"true|false", ["t", "f"]),
    "int": (r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    "float": (r"[-+]?(0|[1-9][0-9]*)?(\.[0-9]+|\.?[eE][-+]?[0-9]+)", list("-+.0123456789")),
    "merge": (r"<<", ["<"]),
}

for _name, (_pattern, _first) in _SCALARS.items():
    Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_name}", re.compile(rf"^(?:{_pattern})$"), _first
    )
