"""What generated layers have in common: prefixes as text, flags that follow from fields."""

from __future__ import annotations

from typing import Any

from agents.wire.address import Prefix
from agents.wire.layout import Kind, specs_of

Layers = dict[type, Any]
"""Layers by the declared class that they are made from."""


class Convenient:
    """Takes prefixes as ``prefix="2001:db8::/32"``; sets the flags of optional fields."""

    __slots__ = ()
    declared: Any = None

    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **self._completed(values))

    @classmethod
    def _completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name, spec in specs_of(cls.declared).items() if cls.declared else ():
            if spec.kind is Kind.PREFIX and isinstance(values.get(name), str):
                prefix = Prefix.parse(values.pop(name))
                values[f"{name}_length"] = prefix.length
                values[f"{name}_network"] = str(prefix.network)
            elif spec.kind is Kind.PRESENT and values.get(name) is not None:
                values["flags"] = values.get("flags", 0) | spec.of
        return values
