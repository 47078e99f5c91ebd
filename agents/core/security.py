"""The key that two ends of a registration share (RFC 4285 §5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.core.configuration import ConfigurationError, Reader


@dataclass(frozen=True, slots=True)
class SecurityAssociation:
    """A shared key, named by its mobility security parameter index, which is above 255."""

    spi: int
    key: bytes


def read_association(role: str, value: Mapping[str, Any] | None) -> SecurityAssociation | None:
    """Return the association that ``value`` spells ("spi", "key" in hexadecimal), if any."""
    if value is None:
        return None
    reader = Reader(f"{role}: authentication", value)
    spi = reader.count("spi", 0)
    if not 255 < spi < 1 << 32:
        raise ConfigurationError(f"{role}: 'spi' is {spi}: 0 to 255 are reserved (RFC 4285 §5.1)")
    try:
        key = bytes.fromhex(reader.value("key"))
    except (TypeError, ValueError):
        raise ConfigurationError(f"{role}: 'key' is no hexadecimal text") from None
    if not key:
        raise ConfigurationError(f"{role}: 'key' is empty")
    return SecurityAssociation(spi, key)
