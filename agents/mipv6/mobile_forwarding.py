"""The routes and tunnels of a mobile node: which way its packets leave (RFC 6275 §11.3.1).

Signalling and tunnels start at the address of the place and take the route from there; what
starts at a home address goes through the tunnel to its agent. Programs that choose no source get
the first home address, once it is bound, and the address of the place before.
"""

from __future__ import annotations

from agents.core.actions import (
    AcceptTunnels,
    Action,
    AddAddress,
    AddNeighbor,
    AddRoute,
    AddTunnel,
    Confine,
    Delivery,
    Release,
    RemoveAddress,
    RemoveNeighbor,
    RemoveRoute,
    RemoveTunnel,
)
from agents.mipv6.places import Place
from agents.wire.address import ALL_ZERO, Address, Prefix

_LOOPBACK = "lo"
_HOST_LENGTH = 128


class MobileForwarding:
    """What the kernel of a mobile node was asked for, kept in step with place and bindings."""

    def __init__(self, first_home: Address) -> None:
        self._first_home = first_home
        self._place: Place | None = None
        self._bound: dict[Address, Address] = {}
        self._owned: set[Address] = set()
        self._held = False  # what starts at the home address, while nobody knows where this is

    def own(self, home: Address) -> list[Action]:
        """Let ``home`` be this node's; nothing leaves from it until it is bound or at home."""
        if home in self._owned:
            return []
        self._owned.add(home)
        return [AddAddress(_LOOPBACK, home), Confine(home)]

    def disown(self, home: Address) -> list[Action]:
        """Let ``home`` be this node's no longer."""
        self._owned.discard(home)
        return [*self.unbind(home), RemoveAddress(_LOOPBACK, home), Release(home)]

    def is_bound(self, home: Address) -> bool:
        """Say whether a tunnel leads from ``home`` to its agent."""
        return home in self._bound

    def move(self, place: Place) -> list[Action]:
        """Send everything from ``place`` now, and give the address of the old place up."""
        old, self._place = self._place, place
        held, self._held = self._held, False
        actions = _arrive(place)
        if old is not None and old.address == place.address:  # behind another router
            return actions + self._default() + _part(old, place)
        for agent in self._agents():
            if old is not None:
                actions.append(RemoveTunnel(old.address, agent))
            actions.append(AddTunnel(place.address, agent))
        actions += [_through(agent, home) for home, agent in self._bound.items()]
        actions += self._default()
        if old is not None:
            actions += self._leave(old, held)
        return actions

    def lose(self) -> list[Action]:
        """Let nothing leave from the home address, if it is at home, at the link that comes next.

        That may be another one, where it must not show.
        """
        if self._place is None or self._held or self._place.address not in self._owned:
            return []
        self._held = True
        return [RemoveRoute(ALL_ZERO, _host(self._place.address))]

    def resume(self) -> list[Action]:
        """Let it leave again: the link is that of the place."""
        if self._place is None or not self._held:
            return []
        self._held = False
        return [_from_place(self._place)]

    def bind(self, home: Address, agent: Address) -> list[Action]:
        """Let what starts at ``home`` go to ``agent``, which has bound it to the place."""
        if self._place is None or self._bound.get(home) == agent:
            return []
        actions = self.unbind(home)
        if agent not in self._agents():
            actions.append(AddTunnel(self._place.address, agent))
        self._bound[home] = agent
        actions.append(_through(agent, home))
        return actions + self._default() if home == self._first_home else actions

    def unbind(self, home: Address) -> list[Action]:
        """Let nothing leave from ``home``, whose binding is over."""
        agent = self._bound.pop(home, None)
        if agent is None:
            return []
        actions: list[Action] = []
        if home == self._first_home:
            actions += self._default()
        if self._place is None or self._place.address != home:  # else it has its own route
            actions.append(RemoveRoute(ALL_ZERO, _host(home)))
        if agent not in self._agents() and self._place is not None:
            actions.append(RemoveTunnel(self._place.address, agent))
        return actions

    def _agents(self) -> tuple[Address, ...]:
        return tuple(dict.fromkeys(self._bound.values()))

    def _default(self) -> list[Action]:
        """The route of those who choose no source."""
        agent = self._bound.get(self._first_home)
        place = self._place
        if place is None:
            return []
        if agent is not None:
            return [AddRoute(ALL_ZERO, tunnel=agent, preferred_source=self._first_home)]
        return [AddRoute(ALL_ZERO, place.interface, place.router)]

    def _leave(self, old: Place, held: bool) -> list[Action]:
        actions: list[Action] = [RemoveAddress(old.interface, old.address)]
        if old.address not in self._bound and not held:
            actions.append(RemoveRoute(ALL_ZERO, _host(old.address)))
        return actions + _part_from_router(old)


def _arrive(place: Place) -> list[Action]:
    """Have the route of an address before the address: a tunnel may start there at once.

    Without that route the tunnel's own packets would take the default route, into the tunnel.
    """
    actions: list[Action] = []
    if place.router_link_layer:
        actions.append(AddNeighbor(place.interface, place.router, place.router_link_layer))
    return [
        *actions,
        _from_place(place),
        AddAddress(place.interface, place.address),
        AcceptTunnels(place.address, Delivery.LOCAL),
    ]


def _part_from_router(old: Place) -> list[Action]:
    return [RemoveNeighbor(old.interface, old.router)] if old.router_link_layer else []


def _part(old: Place, place: Place) -> list[Action]:
    """Leave a router, or an interface, for another one of the same prefix."""
    if (old.interface, old.router) == (place.interface, place.router):
        return []
    actions = _part_from_router(old)
    if old.interface != place.interface:
        actions.append(RemoveAddress(old.interface, old.address))
    return actions


def _from_place(place: Place) -> AddRoute:
    return AddRoute(ALL_ZERO, place.interface, place.router, source=_host(place.address))


def _through(agent: Address, home: Address) -> AddRoute:
    return AddRoute(ALL_ZERO, tunnel=agent, source=_host(home))


def _host(address: Address) -> Prefix:
    return Prefix(address, _HOST_LENGTH)
