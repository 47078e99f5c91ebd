"""Addresses and prefixes as people read them, each spelled out once."""

from __future__ import annotations

from functools import lru_cache

from agents.wire.address import Address, Prefix

_REMEMBERED = 1 << 16


@lru_cache(_REMEMBERED)
def spelled(value: Address | Prefix) -> str:
    """Return the RFC 5952 text of an address or prefix."""
    return str(value)


@lru_cache(_REMEMBERED)
def link_layer_text(octets: bytes) -> str:
    """Return a link-layer address as pairs of hexadecimal digits joined by colons."""
    return octets.hex(":")
