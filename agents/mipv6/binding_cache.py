"""The Binding Cache of a home agent or correspondent (RFC 6275 §9.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agents.wire.address import Address


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """A Binding Cache entry: where the owner of a home address is, until ``expires_at``.

    ``local`` is the address of this node that the binding was made with, ``registered_at`` when
    it was last refreshed.
    """

    home_address: Address
    care_of: Address
    local: Address
    sequence: int
    registered_at: float
    expires_at: float
    identifier: str | None = None

    def remaining(self, now: float) -> float:
        """Return how many seconds it still stands."""
        return max(0.0, self.expires_at - now)


class BindingCache:
    """All bindings of a node, by home address and by its own address that they hold for."""

    def __init__(self) -> None:
        self._bindings: dict[tuple[Address, Address], Binding] = {}

    def __iter__(self) -> Iterator[Binding]:
        return iter(tuple(self._bindings.values()))

    def __len__(self) -> int:
        return len(self._bindings)

    def get(self, home_address: Address, local: Address) -> Binding | None:
        """Return the binding of ``home_address`` that holds for ``local``."""
        return self._bindings.get((home_address, local))

    def add(self, binding: Binding) -> None:
        """Enter ``binding`` in place of one for the same addresses."""
        self._bindings[binding.home_address, binding.local] = binding

    def remove(self, binding: Binding) -> None:
        """Delete ``binding``; KeyError where it is not there."""
        del self._bindings[binding.home_address, binding.local]


def is_newer(sequence: int, last: int) -> bool:
    """Say whether ``sequence`` comes after ``last``, modulo 65536 (RFC 6275 §9.5.1)."""
    return 0 < (sequence - last) & 0xFFFF < 0x8000
