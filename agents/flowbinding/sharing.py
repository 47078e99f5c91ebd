"""An anchor whose mobile nodes have the same prefixes at all interfaces (xia §7)."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, AddRoute, RemoveRoute
from agents.pmipv6.allocation import Allocator
from agents.pmipv6.binding_cache import Binding, BindingCache
from agents.pmipv6.config import AnchorConfig
from agents.pmipv6.lma import LocalMobilityAnchor
from agents.pmipv6.profile import HomeProfile
from agents.wire.address import Address, Prefix
from agents.wire.numbers import Status


class SharedCache(BindingCache):
    """Entries of one mobile node may have the same prefixes."""

    def at(self, prefix: Prefix, link_layer: bytes = b"") -> Binding | None:
        """Return the entry that has ``prefix``, of an interface if one is named, else of any."""
        one = super().at(prefix)
        if one is None or not link_layer:
            return one
        sessions = (b for b in self.of_node(one.identifier) if prefix in b.prefixes)
        return next((binding for binding in sessions if binding.link_layer == link_layer), None)

    def remove(self, binding: Binding) -> None:
        """Delete ``binding``; its prefixes are those of the others that have them."""
        super().remove(binding)
        for other in self.of_node(binding.identifier):
            self._by_prefix.update(dict.fromkeys(other.prefixes, other))


class SharedAllocator(Allocator):
    """Gives every interface of a mobile node what its profile says, whoever has it already."""

    def assign(self, profile: HomeProfile, link_layer: bytes) -> tuple[Prefix, ...] | Status:
        """Return the static prefixes of an interface, else some of the pool."""
        return profile.prefixes_of(link_layer) or super().assign(profile, link_layer)


class SharingAnchor(LocalMobilityAnchor):
    """Routes a shared prefix to the gateway of the interface that was attached first.

    When that leaves, the prefix goes to the next.
    """

    def __init__(self, config: AnchorConfig, random: Random) -> None:
        super().__init__(config, random)
        self._cache: SharedCache = SharedCache()
        self._allocator = SharedAllocator(config.pool, config.mobiles, config.prefixes_per_mobile)
        self._first: dict[Prefix, Binding] = {}

    def sessions(self, identifier: bytes) -> list[Binding]:
        """Return the entries of a mobile node that are registered, that with the routes first."""
        found = super().sessions(identifier)
        return sorted(found, key=lambda b: self._first.get(b.prefixes[0]) is not b)

    def home(self, binding: Binding) -> Binding:
        """Return the session whose gateway packets for the prefixes of this one go to."""
        return self._first.get(binding.prefixes[0], binding)

    def open_routes(self, binding: Binding, care_of: Address) -> list[Action]:
        """Return what sends packets for a session's prefixes to its gateway, if it is first."""
        free = [p for p in binding.prefixes if self._first.setdefault(p, binding) is binding]
        return [AddRoute(prefix, tunnel=care_of) for prefix in free]

    def close_routes(self, binding: Binding) -> list[Action]:
        """Return what sends them to the next session that has the prefixes, if there is one."""
        actions: list[Action] = []
        for prefix in binding.prefixes:
            if self._first.get(prefix) is not binding:
                continue
            del self._first[prefix]
            others = self.sessions(binding.identifier)
            heir = next((o for o in others if o is not binding and prefix in o.prefixes), None)
            if heir is None:
                actions.append(RemoveRoute(prefix))
            else:
                self._first[prefix] = heir
                actions.append(AddRoute(prefix, tunnel=heir.care_of))
        return actions
