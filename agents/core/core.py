"""The shape of a protocol core, and of one row of the table that it shows to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from agents.core.actions import Action
from agents.core.events import Event


class Core(Protocol):
    """A protocol role without I/O: events and the time go in, actions come out.

    ``now`` is in seconds since 1970-01-01 on a clock that never steps and that all nodes of a
    run share. A driver performs the returned actions in order, then asks ``deadline()`` and
    calls ``tick`` when that time has come.
    """

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        ...

    def tick(self, now: float) -> Sequence[Action]:
        """Do what has become due by ``now``."""
        ...

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        ...

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the bindings this role holds, as rows of printable values."""
        ...
