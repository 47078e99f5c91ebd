"""The home agents of a home link, and who asks for them (RFC 6275 §10.1, §10.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Drop, SendMessage
from agents.core.events import MessageReceived
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.mipv6.reachability import is_routable
from agents.wire.address import Address, Prefix
from agents.wire.icmpv6_messages import (
    HomeAgentAddressDiscoveryReply,
    HomeAgentAddressDiscoveryRequest,
)
from agents.wire.ndisc import HomeAgentInformation, PrefixInformation, RouterAdvertisement
from agents.wire.numbers import PrefixFlag, RouterFlag

ANYCAST_IDENTIFIER = bytes.fromhex("fdfffffffffffffe")
"""Interface identifier of the Mobile IPv6 Home-Agents anycast address (RFC 2526 §2)."""

MOST_ADDRESSES = (1280 - 40 - 8) // 16
"""Addresses in a reply that no link must fragment (RFC 6275 §10.5.1)."""

REPLIES_PER_SECOND, REPLIES_AT_ONCE = 50, 100

_ROUTER_ADDRESS = int(PrefixFlag.ROUTER_ADDRESS)
_HOME_AGENT = int(RouterFlag.HOME_AGENT)


@dataclass(frozen=True, slots=True)
class _Learned:
    """A home agent that has advertised itself on the home link."""

    preference: int
    expires_at: float
    addresses: tuple[Address, ...]


class HomeAgents:
    """The home agents of one home link: those that were configured, and those heard there.

    The configured ones include this node; they do not expire.
    """

    def __init__(
        self, local: Address, prefix: Prefix, configured: Mapping[Address, int], random: Random
    ) -> None:
        self._local = local
        self._prefix = prefix
        self._configured = dict(configured)
        self._learned: dict[Address, _Learned] = {}
        self._random = random
        self._replies = TokenBucket(REPLIES_PER_SECOND, REPLIES_AT_ONCE)
        self.anycast = Address(prefix.network[:8] + ANYCAST_IDENTIFIER)

    def heard(self, event: MessageReceived, now: float) -> list[Action]:
        """Learn from a Router Advertisement on the home link (RFC 6275 §10.5.1)."""
        message: RouterAdvertisement = event.message
        said = {type(option): option for option in reversed(message.options)}
        about = said.get(HomeAgentInformation)
        preference = 0 if about is None else about.preference
        lifetime = message.router_lifetime if about is None else about.lifetime
        if not message.flags & _HOME_AGENT or lifetime == 0:
            self._learned.pop(event.source, None)
            return []
        addresses = tuple(self._global_addresses(message))
        if not addresses:
            return []
        self._forget_expired(now)
        if event.source not in self._learned and len(self._learned) >= MOST_ADDRESSES:
            return [Drop("too many home agents", {"source": spelled(event.source)})]
        self._learned[event.source] = _Learned(preference, now + lifetime, addresses)
        return []

    def ranked(self, now: float) -> list[Address]:
        """Return their addresses, the best first, and equally good ones in random order."""
        self._forget_expired(now)
        preferences = dict(self._configured)
        for learned in self._learned.values():
            for address in learned.addresses:
                preferences.setdefault(address, learned.preference)
        addresses = sorted(preferences)
        self._random.shuffle(addresses)
        return sorted(addresses, key=lambda address: -preferences[address])

    def asked(self, event: MessageReceived, now: float) -> list[Action]:
        """Answer a Home Agent Address Discovery Request, from this node's own address."""
        message: HomeAgentAddressDiscoveryRequest = event.message
        details = {"source": spelled(event.source), "destination": spelled(event.destination)}
        if event.destination not in (self.anycast, self._local):
            return [Drop("home agent discovery at another address", details)]
        if not is_routable(event.source):
            return [Drop("home agent discovery from no unicast address", details)]
        if not self._replies.take(now):
            return [Drop("too many home agent discoveries", details)]
        addresses = tuple(self.ranked(now)[:MOST_ADDRESSES])
        reply = HomeAgentAddressDiscoveryReply(message.identifier, addresses)
        return [SendMessage(reply, self._local, event.source)]

    def _forget_expired(self, now: float) -> None:
        self._learned = {
            source: each for source, each in self._learned.items() if each.expires_at > now
        }

    def _global_addresses(self, message: RouterAdvertisement) -> Iterable[Address]:
        for option in message.options:
            if isinstance(option, PrefixInformation) and option.flags & _ROUTER_ADDRESS:
                address = option.prefix.network
                if self._prefix.contains(address):
                    yield address
