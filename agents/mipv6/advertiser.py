"""Router Advertisements by which mobile nodes notice where they are (RFC 6275 §7)."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any, NamedTuple

from agents.core.actions import Action, Drop, SendMessage
from agents.core.deadlines import Deadlines
from agents.core.events import LinkUp, MessageReceived
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.mipv6.access_links import AdvertisingConfig, Link
from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.ndisc import (
    AdvertisementInterval,
    HomeAgentInformation,
    Mtu,
    PrefixInformation,
    RouterAdvertisement,
    SourceLinkLayerAddress,
)
from agents.wire.numbers import PrefixFlag, RouterFlag

HOP_LIMIT = 64
"""Hop limit for the hosts' packets (IANA's default of IP)."""

ALL_NODES = Address.parse("ff02::1")

MIN_DELAY_BETWEEN_RAS = 0.03
"""Least seconds between two advertisements that are asked for (RFC 6275 §13)."""

ANSWERS_AT_ONCE = 20
"""Solicitations of nodes that come to one link together which are all answered."""

_INITIAL_ADVERTISEMENTS, _INITIAL_INTERVAL = 3, 16.0  # RFC 4861 §6.2.4, §10
_FLAGS = int(PrefixFlag.ON_LINK | PrefixFlag.AUTONOMOUS)


class HomeAgentRole(NamedTuple):
    """What a home agent says of itself on its home link: how good it is, for how many seconds."""

    interface: str
    preference: int
    lifetime: int


class Advertiser:
    """Advertises one router on its links: at regular times, to new nodes, and to who asks.

    On the link of ``home_agent`` it advertises that it serves it as a home agent, and its own
    address in the prefix (RFC 6275 §7.1, §7.2, §7.4).
    """

    def __init__(
        self, config: AdvertisingConfig, random: Random, home_agent: HomeAgentRole | None = None
    ) -> None:
        self._config = config
        self._random = random
        self._messages = {
            name: _advertisement(config, link, _role_on(name, home_agent))
            for name, link in config.links.items()
        }
        self._due: Deadlines[str] = Deadlines()
        self._sent = dict.fromkeys(config.links, 0)
        self._answers = {
            name: TokenBucket(1 / MIN_DELAY_BETWEEN_RAS, ANSWERS_AT_ONCE) for name in config.links
        }
        self.deadline = self._due.next

    def start(self, now: float) -> list[Action]:
        """Advertise on all links, and from then on at regular times."""
        return [self._periodic(name, now) for name in self._config.links]

    def tick(self, now: float) -> list[Action]:
        """Send the advertisements that have become due."""
        return [self._periodic(name, now) for name in self._due.due(now)]

    def link_up(self, event: LinkUp) -> list[Action]:
        """Advertise to a node that has just come, before it asks, if this router does so."""
        if not self._config.on_link_up or event.interface not in self._config.links:
            return []
        return [self._advertise(event.interface, ALL_NODES, event.link_layer_address)]

    def solicited(self, event: MessageReceived, now: float) -> list[Action]:
        """Answer a Router Solicitation (RFC 4861 §6.2.6); each node has its link to itself.

        No node can therefore have the same answer at the same time, which the random delay of
        that section is for, and an answer is not delayed.
        """
        details = {"source": spelled(event.source), "interface": event.interface}
        if event.interface not in self._config.links:
            return [Drop("solicitation on a link that is not advertised", details)]
        if event.source == UNSPECIFIED and _names_its_link_layer(event):
            return [Drop("malformed", {**details, "error": "link-layer address without address"})]
        if not self._answers[event.interface].take(now):
            return [Drop("too many solicitations", details)]
        to = ALL_NODES if event.source == UNSPECIFIED else event.source
        return [self._advertise(event.interface, to, event.link_layer_source)]

    def _periodic(self, name: str, now: float) -> SendMessage:
        interval = self._random.uniform(*self._config.intervals)
        if self._sent[name] < _INITIAL_ADVERTISEMENTS:
            interval = min(interval, _INITIAL_INTERVAL)
        self._sent[name] += 1
        self._due.set(name, now + interval)
        return self._advertise(name, ALL_NODES, b"")

    def _advertise(self, name: str, to: Address, link_layer: bytes) -> SendMessage:
        source = self._config.links[name].link_local
        return SendMessage(self._messages[name], source, to, name, link_layer)


def prefix_information(config: AdvertisingConfig, link: Link, router: bool) -> PrefixInformation:
    """Return the prefix of ``link``; with ``router`` as the router's own address in it (R)."""
    shown = Prefix(link.address, link.prefix.length) if router else link.prefix
    flags = _FLAGS | int(PrefixFlag.ROUTER_ADDRESS) if router else _FLAGS
    return PrefixInformation(shown, flags, config.valid_lifetime, config.preferred_lifetime)


def _advertisement(
    config: AdvertisingConfig, link: Link, home_agent: HomeAgentRole | None
) -> RouterAdvertisement:
    options: list[Any] = [SourceLinkLayerAddress(link.link_layer)]
    if config.mtu is not None:
        options.append(Mtu(config.mtu))
    options.append(prefix_information(config, link, home_agent is not None))
    options.append(AdvertisementInterval(round(config.intervals.longest * 1000)))
    flags = 0
    if home_agent is not None:
        flags = int(RouterFlag.HOME_AGENT)
        options.append(HomeAgentInformation(home_agent.preference, home_agent.lifetime))
    return RouterAdvertisement(HOP_LIMIT, flags, config.router_lifetime, 0, 0, tuple(options))


def _role_on(interface: str, home_agent: HomeAgentRole | None) -> HomeAgentRole | None:
    return home_agent if home_agent is not None and home_agent.interface == interface else None


def _names_its_link_layer(event: MessageReceived) -> bool:
    options: Mapping[type, Any] = {type(option): option for option in event.message.options}
    return SourceLinkLayerAddress in options
