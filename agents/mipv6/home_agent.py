"""The home agent (RFC 6275 §10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop, Listen, SendMessage
from agents.core.deadlines import earliest
from agents.core.events import (
    Command,
    Event,
    HomeAddressUnknown,
    LinkDown,
    LinkUp,
    MessageReceived,
    Started,
)
from agents.core.text import spelled
from agents.mipv6.access_links import Link
from agents.mipv6.advertiser import Advertiser, HomeAgentRole, prefix_information
from agents.mipv6.binding_error import ErrorReporter
from agents.mipv6.home_addresses import HomeAddresses
from agents.mipv6.home_agent_config import HomeAgentConfig
from agents.mipv6.home_agents import HomeAgents
from agents.mipv6.home_link import HomeLink
from agents.mipv6.prefix_advertisement import PrefixAdvertiser
from agents.mipv6.registrar import Registrar, RegistrarConfig
from agents.wire.icmpv6_messages import (
    HomeAgentAddressDiscoveryRequest,
    MobilePrefixSolicitation,
)
from agents.wire.messages import (
    BindingRefreshRequest,
    BindingUpdate,
    CareOfTestInit,
    HomeTestInit,
)
from agents.wire.ndisc import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from agents.wire.numbers import BindingUpdateFlag

_HOME = int(BindingUpdateFlag.HOME)
_ADVERTISEMENT, _NEIGHBORS, _DISCOVERY, _PREFIXES = 134, (135, 136), 144, 146


class HomeAgent:
    """Keeps the bindings of mobile nodes and tunnels to them what is sent to their home."""

    def __init__(self, config: HomeAgentConfig, random: Random) -> None:
        self._config = config
        self._link = None if config.home_link is None else HomeLink(config.home_link)
        self._homes = HomeAddresses(config, self._link)
        self._registrar = Registrar(_registrar_config(config), self._homes)
        self._agents = HomeAgents(
            config.address,
            config.home_prefix,
            {config.address: config.preference, **config.home_agents},
            random,
        )
        self._prefixes = PrefixAdvertiser(_home_prefix(config), self._registrar.binding_of)
        self._advertiser = _advertiser(config, random)
        self._errors = ErrorReporter()
        self.bindings = self._registrar.bindings

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> HomeAgent:
        """Return a home agent without bindings; ConfigurationError names the key at fault."""
        return cls(HomeAgentConfig.read(config), random)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived():
                return self._received(event, now)
            case Started():
                return self._start(now)
            case LinkUp():
                return self._advertiser.link_up(event)
            case LinkDown():
                return []
            case HomeAddressUnknown():
                return self._errors.unknown_binding(event, now)
            case Command(name):
                return [Drop("unknown command", {"command": name})]
        return [Drop("unexpected event", {"event": type(event).__name__})]

    def tick(self, now: float) -> Sequence[Action]:
        """Expire, advertise, and take addresses for unique that nobody has claimed."""
        actions = self._registrar.tick(now)
        actions += self._advertiser.tick(now)
        if self._link is not None:
            actions += self._probed(self._link, now)
        return actions

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        ends = [self._registrar.deadline(), self._advertiser.deadline()]
        if self._link is not None:
            ends.append(self._link.deadline())
        return earliest(ends)

    def _probed(self, link: HomeLink, now: float) -> list[Action]:
        actions: list[Action] = []
        for address in link.tick(now):
            home_address = self._homes.owner_of(address)
            actions += self._registrar.resume(home_address, now)
            if self._registrar.binding_of(home_address) is None:
                link.forget(address)
        return actions

    def _start(self, now: float) -> list[Action]:
        types = {_DISCOVERY, _PREFIXES}
        if self._link is not None:
            types |= {_ADVERTISEMENT, *_NEIGHBORS}
        listening: list[Action] = [Listen(frozenset(types))]
        return listening + self._registrar.start() + self._advertiser.start(now)

    def _received(self, event: MessageReceived, now: float) -> Sequence[Action]:
        match event.message:
            case BindingUpdate(flags=flags) if flags & _HOME:
                return self._registrar.receive(event, now)
            case HomeTestInit() | CareOfTestInit():
                return self._errors.unknown_type(event, now)
            case RouterSolicitation():
                return self._advertiser.solicited(event, now)
            case NeighborSolicitation() | NeighborAdvertisement():
                return self._neighbors(event, now)
            case RouterAdvertisement():
                return self._agents.heard(event, now) if self._is_at_home(event) else []
            case HomeAgentAddressDiscoveryRequest():
                return self._agents.asked(event, now)
            case MobilePrefixSolicitation():
                return self._prefixes.solicited(event, now)
        details = {"message": type(event.message).__name__, "source": spelled(event.source)}
        return [Drop("unexpected message", details)]

    def _is_at_home(self, event: MessageReceived) -> bool:
        link = self._config.home_link
        return link is not None and event.interface == link.interface

    def _neighbors(self, event: MessageReceived, now: float) -> list[Action]:
        if self._link is None:
            return []
        duplicate, actions = self._link.heard(event, now)
        return actions if duplicate is None else actions + self._collision(event, now)

    def _collision(self, event: MessageReceived, now: float) -> list[Action]:
        """Somebody has a home address: refuse it, or take it back where it was given already.

        Its node then registers again, asked by a Binding Refresh Request, and is refused.
        """
        home_address = self._homes.owner_of(event.message.target)
        if self._registrar.binding_of(home_address) is None:
            return self._registrar.resume(home_address, now)
        request = SendMessage(BindingRefreshRequest(), self._config.address, home_address)
        return [request, *self._registrar.revoke(home_address, now, "address of another node")]


def _registrar_config(config: HomeAgentConfig) -> RegistrarConfig:
    """Registrations come to the address on the home link too, which is advertised there."""
    others = () if config.home_link is None else (config.home_link.address,)
    return RegistrarConfig(config.address, config.authentication, config.refresh_advice, others)


def _advertiser(config: HomeAgentConfig, random: Random) -> Advertiser:
    """RFC 6275 §7.4: a home agent's lifetime is that of the router, unless it is none by default.

    The preference goes with the home link alone.
    """
    if config.home_link is None:
        return Advertiser(config.advertising, random)
    lifetime = config.advertising.router_lifetime or int(config.max_lifetime)
    return Advertiser(
        config.advertising,
        random,
        HomeAgentRole(config.home_link.interface, config.preference, lifetime),
    )


def _home_prefix(config: HomeAgentConfig) -> Any:
    link = config.home_link or Link("", config.home_prefix, config.address, b"", config.address)
    return prefix_information(config.advertising, link, config.home_link is not None)
