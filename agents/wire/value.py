"""Values: what is made by the million, passed around and never changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform, overload

Made = TypeVar("Made")


@overload
def value(made: type[Made]) -> type[Made]: ...


@overload
def value(*, kw_only: bool) -> Callable[[type[Made]], type[Made]]: ...


@dataclass_transform(frozen_default=True)
def value(
    made: type[Made] | None = None, *, kw_only: bool = False
) -> type[Made] | Callable[[type[Made]], type[Made]]:
    """Make ``made`` a dataclass with slots, equality and a hash, whose fields must not be set.

    The type checker sees to that. A frozen dataclass sees to it at run time too, and one of six
    fields then takes ten times as long to make.
    """

    def make(bare: type[Made]) -> type[Made]:
        return dataclass(slots=True, unsafe_hash=True, kw_only=kw_only)(bare)

    return make if made is None else make(made)
