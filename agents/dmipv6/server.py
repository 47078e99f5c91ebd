"""The DHP management server, a host of its own (draft-liu §4.3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop
from agents.core.events import Event, MessageReceived, Started
from agents.dmipv6.config import DirectoryConfig
from agents.dmipv6.directory import MESSAGES, Directory


class ManagementServer:
    """Keeps the status of home proxies and answers queries; it takes part in nothing else."""

    def __init__(self, config: DirectoryConfig) -> None:
        self._directory = Directory(config)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> ManagementServer:
        """Return a server that knows nothing yet; ConfigurationError names the key at fault."""
        return cls(DirectoryConfig.read(config))

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        if isinstance(event, Started):
            return self._directory.started()
        if isinstance(event, MessageReceived) and isinstance(event.message, MESSAGES):
            return self._directory.received(event, now)
        return [Drop("event not for a management server", {"event": type(event).__name__})]

    def tick(self, now: float) -> Sequence[Action]:
        """Do nothing: what is stale is left out when somebody asks."""
        return []

    def deadline(self) -> float | None:
        """Return None: nothing becomes due."""
        return None

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return what is known of home proxies as rows of printable values."""
        return self._directory.rows(now)
