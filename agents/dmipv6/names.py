"""Addresses of names, asked for in the domain of the correspondent and remembered for a while.

draft-liu-dmm-flows-distribution-and-handoff-01 §4.3: a mobile node learns from the DNS where to
send its queries.
"""

from __future__ import annotations

from collections import Counter

from agents.core.actions import Action, Resolve
from agents.core.events import Resolved
from agents.wire.address import Address

REMEMBERED = 256
"""Names whose addresses are remembered; those asked for first go first."""


class Names:
    """Asks name servers, each name once at a time, and remembers answers for ``lifetime`` s."""

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._known: dict[str, tuple[Address, float]] = {}
        self._asked: Counter[str] = Counter()

    def known(self, name: str, now: float) -> Address | None:
        """Return the address of ``name``, if it was answered lately."""
        address, until = self._known.get(name, (None, 0.0))
        return address if now < until else None

    def ask(self, name: str, server: Address, source: Address, *, anew: bool) -> list[Action]:
        """Ask for ``name``, unless that was done; ``anew`` if it was, from a lost address."""
        if self._asked[name] and not anew:
            return []
        self._asked[name] += 1
        return [Resolve(name, server, source)]

    def settles(self, event: Resolved, now: float) -> bool:
        """Take an answer; say whether it is one to rely on, as no other is on its way."""
        self._asked[event.name] -= 1
        others = self._asked[event.name]
        if others <= 0:
            del self._asked[event.name]
        if event.addresses:
            self._known.pop(event.name, None)
            self._known[event.name] = (event.addresses[0], now + self._lifetime)
            if len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]
        return event.answered or others <= 0
