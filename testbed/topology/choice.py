"""Unions of pydantic models that are told apart by what a mapping holds."""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticCustomError

# Locations of pydantic carry the tag of the chosen model; the brackets tell it from a key.


def tag(name: str) -> str:
    """Return the tag of the model that is chosen by ``name``."""
    return f"<{name}>"


def is_tag(part: str | int) -> bool:
    """Say whether a part of a location is a tag rather than a key."""
    return isinstance(part, str) and part.startswith("<")


def refuse(message: str, *key: str | int) -> PydanticCustomError:
    """Return the error that a mapping cannot be told to be any of the models."""
    # The text goes through a template, so braces in the user's words must not be read as one.
    return PydanticCustomError("choice", "{message}", {"message": message, "key": list(key)})


def mapping(value: Any, what: str) -> dict[str, Any]:
    """Return ``value`` if it is a mapping, else raise that it should be ``what``."""
    if not isinstance(value, dict):
        raise refuse(f"expected {what}, not {value!r}")
    return value
