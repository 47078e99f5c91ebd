"""Where a mobile node's addresses are: on their interface, or kept while that is down (xia §7)."""

from __future__ import annotations

from agents.core.actions import (
    AcceptTunnels,
    Action,
    AddAddress,
    AddNeighbor,
    AddRoute,
    AddTunnel,
    Delivery,
    Record,
    RemoveAddress,
    RemoveNeighbor,
    RemoveRoute,
    RemoveTunnel,
    WatchPeers,
)
from agents.core.events import MessageReceived
from agents.core.link_layer import router_link_layer
from agents.core.text import spelled
from agents.flowbinding.config import HostConfig
from agents.flowbinding.host_links import LOOPBACK, HostLink
from agents.flowbinding.selectors import host
from agents.flowbinding.uplink import Uplink
from agents.wire.address import ALL_ZERO, Address


class Places:
    """Addresses and routes, kept in step with links and advertisements.

    What is sent from an address leaves by its interface, and while that is down by another one.
    """

    def __init__(self, config: HostConfig, links: list[HostLink], uplink: Uplink) -> None:
        self._config = config
        self._links = links
        self._uplink = uplink
        self._at: dict[Address, list[str]] = {}
        self._ways: dict[Address, HostLink] = {}
        self._default: tuple[str, Address | None, Address] | None = None

    def addresses(self) -> list[tuple[Address, str]]:
        """Return this node's addresses, each with the interfaces that have it."""
        return [(address, " ".join(names)) for address, names in self._at.items()]

    def owns(self, address: Address) -> bool:
        """Say whether ``address`` is this node's."""
        return address in self._at

    def way_of(self, address: Address) -> HostLink | None:
        """Return the interface that packets from ``address`` leave by if nothing else is said."""
        return self._ways.get(address)

    def link_with(self, name: str, address: Address) -> HostLink | None:
        """Return the interface ``name`` if it can be used and ``address`` is one of its own."""
        found = next((link for link in self._links if link.name == name), None)
        return found if found is not None and found.usable and address in found.addresses else None

    def advertised(self, link: HostLink, event: MessageReceived) -> list[Action]:
        """Use the addresses that a router's prefixes make, and the router."""
        addresses = link.assigned(event.message)
        actions = self._know(link, event)
        gone = [address for address in link.addresses if address not in addresses]
        link.addresses = addresses
        for address in addresses:
            actions += self._settle(link, address)
        for address in gone:
            actions += self._abandon(link, address)
        return actions + self._choose_default() + self._lend()

    def down(self, link: HostLink) -> list[Action]:
        """Keep the addresses of a link that was lost, and send from them elsewhere (xia §7)."""
        actions = self._uplink.lost(link)
        for address in link.addresses:
            if link.name in self._at.get(address, ()):
                actions += self._keep(link, address)
        actions += self._lend()
        for address in [a for a, way in self._ways.items() if way is link]:
            actions += self._reroute(address)
        actions += self._choose_default()
        return actions + self._forget_router(link)

    def _know(self, link: HostLink, event: MessageReceived) -> list[Action]:
        before, link.router = link.router, event.source
        octets = router_link_layer(event)
        if before == event.source:
            return []
        actions: list[Action] = []
        if octets:
            actions.append(AddNeighbor(link.name, event.source, octets))
        if before is not None:
            actions.append(RemoveNeighbor(link.name, before))
        return actions

    def _settle(self, link: HostLink, address: Address) -> list[Action]:
        """Have an address on its interface, new or back from where it was kept."""
        names = self._at.setdefault(address, [])
        if link.name in names:
            return self._route(link, address)
        opened = [] if names else self._open(address)  # once there is a way to the anchor
        actions: list[Action] = [AddAddress(link.name, address)]
        if LOOPBACK in names:
            names.remove(LOOPBACK)
            actions += [
                RemoveAddress(LOOPBACK, address),
                self._moved(address, LOOPBACK, link.name),
            ]
        names.append(link.name)
        back = self._uplink.give_back(address)
        return [*actions, *self._route(link, address), *opened, *back]

    def _open(self, address: Address) -> list[Action]:
        """Take out what the anchor sends in a tunnel to a new address (xia §4, step 11)."""
        return [
            AcceptTunnels(address, Delivery.LOCAL),
            AddTunnel(address, self._config.anchor),
            WatchPeers(address, tunnelled=False),
        ]

    def _keep(self, link: HostLink, address: Address) -> list[Action]:
        names = self._at[address]
        names.remove(link.name)
        if names:  # it is shared, and is on another interface too
            return [RemoveAddress(link.name, address)]
        names.append(LOOPBACK)
        return [
            AddAddress(LOOPBACK, address),
            RemoveAddress(link.name, address),
            self._moved(address, link.name, LOOPBACK),
        ]

    def _abandon(self, link: HostLink, address: Address) -> list[Action]:
        """Give up an address whose prefix is this node's no longer (RFC 4862 §5.5.4)."""
        names = self._at[address]
        if link.name not in names:
            return []
        names.remove(link.name)
        actions: list[Action] = [RemoveAddress(link.name, address)]
        if self._ways.get(address) is link:
            actions += self._reroute(address)
        if names:
            return actions
        del self._at[address]
        return [
            *actions,
            *self._uplink.give_back(address),
            RemoveTunnel(address, self._config.anchor),
        ]

    def _lend(self) -> list[Action]:
        """Find a way for what is sent from addresses that are kept."""
        helper = next((link for link in self._links if link.usable), None)
        if helper is None:
            return []
        kept = [address for address, names in self._at.items() if names == [LOOPBACK]]
        return [action for address in kept for action in self._uplink.lend(address, helper)]

    def _choose_default(self) -> list[Action]:
        """Programs that choose no source get the first interface that can be used."""
        link = next((link for link in self._links if link.usable), None)
        wanted = None if link is None else (link.name, link.router, link.addresses[0])
        if wanted == self._default:
            return []
        self._default = wanted
        if wanted is None:
            return [RemoveRoute(ALL_ZERO)]
        name, router, address = wanted
        return [AddRoute(ALL_ZERO, name, router, preferred_source=address)]

    def _forget_router(self, link: HostLink) -> list[Action]:
        router, link.router = link.router, None
        return [] if router is None else [RemoveNeighbor(link.name, router)]

    def _route(self, link: HostLink, address: Address) -> list[Action]:
        """Send from ``address`` by its interface; of several, by the first that there was."""
        if self._ways.setdefault(address, link) is not link:
            return []
        return [AddRoute(ALL_ZERO, link.name, link.router, source=host(address))]

    def _reroute(self, address: Address) -> list[Action]:
        """Send from ``address`` by another interface that has it, if there is one."""
        del self._ways[address]
        for link in self._links:
            if link.usable and address in link.addresses:
                return self._route(link, address)
        return [RemoveRoute(ALL_ZERO, host(address))]

    def _moved(self, address: Address, source: str, destination: str) -> Record:
        details = {"address": spelled(address), "from": source, "to": destination}
        return Record("address_moved", {"node": self._config.identifier, **details})
