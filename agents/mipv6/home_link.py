"""A home agent on its home link: home addresses are checked there, then defended.

RFC 6275 §10.3.1 asks for Duplicate Address Detection before the first binding, §10.4.1 for
answers in the mobile node's place while it is away.
"""

from __future__ import annotations

from enum import Enum, auto

from agents.core.actions import Action, ProxyNeighbor, SendMessage, StopProxying
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.rate import TokenBucket
from agents.mipv6.access_links import Link
from agents.mipv6.address_probe import RETRANS_TIMER, AddressProbe
from agents.mipv6.advertiser import ALL_NODES
from agents.wire.address import Address
from agents.wire.ndisc import NeighborAdvertisement, TargetLinkLayerAddress
from agents.wire.numbers import NeighborFlag

_DEFENCES_AT_ONCE = 10
_OVERRIDE = int(NeighborFlag.OVERRIDE)


class Standing(Enum):
    """What is known of a home address on the home link."""

    PROBED = auto()
    UNIQUE = auto()
    DUPLICATE = auto()


class HomeLink:
    """The home addresses on one link that this node asks for, and those that it stands in for."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._standings: dict[Address, Standing] = {}
        self._probes: Deadlines[Address] = Deadlines()
        self._defended: set[Address] = set()
        self._defences = TokenBucket(1 / RETRANS_TIMER, _DEFENCES_AT_ONCE)
        self.deadline = self._probes.next

    def standing(self, address: Address) -> Standing | None:
        """Return what is known of ``address``; None before it is probed."""
        return self._standings.get(address)

    def forget(self, address: Address) -> None:
        """Know nothing of ``address`` any more: it must be probed anew."""
        self._standings.pop(address, None)
        self._probes.clear(address)

    def probe(self, address: Address, now: float) -> list[Action]:
        """Ask whether anybody has ``address`` (RFC 4862 §5.4.2); its standing follows."""
        probe = self._probe_of(address, now)
        self._standings[address] = Standing.PROBED
        solicitation = probe.solicit(now)
        self._probes.set(address, probe.at)
        return [solicitation]

    def heard(self, event: MessageReceived, now: float) -> tuple[Address | None, list[Action]]:
        """Learn from Neighbour Discovery on the link: which probed address is somebody's.

        Against another's claim to an address that this node defends, it advertises itself again.
        """
        address = event.message.target
        if not self._probe_of(address, now).is_denied_by(event):
            return None, []
        if self._standings.get(address) is Standing.PROBED:
            self._standings[address] = Standing.DUPLICATE
            self._probes.clear(address)
            return address, []
        if address in self._defended and self._defences.take(now):
            return None, [self._advertise(address)]
        return None, []

    def tick(self, now: float) -> list[Address]:
        """Return the addresses that nobody has claimed in time; they are unique."""
        unique = list(self._probes.due(now))
        self._standings.update(dict.fromkeys(unique, Standing.UNIQUE))
        return unique

    def defend(self, address: Address) -> list[Action]:
        """Stand in for ``address``: what neighbours send there comes here (RFC 6275 §10.4.1)."""
        self._defended.add(address)
        return [ProxyNeighbor(self._link.interface, address), self._advertise(address)]

    def leave(self, address: Address) -> list[Action]:
        """Leave ``address`` to its owner again."""
        self._defended.discard(address)
        return [StopProxying(self._link.interface, address)]

    def _probe_of(self, address: Address, now: float) -> AddressProbe:
        return AddressProbe(address, self._link.interface, self._link.link_layer, now)

    def _advertise(self, address: Address) -> SendMessage:
        option = TargetLinkLayerAddress(self._link.link_layer)
        advertisement = NeighborAdvertisement(address, _OVERRIDE, (option,))
        source = self._link.address
        return SendMessage(advertisement, source, ALL_NODES, self._link.interface)
