"""The mobile access gateway of SD-PMIP, which needs no anchor (draft-jikim-dmm-pmip §3.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, AddRoute, JoinGroup
from agents.core.configuration import ConfigurationError, Reader, parse_link_layer, parse_prefix
from agents.core.deadlines import earliest
from agents.core.events import Event, MessageReceived, PacketArrived, Started
from agents.pmipv6.config import GatewayConfig
from agents.pmipv6.mag import MobileAccessGateway
from agents.pmipv6.service import Service
from agents.spmip.config import (
    FinderConfig,
    RespondentConfig,
    read_finder,
    read_respondent,
    shared_pools,
)
from agents.spmip.finder import Finder
from agents.spmip.messages import is_query, is_reply
from agents.spmip.notified import NotificationListener
from agents.spmip.presence import Presence
from agents.spmip.residence import Residence
from agents.spmip.respondent import Absence, Respondent, Whereabouts
from agents.wire.address import Address, Prefix
from agents.wire.numbers import LIFETIME_UNIT
from agents.wire.signaling_messages import (
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)

Homes = Mapping[bytes, tuple[Prefix, ...]]


class DistributedGateway:
    """Serves who attaches, asks all gateways where others are, and answers for its own."""

    def __init__(
        self,
        config: FinderConfig,
        gateway: MobileAccessGateway,
        residents: Mapping[Prefix, Whereabouts],
        answering: RespondentConfig,
        random: Random,
    ) -> None:
        self._config = config
        self._gateway = gateway
        self._residents = residents
        self._presence = Presence()
        self._respondent = Respondent(answering, self._look_up, sole=False)
        self._finder = finder = Finder(config, self._presence, random)
        self._listener = NotificationListener(config, finder)
        self._groups = frozenset(config.pools.values())
        self._own = self._groups | {config.address}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> DistributedGateway:
        """Return a gateway without visitors; ConfigurationError names the key at fault."""
        mobiles = Reader("mag", config).value("mobiles")
        own = [{**mobile, "lma": config["address"]} for mobile in mobiles]
        base = GatewayConfig.read({**config, "mobiles": own})
        homes = read_homes(mobiles)
        service = Service(base, direct=True)
        gateway = MobileAccessGateway(base, service, Residence(base.address, homes, service))
        finding = read_finder(config, shared_pools(config), base.authentication)
        answering = read_respondent(config, base.authentication)
        return cls(finding, gateway, _residents(base, homes), answering, random)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case PacketArrived():
                return self._finder.packet(event, now)
            case MessageReceived() if event.destination in self._own:
                return self._received(event, now)
            case Started():
                joins = [JoinGroup(group) for group in sorted(self._groups)]
                return [*self._gateway.handle(event, now), *self._finder.started(), *joins]
            case _:
                return self._followed(self._gateway.handle(event, now), now)

    def tick(self, now: float) -> Sequence[Action]:
        """Do what has become due of visits, queries and notifications."""
        return [
            *self._followed(self._gateway.tick(now), now),
            *self._finder.tick(now),
            *self._respondent.tick(now),
        ]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        parts = (self._gateway, self._finder, self._respondent)
        return earliest(part.deadline() for part in parts)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return who is served and what is known of other addresses, as rows."""
        return [*self._gateway.bindings(now), *self._finder.rows(now)]

    def _received(self, event: MessageReceived, now: float) -> list[Action]:
        message = event.message
        if is_query(message, self._config.flags):
            return self._respondent.asked(event, now)
        if event.destination == self._config.address:
            if is_reply(message, self._config.flags):
                return self._pointed_on(self._finder.answered(event, now), now)
            if type(message) is UpdateNotification:
                return self._listener.notified(event, now)
            if type(message) is UpdateNotificationAcknowledgement:
                return self._respondent.acknowledged(event)
        return self._followed(self._gateway.handle(event, now), now)

    def _followed(self, actions: Sequence[Action], now: float) -> list[Action]:
        """Deliver what was kept for nodes that have come, and answer who has asked for them."""
        followed = list(actions)
        for prefix in self._presence.follow(actions):
            followed += self._finder.attached(prefix)
            followed += self._respondent.arrived(prefix, now)
        return followed

    def _pointed_on(self, actions: list[Action], now: float) -> list[Action]:
        """Have those ask again who still send here what is for a node that was found elsewhere."""
        followed = list(actions)
        for action in actions:
            if type(action) is AddRoute and action.tunnel is not None:
                followed += self._respondent.left(action.prefix, now, action.tunnel)
        return followed

    def _look_up(self, address: Address, now: float) -> Whereabouts | Absence:
        """Only the gateway that serves a node answers for it (§3.3.1).

        All others keep silent, but answer if it comes to them while it is still asked for.
        """
        prefix = self._presence.covering(address)
        return Absence.MOVING if prefix is None else self._residents[prefix]


def read_homes(mobiles: Sequence[Mapping[str, Any]]) -> Homes:
    """Return the prefixes of each interface of the profiles; ConfigurationError if malformed."""
    homes: dict[bytes, tuple[Prefix, ...]] = {}
    for mobile in mobiles:
        where = f"mag: mobiles: {mobile.get('identifier')!r}"
        for text, prefixes in Reader(where, mobile).value("prefixes").items():
            octets = parse_link_layer(text, f"{where}: an interface of 'prefixes'")
            homes[octets] = tuple(parse_prefix(each, f"{where}: a prefix") for each in prefixes)
    twice = [prefix for prefix, times in Counter(chain(*homes.values())).items() if times > 1]
    if twice:
        raise ConfigurationError(
            f"mag: two interfaces have the prefix {twice[0]}: give one to each"
        )
    return homes


def _residents(base: GatewayConfig, homes: Homes) -> dict[Prefix, Whereabouts]:
    """Return what is answered for each prefix while its node is here."""
    units = int(base.lifetime) // LIFETIME_UNIT
    return {
        prefix: Whereabouts(base.address, units, base.visitors[octets].identifier.encode())
        for octets, prefixes in homes.items()
        for prefix in prefixes
        if octets in base.visitors
    }
