"""What home proxies have told of themselves, for as long as it is fresh.

draft-liu-dmm-flows-distribution-and-handoff-01 §4.3.1: every home proxy of a domain keeps the
status of all others; §4.3.3: so does a management server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.core.actions import Action, Drop, Record
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.wire.address import Address
from agents.wire.dmipv6_messages import DhpRecord


class Statuses:
    """The status of each of the ``known`` home proxies that was heard within ``stale_after`` s."""

    def __init__(self, known: frozenset[Address], stale_after: float) -> None:
        self._known = known
        self._stale_after = stale_after
        self._heard: dict[Address, tuple[DhpRecord, float]] = {}

    def announced(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an announcement: one record, of a known home proxy, from that one itself."""
        records = event.message.records
        if event.source not in self._known:
            return [Drop("status of a stranger", {"source": spelled(event.source)})]
        if [record.address for record in records] != [event.source]:
            return [Drop("status of another", {"source": spelled(event.source)})]
        news = self._status(event.source, now) != records[0]
        self._heard[event.source] = (records[0], now)
        return [Record("status_heard", row(records[0]))] if news else []

    def knows(self, address: Address, now: float) -> bool:
        """Say whether the status of ``address`` is known and not stale."""
        return self._status(address, now) is not None

    def fresh(self, now: float) -> list[DhpRecord]:
        """Return what is known and not stale, in the order of addresses."""
        found = [self._status(address, now) for address in sorted(self._heard)]
        return [record for record in found if record is not None]

    def _status(self, address: Address, now: float) -> DhpRecord | None:
        record, at = self._heard.get(address, (None, 0.0))
        return record if now < at + self._stale_after else None


def row(record: DhpRecord) -> Mapping[str, Any]:
    """Return a status as a row of printable values."""
    return {
        "node": spelled(record.address),
        "proxy": spelled(record.address),
        "load": record.load,
        "capability": record.process,
        "distance": record.distance,
        "security": record.security,
    }
