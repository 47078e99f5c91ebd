"""The mobile node (RFC 6275 §11): the core that puts the parts of its side together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop, Listen, Record, Reply
from agents.core.deadlines import earliest
from agents.core.events import (
    CarrierDown,
    CarrierUp,
    Command,
    Event,
    HomeAddressUnknown,
    LinkQuality,
    MessageReceived,
    PeerHeard,
    Started,
)
from agents.core.text import spelled
from agents.mipv6.correspondent import Correspondent, CorrespondentConfig
from agents.mipv6.data_paths import DataPaths
from agents.mipv6.home_keeper import HomeKeeper
from agents.mipv6.home_listener import HomeListener, NobodyListens
from agents.mipv6.homes import Extras
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.mobile_messages import MobileMessages
from agents.mipv6.mobile_records import home_row, peer_row
from agents.mipv6.movement import Movement
from agents.mipv6.places import Place
from agents.wire.address import Address

LISTENS_TO = frozenset({4, 134, 135, 136, 145, 147})
"""ICMPv6: Parameter Problem, Neighbour Discovery, home agent and prefix discovery."""


class MobileNode:
    """Knows where it is, and tells its home agents and correspondents.

    The home address of its configuration is its first home. A protocol that builds on this one
    adds more homes, each with an agent of its own, and is told of them as a ``HomeListener``.
    """

    def __init__(
        self, config: MobileConfig, random: Random, listener: HomeListener | None = None
    ) -> None:
        self._config = config
        self._listener = NobodyListens() if listener is None else listener
        self._paths = DataPaths()
        self._keeper = HomeKeeper(config, random, self._paths, self._listener)
        self._movement = Movement(config, random, self, self._keeper.is_defended)
        self._correspondent = Correspondent(
            CorrespondentConfig(), random, self._is_home, self._paths.lead_to
        )
        self._messages = MobileMessages(config, self._keeper, self._movement, self._correspondent)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> MobileNode:
        """Return a mobile node at no link; ConfigurationError names the key at fault."""
        return cls(MobileConfig.read(config), random)

    @property
    def care_of(self) -> Address | None:
        """Return the address where this node is, None where it has no link."""
        place = self.place
        return None if place is None else place.address

    @property
    def place(self) -> Place | None:
        """Return where this node is, None where it has no link."""
        return self._movement.place if self._movement.connected else None

    def agent_of(self, home: Address) -> Address | None:
        """Return the agent of ``home``, None where it has not been discovered yet."""
        entry = self._keeper.home(home)
        return None if entry is None else entry.agent

    def add_home(
        self,
        home_address: Address,
        agent: Address,
        now: float,
        *,
        options: Extras = tuple,
        watch: bool = True,
        lifetime: float | None = None,
    ) -> list[Action]:
        """Make ``home_address`` an address of this node and register it with ``agent``.

        ``options`` is asked for the mobility options to add to each Binding Update, which ask
        for ``lifetime`` seconds (None: as configured for the first home). With
        ``watch``, route optimization starts with whoever is heard there (where configured). A
        home that is there is registered again, with these values.
        """
        wanted = self._config.lifetime if lifetime is None else lifetime
        return self._keeper.add(home_address, agent, now, options, watch, wanted)

    def remove_home(self, home_address: Address, now: float) -> list[Action]:
        """Give ``home_address`` up: its bindings are deleted, with lifetime 0 (RFC 6275 §11.7.1).

        KeyError where there is no such home. The listener is not told.
        """
        forgotten = self._correspondent.forget_all(home_address, now)
        return [*forgotten, *self._keeper.remove(home_address, now)]

    def hold_home(self, home_address: Address, now: float) -> list[Action]:
        """Send no more updates for ``home_address``, neither after moves nor to renew it.

        Its address, its tunnel and its route from there stay until ``remove_home``, which deletes
        what its agent still has. KeyError where there is no such home. The listener is not told.
        """
        self._keeper.registration.hold(self._keeper.registration.homes[home_address])
        return []

    def optimize(self, home: Address, peer: Address, now: float) -> list[Action]:
        """Start route optimization from ``home`` with ``peer``, unless known not to support it."""
        return self._keeper.optimizer.start(home, peer, now)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived():
                return self._messages.received(event, now)
            case CarrierUp() | CarrierDown():
                return self._movement.carrier(event, now)
            case PeerHeard(home, peer):
                return self._heard(home, peer, now)
            case HomeAddressUnknown():
                return self._messages.unknown_binding(event, now)
            case Started():
                return self._start(now)
            case LinkQuality():  # whatever it is capable of, it is followed
                return []
            case Command():
                return self._commanded(event)
        return [Drop("unexpected event", {"event": type(event).__name__})]

    def tick(self, now: float) -> Sequence[Action]:
        """Do what has become due by ``now``."""
        actions = self._movement.tick(now)
        actions += self._keeper.tick(now)
        return actions + self._correspondent.tick(now)

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        parts = (self._movement, self._keeper, self._correspondent)
        return earliest(part.deadline() for part in parts)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the homes and the correspondents of this node as rows."""
        node = self._config.identifier
        homes = self._keeper.registration.homes.values()
        rows = [home_row(node, home, self.care_of, now) for home in homes]
        rows += [peer_row(node, peer, now) for peer in self._keeper.optimizer.peers()]
        return [*rows, *self._correspondent.bindings(now)]

    # --- where the node is (see ``Follower``) --------------------------------------------------

    def moved(self, place: Place, now: float) -> list[Action]:
        """See ``Follower``: who judges the place, its address, the updates, then who else cares."""
        details = {
            "node": self._config.identifier,
            "address": spelled(place.address),
            "interface": place.interface,
            "home": place.home,
        }
        return [
            *self._listener.moving(place.address, place.interface, now),
            *self._keeper.arrive(place, now),
            Record("care_of_usable", details),
            *self._keeper.register(place, now),
            *self._listener.care_of_changed(place.address, now),
        ]

    def resumed(self, now: float) -> list[Action]:
        """See ``Follower``."""
        actions = self._keeper.resumed(now)
        return [*actions, *self._listener.care_of_changed(self.care_of, now)]

    def lost(self, now: float) -> list[Action]:
        """See ``Follower``."""
        return [*self._keeper.lost(), *self._listener.care_of_changed(None, now)]

    def _start(self, now: float) -> list[Action]:
        config = self._config
        home, agent = config.home_address, config.home_agent
        added = self._keeper.add(home, agent, now, tuple, True, config.lifetime)
        return [Listen(LISTENS_TO), *added]

    def _heard(self, home: Address, peer: Address, now: float) -> list[Action]:
        """RFC 6275 §11.7.2: a packet of the peer came through the tunnel."""
        entry = self._keeper.home(home)
        if not self._config.route_optimization or entry is None:
            return [Drop("peer of no home to optimize", {"peer": spelled(peer)})]
        if peer == entry.agent or not entry.bound:
            return []
        return self.optimize(home, peer, now)

    def _commanded(self, event: Command) -> list[Action]:
        """A flow starts at the home address, whatever it is for; anything else is unknown."""
        if event.name not in ("open_flow", "close_flow"):
            error = {"error": f"unknown command {event.name!r}"}
            answer: list[Action] = [Reply(event.token, error)] if event.token else []
            return [*answer, Drop("unknown command", {"command": event.name})]
        if not event.token:
            return []
        source = {"source": spelled(self._config.home_address), "via": "home", "proxy": ""}
        return [Reply(event.token, source if event.name == "open_flow" else {})]

    def _is_home(self, address: Address) -> bool:
        return self._keeper.home(address) is not None
