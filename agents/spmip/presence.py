"""Which home prefixes a gateway serves: its binding cache (draft-jikim-dmm-pmip §3.3.2, step 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from agents.core.actions import Action, AddRoute, RemoveRoute
from agents.wire.address import Address, Prefix


class Presence:
    """The prefixes of attached nodes, which a gateway of PMIPv6 makes known by its routes."""

    def __init__(self) -> None:
        self._present: set[Prefix] = set()
        self._lengths: Counter[int] = Counter()

    def follow(self, actions: Iterable[Action]) -> list[Prefix]:
        """Note what the ``actions`` of the gateway change; return the prefixes that have come."""
        come: list[Prefix] = []
        for action in actions:
            if type(action) is AddRoute and action.source is None:
                self._enter(action.prefix)
                come.append(action.prefix)
            elif type(action) is RemoveRoute and action.source is None:
                self._leave(action.prefix)
        return come

    def covering(self, address: Address) -> Prefix | None:
        """Return the prefix of an attached node that ``address`` lies in, or None."""
        for length in +self._lengths:
            prefix = Prefix.of(address, length)
            if prefix in self._present:
                return prefix
        return None

    def _enter(self, prefix: Prefix) -> None:
        if prefix not in self._present:
            self._present.add(prefix)
            self._lengths[prefix.length] += 1

    def _leave(self, prefix: Prefix) -> None:
        if prefix in self._present:
            self._present.remove(prefix)
            self._lengths[prefix.length] -= 1
