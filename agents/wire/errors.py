"""The codec's one error."""

from __future__ import annotations


class WireError(ValueError):
    """Octets that are no valid message, or a message that has no octets.

    ``pointer`` is the octet of the header in question that an ICMPv6 Parameter Problem must
    point at, where the protocol asks for that reply (RFC 6275 §9.2); else None: drop and count.
    """

    def __init__(self, reason: str, pointer: int | None = None) -> None:
        super().__init__(reason)
        self.pointer = pointer
