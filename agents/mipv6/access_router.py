"""An access router of foreign links: it routes, and tells mobile nodes where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop
from agents.core.configuration import ConfigurationError
from agents.core.events import Command, Event, LinkDown, LinkUp, MessageReceived, Started
from agents.mipv6.access_links import AdvertisingConfig
from agents.mipv6.advertiser import Advertiser
from agents.wire.ndisc import RouterSolicitation


class AccessRouter:
    """Sends Router Advertisements on its access links (RFC 4861 §6.2, RFC 6275 §7.5)."""

    def __init__(self, config: AdvertisingConfig, random: Random) -> None:
        self._advertiser = Advertiser(config, random)
        self.deadline = self._advertiser.deadline

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> AccessRouter:
        """Return an access router; ConfigurationError names the key at fault."""
        if "links" not in config:
            raise ConfigurationError("ar: the key 'links' is missing")
        return cls(AdvertisingConfig.read("ar", config), random)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case Started():
                return self._advertiser.start(now)
            case LinkUp():
                return self._advertiser.link_up(event)
            case MessageReceived(RouterSolicitation()):
                return self._advertiser.solicited(event, now)
            case MessageReceived(message):
                return [Drop("unexpected message", {"message": type(message).__name__})]
            case LinkDown():
                return []
            case Command(name):
                return [Drop("unknown command", {"command": name})]
        return [Drop("unexpected event", {"event": type(event).__name__})]

    def tick(self, now: float) -> Sequence[Action]:
        """Send the advertisements that have become due."""
        return self._advertiser.tick(now)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return no rows: an access router holds no bindings."""
        return []
