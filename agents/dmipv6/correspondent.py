"""A correspondent of MIPv6 that may also act as a DHP management server (draft-liu §4.3.3.2.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action
from agents.core.events import Event, MessageReceived, Started
from agents.dmipv6.config import DirectoryConfig
from agents.dmipv6.directory import MESSAGES, Directory
from agents.mipv6.correspondent_node import CorrespondentNode


class ServingCorrespondent:
    """A correspondent node, and the management server that its configuration makes of it."""

    def __init__(self, node: CorrespondentNode, directory: Directory | None) -> None:
        self._node = node
        self._directory = directory
        self.tick = node.tick
        self.deadline = node.deadline

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> ServingCorrespondent:
        """Return a node without bindings; ConfigurationError names the key at fault."""
        node = CorrespondentNode.from_config(config, random)
        server = config.get("server")
        if server is None:
            return cls(node, None)
        serving = {"address": config["address"], **server}
        return cls(node, Directory(DirectoryConfig.read(serving)))

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        if self._directory is None:
            return self._node.handle(event, now)
        if isinstance(event, Started):
            return [*self._node.handle(event, now), *self._directory.started()]
        if isinstance(event, MessageReceived) and isinstance(event.message, MESSAGES):
            return self._directory.received(event, now)
        return self._node.handle(event, now)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the Binding Cache, and what is known of home proxies, as rows."""
        known = [] if self._directory is None else self._directory.rows(now)
        return [*self._node.bindings(now), *known]
