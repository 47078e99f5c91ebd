"""Values by address that are also found by a prefix that covers the address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from agents.wire.address import Address, Prefix

V = TypeVar("V")

_SHELF = 64  # bits: the usual length of a home network prefix
_OCTETS = _SHELF // 8


class ByPrefix(Generic[V]):
    """A dictionary of addresses, in the order in which they were entered."""

    __slots__ = ("_shelves", "_values")

    def __init__(self) -> None:
        self._values: dict[Address, V] = {}
        self._shelves: dict[bytes, dict[Address, None]] = {}

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Address]:
        return iter(self._values)

    def get(self, address: Address) -> V | None:
        """Return the value of ``address``, or None."""
        return self._values.get(address)

    def set(self, address: Address, value: V) -> None:
        """Enter ``address`` with ``value``, or give it another value."""
        self._values[address] = value
        self._shelves.setdefault(address[:_OCTETS], {})[address] = None

    def remove(self, address: Address) -> None:
        """Take ``address`` out, if it is there."""
        if address not in self._values:
            return
        del self._values[address]
        shelf = self._shelves[address[:_OCTETS]]
        del shelf[address]
        if not shelf:
            del self._shelves[address[:_OCTETS]]

    def within(self, prefix: Prefix) -> list[Address]:
        """Return the addresses that lie in ``prefix``."""
        if prefix.length < _SHELF:
            return [address for address in self._values if prefix.contains(address)]
        shelf = self._shelves.get(prefix.network[:_OCTETS], ())
        return [address for address in shelf if prefix.contains(address)]
