"""The role maar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action
from agents.core.events import Event
from agents.romip.config import MaarConfig


class Maar:
    """The role."""

    def __init__(self, config: MaarConfig) -> None:
        self._config = config

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> Maar:
        """Return the role; ConfigurationError names the key at fault."""
        return cls(MaarConfig.read(config))

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        return []

    def tick(self, now: float) -> Sequence[Action]:
        """Do what has become due."""
        return []

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        return None

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return rows of printable values."""
        return []
