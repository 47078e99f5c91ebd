"""The agent on a mobile node: it solicits, and uses the address that it is assigned.

It takes no part in mobility signalling beyond step 1 of draft-ma §4: listing its sessions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import (
    Action,
    AddAddress,
    AddNeighbor,
    AddRoute,
    Drop,
    Listen,
    Record,
    RemoveAddress,
    RemoveNeighbor,
    SendMessage,
    WatchPeers,
)
from agents.core.events import (
    CarrierDown,
    CarrierUp,
    Command,
    Event,
    LinkQuality,
    MessageReceived,
    PeerHeard,
    Started,
)
from agents.core.link_layer import sender_link_layer
from agents.core.text import spelled
from agents.romip.config import MobileConfig
from agents.romip.flow_desk import FlowDesk
from agents.romip.lists import Pair
from agents.romip.mobile_sessions import MobileSessions
from agents.romip.solicitation import ALL_ROUTERS, solicitations
from agents.romip.soliciting import Link, link_local
from agents.wire.address import ALL_ZERO, Address
from agents.wire.ndisc import RomipAddress, RouterAdvertisement

ROUTER_ADVERTISEMENT = 134


class SessionMobileNode:
    """Follows its links; each session keeps the address that it began with (draft-ma §3.2)."""

    def __init__(self, config: MobileConfig, random: Random) -> None:
        self._config = config
        self._links = {name: Link(name, octets) for name, octets in config.interfaces.items()}
        self._current: Link | None = None
        self._addresses: dict[Address, str] = {}
        self._sessions = MobileSessions(config.session_timeout)
        self._desk = FlowDesk(self._sessions)
        self._listed: list[Pair] = []
        self._generation = random.randrange(1, 0x10000)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> SessionMobileNode:
        """Return a node without an address; ConfigurationError names the key at fault."""
        return cls(MobileConfig.read(config), random)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived(RouterAdvertisement()):
                return self._advertised(event, now)
            case PeerHeard(home, peer):
                return self._heard(Pair(home, peer), now)
            case CarrierUp(interface) if interface in self._links:
                return self._solicit(self._links[interface], now)
            case CarrierDown(interface) if interface in self._links:
                return self._carrier_down(self._links[interface], now)
            case Command():
                return [*self._desk.command(event, self._newest(), now), *self._review(now)]
            case LinkQuality():
                return []  # whatever the link can do, the address comes from its router
            case Started():
                return [Listen(frozenset({ROUTER_ADVERTISEMENT}))]
            case _:
                return [Drop("unexpected event", {"event": type(event).__name__})]

    def tick(self, now: float) -> Sequence[Action]:
        """Solicit again, and end what is over."""
        actions: list[Action] = []
        for link in self._links.values():
            if link.due is not None and link.due <= now:
                actions += self._solicit_again(link, now)
        actions += self._desk.tick(now)
        return [*actions, *self._sessions.tick(now), *self._review(now)]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        times = [link.due for link in self._links.values()]
        times += [self._sessions.deadline(), self._desk.deadline()]
        return min((at for at in times if at is not None), default=None)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the addresses and the sessions of each as rows of printable values."""
        rows: list[Mapping[str, Any]] = []
        for address, interface in self._addresses.items():
            peers = [spelled(p.correspondent) for p in self._sessions.pairs() if p.home == address]
            rows.append(
                {
                    "node": self._config.identifier,
                    "address": spelled(address),
                    "interface": interface,
                    "sessions": peers,
                }
            )
        return rows

    # --- step 1 -------------------------------------------------------------------------------

    def _solicit(self, link: Link, now: float) -> list[Action]:
        link.begin(now, self._config.initial_timeout)
        return self._list_sessions(link)

    def _solicit_again(self, link: Link, now: float) -> list[Action]:
        link.again(now, self._config.initial_timeout, self._config.max_timeout)
        return self._list_sessions(link)

    def _list_sessions(self, link: Link) -> list[Action]:
        """Send the sessions that must survive the move, with the address that each began with."""
        pairs = [pair for pair in self._sessions.pairs() if pair.home in self._addresses]
        if pairs != self._listed:
            self._listed = pairs
            self._generation = self._generation % 0xFFFF + 1
        octets = link.link_layer
        return [
            SendMessage(message, link_local(octets), ALL_ROUTERS, link.name)
            for message in solicitations(self._config.identifier, octets, pairs, self._generation)
        ]

    # --- step 4 -------------------------------------------------------------------------------

    def _advertised(self, event: MessageReceived, now: float) -> list[Action]:
        link = self._links.get(event.interface)
        where = {"source": spelled(event.source), "interface": event.interface}
        if link is None or not link.up:
            return [Drop("advertisement on a link that is down", where)]
        offers = [o for o in event.message.options if isinstance(o, RomipAddress)]
        if not offers:
            return self._invited(link, now)
        if len(offers) > 1 or not offers[0].valid_lifetime or not event.message.router_lifetime:
            return [Drop("advertisement without one valid address", where)]
        if link is not self._current and not link.soliciting:
            return []
        lifetime = min(offers[0].valid_lifetime, event.message.router_lifetime)
        known, forgotten = _know(link, event)
        assigned = self._assigned(link, event.source, offers[0].address, lifetime, now)
        return [*known, *assigned, *forgotten]

    def _invited(self, link: Link, now: float) -> list[Action]:
        """A router that assigns nothing may have forgotten this node: say again who is here."""
        if link is self._current:
            link.ask_soon(now)
        return []

    def _assigned(
        self, link: Link, router: Address, address: Address, lifetime: float, now: float
    ) -> list[Action]:
        link.settled(router, now + lifetime / 2)
        if self._current is not None and self._current is not link:
            self._current.rest()
        self._current = link
        actions: list[Action] = []
        if address not in self._addresses:
            actions.append(WatchPeers(address, tunnelled=False))
            details = {"node": self._config.identifier, "address": spelled(address)}
            actions.append(Record("care_of_usable", {**details, "interface": link.name}))
        # The newest is the last.
        self._addresses[address] = self._addresses.pop(address, "")
        actions += self._place_all(link)
        route = AddRoute(ALL_ZERO, link.name, next_hop=router, preferred_source=address)
        actions += [route, *self._desk.answer(address, now)]
        return actions + self._review(now)

    def _place_all(self, link: Link) -> list[Action]:
        """All addresses are where packets to them come in: on the link that is used."""
        actions: list[Action] = []
        for address, interface in self._addresses.items():
            if interface != link.name:
                actions.append(AddAddress(link.name, address))
                if interface:
                    actions.append(RemoveAddress(interface, address))
                self._addresses[address] = link.name
        return actions

    def _carrier_down(self, link: Link, now: float) -> list[Action]:
        """Addresses stay for the next link; it may be one that is up already."""
        link.lost()
        if link is not self._current:
            return []
        other = next((other for other in self._links.values() if other.up), None)
        return [] if other is None else self._solicit(other, now)

    # --- sessions -----------------------------------------------------------------------------

    def _newest(self) -> Address | None:
        return next(reversed(self._addresses), None)

    def _abroad(self, pairs: Sequence[Pair]) -> frozenset[Pair]:
        """The sessions that began elsewhere: the router must know when they end."""
        newest = self._newest()
        return frozenset(pair for pair in pairs if pair.home != newest)

    def _heard(self, pair: Pair, now: float) -> list[Action]:
        if pair.home not in self._addresses or not _is_far(pair.correspondent):
            return [Drop("packet of no session", {"source": spelled(pair.correspondent)})]
        self._sessions.heard(pair, now)
        return self._review(now)

    def _review(self, now: float) -> list[Action]:
        """Give back older addresses without sessions, and list those anew that have changed."""
        newest = self._newest()
        if newest is None:
            return []
        pairs = self._sessions.pairs()
        used = {pair.home for pair in pairs}
        actions: list[Action] = []
        for address in [a for a in self._addresses if a != newest and a not in used]:
            actions.append(RemoveAddress(self._addresses.pop(address), address))
        current = self._current
        if current is not None and current.up and self._abroad(pairs) != self._abroad(self._listed):
            current.ask_soon(now)
        return actions


def _know(link: Link, event: MessageReceived) -> tuple[list[Action], list[Action]]:
    """Know the router by what it says, whatever becomes of the link; and then not the last one.

    What a host sends before it hears of the next router is then lost on the new link. A kernel
    that had to ask there for the old one would keep it, and TCP repeats nothing that is kept.
    """
    before, router, octets = link.router, event.source, sender_link_layer(event)
    if before == router:
        return [], []
    known: list[Action] = [AddNeighbor(link.name, router, octets)] if octets else []
    return known, [] if before is None else [RemoveNeighbor(link.name, before)]


def _is_far(address: Address) -> bool:
    """Say whether an address is one that packets are routed to."""
    link_local = address[0] == 0xFE and address[1] & 0xC0 == 0x80
    return not link_local and address[0] not in (0x00, 0xFF)
