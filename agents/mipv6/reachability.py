"""Which addresses can be a home address or a care-of address (RFC 6275 §6.1.7, §9.5.1)."""

from __future__ import annotations

from agents.wire.address import Address, Prefix

_UNUSABLE = tuple(
    Prefix.parse(text) for text in ("::/127", "::ffff:0:0/96", "fe80::/10", "ff00::/8")
)


def is_routable(address: Address) -> bool:
    """Say whether ``address`` is unicast and reaches beyond its link."""
    return not any(prefix.contains(address) for prefix in _UNUSABLE)
