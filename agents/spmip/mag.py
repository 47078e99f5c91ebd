"""The mobile access gateway of S-PMIP (draft-jikim-dmm-pmip §3.2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action
from agents.core.deadlines import earliest
from agents.core.events import Event, MessageReceived, PacketArrived, Started
from agents.pmipv6.config import GatewayConfig
from agents.pmipv6.mag import MobileAccessGateway
from agents.pmipv6.registration import Registration
from agents.pmipv6.service import Service
from agents.spmip.config import FinderConfig, anchored_pools, read_finder
from agents.spmip.finder import Finder
from agents.spmip.messages import is_reply
from agents.spmip.notified import NotificationListener
from agents.spmip.presence import Presence
from agents.wire.signaling_messages import UpdateNotification


class SignalDrivenGateway:
    """A gateway of PMIPv6 that sends packets straight to the gateway of their destination."""

    def __init__(self, config: FinderConfig, gateway: MobileAccessGateway, random: Random) -> None:
        self._config = config
        self._gateway = gateway
        self._presence = Presence()
        self._finder = finder = Finder(config, self._presence, random)
        self._listener = NotificationListener(config, finder)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> SignalDrivenGateway:
        """Return a gateway without visitors; ConfigurationError names the key at fault."""
        base = GatewayConfig.read(config)
        service = Service(base, direct=True)
        gateway = MobileAccessGateway(base, service, Registration(base, service, random))
        finding = read_finder(config, anchored_pools(config), base.authentication)
        return cls(finding, gateway, random)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case PacketArrived():
                return self._finder.packet(event, now)
            case MessageReceived() if event.destination == self._config.address:
                return self._received(event, now)
            case Started():
                return [*self._gateway.handle(event, now), *self._finder.started()]
            case _:
                return self._followed(self._gateway.handle(event, now))

    def tick(self, now: float) -> Sequence[Action]:
        """Do what has become due of registrations and queries."""
        return [*self._followed(self._gateway.tick(now)), *self._finder.tick(now)]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        parts = (self._gateway.deadline(), self._finder.deadline())
        return earliest(parts)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the Binding Update List and what is known of other addresses, as rows."""
        return [*self._gateway.bindings(now), *self._finder.rows(now)]

    def _received(self, event: MessageReceived, now: float) -> list[Action]:
        if is_reply(event.message, self._config.flags):
            return self._finder.answered(event, now)
        if type(event.message) is UpdateNotification:
            return self._listener.notified(event, now)
        return self._followed(self._gateway.handle(event, now))

    def _followed(self, actions: Sequence[Action]) -> list[Action]:
        """Deliver what was kept for nodes that the gateway has begun to serve."""
        followed = list(actions)
        for prefix in self._presence.follow(actions):
            followed += self._finder.attached(prefix)
        return followed
