"""The routes of a MAAR, which follow the binding lists (draft-ma §5.1, §5.2).

A home address is on link where its node is attached here; else it leads into the tunnel to the
MAAR that the internal lists have for it.
"""

from __future__ import annotations

from typing import NamedTuple

from agents.core.actions import (
    Action,
    AddNeighbor,
    AddRoute,
    RemoveNeighbor,
    RemoveRoute,
)
from agents.core.tunnels import Tunnels
from agents.romip.lists import Entry, Place, Visit
from agents.wire.address import ALL_ZERO, Address, Prefix

LINGER = 10.0
"""Seconds for which a tunnel outlives its last session: packets may still be under way."""


class OnLink(NamedTuple):
    """The address is that of an attached node."""

    interface: str
    link_layer: bytes


Way = OnLink | Address | None


class Forwarding:
    """What is installed for each address, and what the lists of all visitors want."""

    def __init__(self, own: Address) -> None:
        self._own = own
        self._tunnels = Tunnels(own, LINGER)
        self._attached: dict[Address, OnLink] = {}
        self._entries: dict[Address, dict[Visit, Entry]] = {}
        self._installed: dict[Address, OnLink | Address] = {}
        self.deadline = self._tunnels.deadline
        self.tick = self._tunnels.tick

    def attach(self, home: Address, place: Place, now: float) -> list[Action]:
        """Forward packets to ``home`` to its node, and those from it as they are addressed."""
        self._attached[home] = OnLink(place.interface, place.link_layer)
        source = Prefix(home, 128)
        return [*self._follow(home, now), AddRoute(ALL_ZERO, source=source)]

    def detach(self, home: Address, now: float) -> list[Action]:
        """Take that back."""
        if self._attached.pop(home, None) is None:
            return []
        return [RemoveRoute(ALL_ZERO, Prefix(home, 128)), *self._follow(home, now)]

    def lead(self, entry: Entry, now: float) -> list[Action]:
        """Let packets to the correspondent follow ``entry``, which is new or has changed."""
        entries = self._entries.setdefault(entry.correspondent, {})
        entries.pop(entry.visit, None)
        entries[entry.visit] = entry
        return self._follow(entry.correspondent, now)

    def leave(self, entry: Entry, now: float) -> list[Action]:
        """Let packets follow ``entry`` no longer."""
        entries = self._entries.get(entry.correspondent, {})
        if entries.pop(entry.visit, None) is None:
            return []
        if not entries:
            del self._entries[entry.correspondent]
        return self._follow(entry.correspondent, now)

    def heading(self, correspondent: Address) -> Address | None:
        """Return the MAAR that packets to an address are tunnelled to, if any."""
        way = self._installed.get(correspondent)
        return None if isinstance(way, OnLink) else way

    def _wanted(self, address: Address) -> Way:
        if address in self._attached:
            return self._attached[address]
        entries = self._entries.get(address, {})
        for visit in reversed(entries):
            if entries[visit].maar != self._own:
                return entries[visit].maar
        return None

    def _follow(self, address: Address, now: float) -> list[Action]:
        wanted, installed = self._wanted(address), self._installed.get(address)
        if wanted == installed:
            return []
        actions: list[Action] = []
        if isinstance(installed, OnLink):
            actions.append(RemoveNeighbor(installed.interface, address))
        actions += self._install(address, wanted)
        if installed is not None and not isinstance(installed, OnLink):
            self._tunnels.release(installed, now)
        return actions

    def _install(self, address: Address, way: Way) -> list[Action]:
        prefix = Prefix(address, 128)
        if way is None:
            del self._installed[address]
            return [RemoveRoute(prefix)]
        self._installed[address] = way
        if isinstance(way, OnLink):
            return [
                AddRoute(prefix, way.interface),
                AddNeighbor(way.interface, address, way.link_layer),
            ]
        return [*self._tunnels.hold(way), AddRoute(prefix, tunnel=way)]
