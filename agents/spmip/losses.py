"""Lost packets, told in sums: a flood must not make a flood of reports."""

from __future__ import annotations

from agents.core.actions import Action, Drop
from agents.core.text import spelled
from agents.wire.address import Address

REPORT_INTERVAL = 1.0
"""Seconds between two reports of losses for the same reason."""


class Losses:
    """Counts lost packets by reason: the first is told at once, more of them once a second."""

    __slots__ = ("_last", "_packets", "_reported_at")

    def __init__(self) -> None:
        self._packets: dict[str, int] = {}
        self._last: dict[str, Address] = {}
        self._reported_at: dict[str, float] = {}

    def lose(self, reason: str, address: Address, now: float, packets: int = 1) -> list[Action]:
        """Count ``packets`` to ``address`` as lost."""
        if not packets:
            return []
        self._packets[reason] = self._packets.get(reason, 0) + packets
        self._last[reason] = address
        if now - self._reported_at.get(reason, float("-inf")) >= REPORT_INTERVAL:
            return [self._report(reason, now)]
        return []

    def tick(self, now: float) -> list[Action]:
        """Report what has gathered for long enough."""
        due = [reason for reason in self._packets if self._due(reason) <= now]
        return [self._report(reason, now) for reason in due]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        return min(map(self._due, self._packets), default=None)

    def _due(self, reason: str) -> float:
        return self._reported_at[reason] + REPORT_INTERVAL

    def _report(self, reason: str, now: float) -> Drop:
        self._reported_at[reason] = now
        details = {"packets": self._packets.pop(reason), "destination": spelled(self._last[reason])}
        return Drop(reason, details)
