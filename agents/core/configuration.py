"""Reading a role's configuration: plain JSON values in, typed values or one clear line out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agents.wire.address import Address, Prefix
from agents.wire.numbers import LIFETIME_UNIT

_LONGEST_LIFETIME = 0xFFFF * LIFETIME_UNIT


class ConfigurationError(ValueError):
    """A role's configuration has a key with a value that the role cannot work with."""


class Reader:
    """Typed access to the keys of a configuration; ConfigurationError names the key at fault."""

    def __init__(self, role: str, config: Mapping[str, Any]) -> None:
        self._role = role
        self._config = config

    def value(self, key: str) -> Any:
        """Return the value of ``key``, which must be there."""
        if key not in self._config:
            raise ConfigurationError(f"{self._role}: the key {key!r} is missing")
        return self._config[key]

    def address(self, key: str) -> Address:
        """Return the IPv6 address under ``key``."""
        return self._parsed(key, self.value(key))

    def addresses(self, key: str) -> list[Address]:
        """Return the list of IPv6 addresses under ``key``."""
        return [self._parsed(key, text) for text in self._items(key)]

    def prefix(self, key: str) -> Prefix | None:
        """Return the IPv6 prefix under ``key``, or None where it is null or absent."""
        text = self._config.get(key)
        return None if text is None else parse_prefix(text, f"{self._role}: {key!r}")

    def seconds(self, key: str, default: float) -> float:
        """Return the number of seconds under ``key``, which must not be negative."""
        seconds = self._config.get(key, default)
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            raise self._error(key, seconds, "a number of seconds, 0 or more")
        return float(seconds)

    def positive(self, key: str, default: float) -> float:
        """Return the number of seconds under ``key``, which must be above 0."""
        seconds = self.seconds(key, default)
        if seconds == 0:
            raise self._error(key, 0, "a number of seconds above 0")
        return seconds

    def lifetime(self, key: str, default: float, longest: float = _LONGEST_LIFETIME) -> float:
        """Return the seconds under ``key``, which a Lifetime field must be able to hold."""
        lifetime = self.seconds(key, default)
        if not LIFETIME_UNIT <= lifetime <= longest:
            wanted = f"a lifetime of {LIFETIME_UNIT} to {longest:g} s"
            raise self._error(key, self._config[key], wanted)
        return lifetime

    def count(self, key: str, default: int) -> int:
        """Return the positive whole number under ``key``."""
        count = self._config.get(key, default)
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise self._error(key, count, "a whole number, 1 or more")
        return count

    def flag(self, key: str, default: bool) -> bool:
        """Return the truth value under ``key``."""
        value = self._config.get(key, default)
        if not isinstance(value, bool):
            raise self._error(key, value, "true or false")
        return value

    def octet(self, key: str) -> int:
        """Return the whole number of 0 to 255 under ``key``."""
        number = self.value(key)
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= 255:
            raise self._error(key, number, "a whole number of 0 to 255")
        return number

    def fraction(self, key: str, default: float) -> float:
        """Return the number between 0 and 1, both excluded, under ``key``."""
        fraction = self._config.get(key, default)
        if not isinstance(fraction, int | float) or not 0 < fraction < 1:
            raise self._error(key, fraction, "a number between 0 and 1")
        return float(fraction)

    def choice(self, key: str, default: str, allowed: Sequence[str]) -> str:
        """Return the word under ``key``, one of ``allowed``."""
        chosen = self._config.get(key, default)
        if chosen not in allowed:
            raise self._error(key, chosen, f"one of {', '.join(allowed)}")
        return str(chosen)

    def choices(self, key: str, default: Sequence[str], allowed: Sequence[str]) -> frozenset[str]:
        """Return the set of words under ``key``, at least one, each of ``allowed``."""
        chosen = self._config.get(key, default)
        if not chosen or isinstance(chosen, str) or not set(chosen) <= set(allowed):
            raise self._error(key, chosen, f"a list of some of {', '.join(allowed)}")
        return frozenset(chosen)

    def link_layer(self, key: str) -> bytes:
        """Return the octets of the link-layer address under ``key``."""
        return parse_link_layer(self.value(key), f"{self._role}: {key!r}")

    def _items(self, key: str) -> list[Any]:
        items = self.value(key)
        if not isinstance(items, list | tuple):
            raise self._error(key, items, "a list")
        return list(items)

    def _parsed(self, key: str, text: Any) -> Address:
        try:
            return Address.parse(text)
        except ValueError:
            raise self._error(key, text, "an IPv6 address") from None

    def _error(self, key: str, value: Any, wanted: str) -> ConfigurationError:
        return ConfigurationError(f"{self._role}: {key!r} is {value!r}: give {wanted}")


def parse_prefix(text: Any, where: str) -> Prefix:
    """Return the IPv6 prefix that ``text`` spells; else ConfigurationError says ``where``."""
    try:
        return Prefix.parse(text)
    except ValueError:
        raise ConfigurationError(f"{where} is {text!r}: give an IPv6 prefix") from None


def parse_link_layer(text: Any, where: str) -> bytes:
    """Return the octets of an address such as 02:00:00:00:00:01; else ConfigurationError."""
    try:
        return bytes.fromhex(text.replace(":", ""))
    except (AttributeError, ValueError):
        raise ConfigurationError(
            f"{where} is {text!r}: give a link-layer address such as 02:00:00:00:00:01"
        ) from None
