"""The codec's one error."""

from __future__ import annotations

import struct
from typing import Any


class WireError(ValueError):
    """Octets that are no valid message, or a message that has no octets.

    ``pointer`` is the octet of the header in question that an ICMPv6 Parameter Problem must
    point at, where the protocol asks for that reply (RFC 6275 §9.2); else None: drop and count.
    """

    def __init__(self, reason: str, pointer: int | None = None) -> None:
        super().__init__(reason)
        self.pointer = pointer


MISFITS = (struct.error, TypeError, AttributeError, OverflowError, ValueError)
"""What Python raises where a value has no octets."""


def misfit(message: Any, error: Exception) -> WireError:
    """Return the error of a ``message`` with a field that ``error`` says does not fit."""
    if isinstance(error, WireError):
        return error
    return WireError(f"a field of {type(message).__name__} does not fit: {error}")
