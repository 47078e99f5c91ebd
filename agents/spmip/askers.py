"""Which gateways have asked about which addresses, so that they can be told of what changes."""

from __future__ import annotations

from dataclasses import dataclass

from agents.spmip.by_prefix import ByPrefix
from agents.wire.address import Address, Prefix
from agents.wire.messages import BindingUpdate


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of ``asker`` about ``address``, which came at ``at`` and is remembered ``until``.

    One that was answered has the ``care_of`` address that it was told, one that still waits has
    its ``question``, one that was refused has neither. ``identifier`` is the mobile node's, as
    far as it is known. ``tries`` counts how often the asker has asked so far.
    """

    address: Address
    asker: Address
    at: float
    until: float = 0.0
    care_of: Address | None = None
    identifier: bytes = b""
    question: BindingUpdate | None = None
    tries: int = 1


class Askers:
    """The last query of each asker about each address; the oldest go where there are too many."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._by_address: ByPrefix[dict[Address, Asked]] = ByPrefix()
        self._order: dict[tuple[Address, Address], None] = {}

    def __len__(self) -> int:
        return len(self._order)

    def remember(self, asked: Asked) -> None:
        """Remember ``asked`` in place of what the same gateway asked about the same address."""
        self._forget(asked.address, asked.asker)
        askers = self._by_address.get(asked.address)
        if askers is None:
            self._by_address.set(asked.address, {asked.asker: asked})
        else:
            askers[asked.asker] = asked
        self._order[asked.address, asked.asker] = None
        if len(self._order) > self._capacity:
            self._forget(*next(iter(self._order)))

    def find(self, address: Address, asker: Address) -> Asked | None:
        """Return what is remembered of what ``asker`` asked about ``address``."""
        return (self._by_address.get(address) or {}).get(asker)

    def take(self, prefix: Prefix, now: float) -> list[Asked]:
        """Take out what was asked about addresses in ``prefix``, without what is outdated."""
        taken: list[Asked] = []
        for address in self._by_address.within(prefix):
            askers = self._by_address.get(address) or {}
            taken += askers.values()
            self._by_address.remove(address)
        for asked in taken:
            del self._order[asked.address, asked.asker]
        return [asked for asked in taken if asked.until > now]

    def _forget(self, address: Address, asker: Address) -> None:
        askers = self._by_address.get(address)
        if askers is None or asker not in askers:
            return
        del askers[asker]
        del self._order[address, asker]
        if not askers:
            self._by_address.remove(address)
