"""What a binding comes to at a mobile node: routes, route optimization, and who is told."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Record, WatchPeers
from agents.core.deadlines import earliest
from agents.core.events import MessageReceived
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.mipv6.agent_discovery import AgentDiscovery
from agents.mipv6.authentication import Authenticator
from agents.mipv6.data_paths import DataPaths
from agents.mipv6.first_hop_notice import first_hop_notice
from agents.mipv6.home_announcement import HomeAnnouncement
from agents.mipv6.home_listener import HomeListener
from agents.mipv6.home_prefixes import HomePrefixes
from agents.mipv6.home_registration import HomeRegistration
from agents.mipv6.home_update import HomeUpdates
from agents.mipv6.homes import AtHome, Extras, Home, Refused, Registered, Waiting
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.mobile_forwarding import MobileForwarding
from agents.mipv6.places import Place
from agents.mipv6.route_optimizer import RouteOptimizer
from agents.wire.address import Address
from agents.wire.messages import BindingAcknowledgement
from agents.wire.numbers import Status

_REQUESTS_PER_SECOND, _REQUESTS_AT_ONCE = 0.2, 2


class HomeKeeper:
    """All homes of a mobile node, with what each needs (see ``HomeOwner``, ``OptimizerOwner``)."""

    def __init__(
        self, config: MobileConfig, random: Random, paths: DataPaths, listener: HomeListener
    ) -> None:
        self._config = config
        self._random = random
        self._listener = listener
        self._first = config.home_address
        self._place: Place | None = None
        self._watched: set[Address] = set()
        self._requests = TokenBucket(_REQUESTS_PER_SECOND, _REQUESTS_AT_ONCE)
        updates = HomeUpdates(
            config.identifier,
            Authenticator(config.authentication),
            tuple(interface.link_layer for interface in config.interfaces.values()),
        )
        self.forwarding = MobileForwarding(config.home_address)
        self.registration = HomeRegistration(config, updates, self)
        self.optimizer = RouteOptimizer(config, random, paths, self)
        self.discovery = AgentDiscovery(config, random)
        self.prefixes = HomePrefixes(config, random)
        self.announcement = HomeAnnouncement()
        self._timed = (
            self.registration,
            self.optimizer,
            self.discovery,
            self.prefixes,
            self.announcement,
        )

    def home(self, address: Address) -> Home | None:
        """Return the home with ``address``, if it is there and not being given up."""
        home = self.registration.homes.get(address)
        return None if home is None or home.leaving else home

    def is_defended(self) -> bool:
        """Say whether a home agent answers for the first home address."""
        home = self.home(self._first)
        return home is not None and not isinstance(home.state, Waiting | AtHome)

    def add(
        self,
        address: Address,
        agent: Address | None,
        now: float,
        options: Extras,
        watch: bool,
        lifetime: float,
    ) -> list[Action]:
        """Make ``address`` a home of this node and register it, as far as can be now."""
        old = self.registration.homes.get(address)
        sequence = self._random.randrange(1 << 16) if old is None else old.sequence
        home = Home(address, agent, sequence, lifetime, options, watch)
        actions = self.forwarding.own(address)
        if old is not None and (old.agent != agent or old.leaving):
            actions += self.forwarding.unbind(address)
        return actions + self.registration.add(home, now)

    def remove(self, address: Address, now: float) -> list[Action]:
        """Give the home with ``address`` up; KeyError where there is none."""
        home = self.registration.homes[address]
        actions = self.optimizer.home_left(address, now)
        actions += self.forwarding.unbind(address)
        return actions + self.registration.give_up(home, now)

    # --- where the node is --------------------------------------------------------------------

    def arrive(self, place: Place, now: float) -> list[Action]:
        """Send from ``place``, whose address is usable; homes are registered in the next step."""
        self._place = place
        self.announcement.stop()
        actions: list[Action] = []
        if place.home:
            self.prefixes.stop()
            self.discovery.stop()
            actions += self.forwarding.unbind(self._first)
            return actions + self.forwarding.move(place)
        link_layer = self._config.interfaces[place.interface].link_layer
        return [*self.forwarding.move(place), first_hop_notice(place, link_layer)]

    def register(self, place: Place, now: float) -> list[Action]:
        """Register all homes from ``place``, then tell the correspondents."""
        actions = self.registration.moved(place, now)
        actions += self.optimizer.moved(place, now)
        first = self.home(self._first)
        if first is not None and first.agent is None and not place.home:
            actions += self.discovery.search(place.address, now)
        elif first is not None and first.bound and first.agent is not None:
            self.prefixes.moved_to(place.address, first.agent)
        return actions

    def lost(self) -> list[Action]:
        """Send nothing for now."""
        self.registration.lost()
        self.optimizer.lost()
        return self.forwarding.lose()

    def resumed(self, now: float) -> list[Action]:
        """Ask again what may have been lost with the link."""
        actions = self.forwarding.resume() + self.registration.resumed(now)
        return actions + self.optimizer.resumed(now)

    # --- messages -----------------------------------------------------------------------------

    def refresh_asked(self, home: Home, now: float) -> list[Action]:
        """Renew the binding of ``home``, as its agent asks, though not as often as it likes."""
        if not isinstance(home.state, Registered) or not self._requests.take(now):
            return []
        return self.registration.renew(home, now)

    def agents_found(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Home Agent Address Discovery Reply."""
        dropped = self.discovery.answered(event)
        if dropped is not None:
            return [dropped]
        home, agent = self.home(self._first), self.discovery.next_agent()
        if home is None or agent is None:
            return []
        return self.registration.agent_found(home, agent, now)

    # --- time ---------------------------------------------------------------------------------

    def tick(self, now: float) -> list[Action]:
        """Do what has become due."""
        actions: list[Action] = []
        for part in self._timed:
            actions += part.tick(now)
        return actions

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        times = [part.deadline() for part in self._timed]
        return earliest(times)

    # --- what registration tells (HomeOwner) --------------------------------------------------

    def lifetime_limit(self, home: Home, now: float) -> float:
        """See ``HomeOwner``: the home prefix bounds the home address in it."""
        return self.prefixes.lifetime_limit(now) if home.address == self._first else float("inf")

    def bound(self, home: Home, answer: BindingAcknowledgement, now: float) -> list[Action]:
        """See ``HomeOwner``."""
        assert home.agent is not None
        new = not self.forwarding.is_bound(home.address)
        actions = self.forwarding.bind(home.address, home.agent)
        if self._config.route_optimization and home.watch and home.address not in self._watched:
            self._watched.add(home.address)
            actions.append(WatchPeers(home.address))
        actions += self.optimizer.home_bound(home.address, now)
        actions += self._discover_prefixes(home, answer, new, now)
        lifetime = self.home_lifetime(home.address, now)
        return [*actions, *self._listener.registered(home.address, lifetime, now)]

    def unbound(self, home: Home, now: float) -> list[Action]:
        """See ``HomeOwner``."""
        return [*self._unbind(home, now), *self._listener.expired(home.address, now)]

    def refused(self, home: Home, status: int, now: float) -> list[Action]:
        """See ``HomeOwner``."""
        return [*self._unbind(home, now), *self._listener.refused(home.address, status, now)]

    def released(self, home: Home, now: float) -> list[Action]:
        """See ``HomeOwner``."""
        if home.leaving:
            self._watched.discard(home.address)
            return self.forwarding.disown(home.address)
        place = self._place
        assert place is not None
        details = {"node": self._config.identifier, "home_address": spelled(home.address)}
        link_layer = self._config.interfaces[place.interface].link_layer
        told = self.announcement.begin(place, link_layer, now)
        return [Record("home_returned", details), *told]

    def unreachable(self, home: Home, now: float) -> list[Action]:
        """See ``HomeOwner``."""
        details = {"node": self._config.identifier, "home_address": spelled(home.address)}
        if home.agent is not None:
            details["agent"] = spelled(home.agent)
        told = self._listener.unreachable(home.address, now)
        return [Record("agent_unreachable", details), *told]

    def turn_to_another(self, home: Home, now: float) -> list[Action]:
        """See ``HomeOwner``: only an agent that was discovered can be exchanged."""
        place = self._place
        if home.address != self._first or self._config.home_agent or place is None or place.home:
            return []
        actions = self._unbind(home, now)
        agent = self.discovery.next_agent()
        if agent is not None:
            return actions + self.registration.agent_found(home, agent, now)
        refused = isinstance(home.state, Refused)
        self.registration.await_agent(home)
        if refused:  # they would say so again
            self.discovery.search_later(place.address, now)
            return actions
        return actions + self.discovery.search(place.address, now)

    def home_lifetime(self, home: Address, now: float) -> float:
        """See ``OptimizerOwner``."""
        entry = self.home(home)
        if entry is None or entry.expires_at is None:
            return 0.0
        return max(0.0, entry.expires_at - now)

    def _unbind(self, home: Home, now: float) -> list[Action]:
        if home.address == self._first:
            self.prefixes.stop()
        return [
            *self.optimizer.home_unbound(home.address, now),
            *self.forwarding.unbind(home.address),
        ]

    def _discover_prefixes(
        self, home: Home, answer: BindingAcknowledgement, new: bool, now: float
    ) -> list[Action]:
        """RFC 6275 §11.4.2: once bound, where configured, and whenever the agent says so."""
        if home.address != self._first or self._place is None or home.agent is None:
            return []
        told = answer.status == Status.ACCEPTED_PREFIX_DISCOVERY_NECESSARY
        if not told and not (new and self._config.prefix_discovery):
            return []
        return self.prefixes.solicit(self._place.address, home.agent, now)
