"""How often one address may be asked about."""

from __future__ import annotations

from agents.wire.address import Address


class Pace:
    """Lets ``burst`` questions about an address follow at once, then one per ``interval`` seconds.

    Addresses are remembered only for as long as they have to wait.
    """

    def __init__(self, interval: float, burst: int) -> None:
        self._interval = interval
        self._slack = (burst - 1) * interval
        self._paid: dict[Address, float] = {}  # when what was asked so far would be regular

    def ready_at(self, address: Address) -> float:
        """Return when the next question may follow; it may have been possible for long."""
        return self._paid.get(address, float("-inf")) - self._slack

    def note(self, address: Address, now: float) -> None:
        """Know that a question is asked."""
        self._paid[address] = max(now, self._paid.pop(address, now)) + self._interval
        while next(iter(self._paid.values())) <= now:
            del self._paid[next(iter(self._paid))]
