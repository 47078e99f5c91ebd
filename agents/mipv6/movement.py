"""Where a mobile node is, of all its interfaces: movement detection (RFC 6275 §11.5.1)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Protocol

from agents.core.actions import Action, Drop, Record
from agents.core.deadlines import earliest
from agents.core.events import CarrierDown, CarrierUp, MessageReceived
from agents.mipv6.attachment import Attachment
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.places import Place
from agents.wire.ndisc import NeighborAdvertisement, NeighborSolicitation, RouterAdvertisement


class Follower(Protocol):
    """Told by ``Movement`` where the node is."""

    def moved(self, place: Place, now: float) -> list[Action]:
        """Take note of a new place, whose address can be used."""
        ...

    def resumed(self, now: float) -> list[Action]:
        """Take note that the link has come back at the place where it was lost."""
        ...

    def lost(self, now: float) -> list[Action]:
        """Take note that there is no link, or no address at it, for now."""
        ...


class Movement:
    """Follows one place of those at the node's interfaces, for as long as that is alive."""

    def __init__(
        self,
        config: MobileConfig,
        random: Random,
        follower: Follower,
        is_defended: Callable[[], bool],
    ) -> None:
        self.place: Place | None = None
        self.connected = False
        self._follower = follower
        self._identifier = config.identifier
        self._attachments = {
            name: Attachment(interface, config, random, is_defended)
            for name, interface in config.interfaces.items()
        }

    def carrier(self, event: CarrierUp | CarrierDown, now: float) -> list[Action]:
        """Take note of a link that came or went."""
        attachment = self._attachments.get(event.interface)
        if attachment is None:
            return [Drop("not an interface for mobility", {"interface": event.interface})]
        up = isinstance(event, CarrierUp)
        details = {"node": self._identifier, "interface": event.interface}
        actions = attachment.carrier_up(now) if up else attachment.carrier_down()
        record = Record("attached" if up else "detached", details)
        return [record, *actions, *self._choose(now)]

    def heard(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a message of Neighbor Discovery."""
        attachment = self._attachments.get(event.interface)
        if attachment is None:
            return [Drop("not an interface for mobility", {"interface": event.interface})]
        match event.message:
            case RouterAdvertisement():
                actions = attachment.advertised(event, now)
            case NeighborSolicitation() | NeighborAdvertisement():
                actions = attachment.neighbour(event, now)
            case _:  # the solicitations of others
                return []
        return actions + self._choose(now)

    def tick(self, now: float) -> list[Action]:
        """Do what has become due at any interface."""
        actions: list[Action] = []
        for attachment in self._attachments.values():
            actions += attachment.tick(now)
        return actions + self._choose(now)

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        times = [attachment.deadline() for attachment in self._attachments.values()]
        return earliest(times)

    def _choose(self, now: float) -> list[Action]:
        alive = [each.place for each in self._attachments.values() if each.alive]
        if self.place is not None and self.place in alive:
            if self.connected:
                return []
            self.connected = True
            return self._follower.resumed(now)
        best = next((place for place in alive if place is not None), None)
        if best is not None:
            self.place, self.connected = best, True
            return self._follower.moved(best, now)
        if not self.connected:
            return []
        self.connected = False
        return self._follower.lost(now)
