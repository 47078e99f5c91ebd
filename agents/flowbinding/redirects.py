"""What a mobile node believes of rejections, and what it does on them (xia §7, §9)."""

from __future__ import annotations

from agents.core.actions import Action, Drop, ForgetPeer, Record
from agents.core.events import MessageReceived
from agents.core.flows import FlowSelector
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.flowbinding import selectors
from agents.flowbinding.config import HostConfig
from agents.flowbinding.host_links import HostLink
from agents.flowbinding.invoking import flow_in
from agents.flowbinding.places import Places
from agents.flowbinding.uplink import Uplink
from agents.wire.address import Address
from agents.wire.numbers import UnreachableCode

MOST_PEERS = 4096
"""Peers of TCP that are remembered."""

_CODE = int(UnreachableCode.REJECT_ROUTE)
_TCP = 6


class Redirects:
    """Moves single flows to the interface at whose address a rejection of theirs has come in.

    It must be from this node's anchor, to the address of the very interface that it came in by,
    and hold a packet from another address of this node; of TCP, with a peer that has answered
    there. Whether such a packet was sent it cannot tell, so redirects are bounded.
    """

    def __init__(self, config: HostConfig, places: Places, uplink: Uplink) -> None:
        self._config = config
        self._places = places
        self._uplink = uplink
        self._bucket = TokenBucket(config.max_redirects, config.max_redirects)
        self._peers: dict[tuple[Address, Address], None] = {}

    def heard(self, home: Address, peer: Address) -> list[Action]:
        """Note that ``peer`` has sent a packet to this node's address ``home``.

        For one more than can be remembered the oldest goes, until it is heard again.
        """
        self._peers[home, peer] = None
        if len(self._peers) <= MOST_PEERS:
            return []
        oldest = next(iter(self._peers))
        del self._peers[oldest]
        return [ForgetPeer(*oldest)]

    def rejected(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an ICMPv6 Destination Unreachable."""
        details = {"source": spelled(event.source), "interface": event.interface}
        if event.message.code != _CODE or event.source != self._config.anchor:
            return [Drop("rejection from elsewhere", details)]
        link = self._places.link_with(event.interface, event.destination)
        if link is None:
            return [Drop("rejection at the wrong interface", details)]
        flow = flow_in(event.message.invoking)
        if flow is None or not self._is_own(flow):
            return [Drop("rejection of what was not sent here", details)]
        if not self._bucket.take(now):
            return [Drop("too many rejections", details)]
        return self._follow(flow, link)

    def _is_own(self, flow: FlowSelector) -> bool:
        source, peer = flow.source.network, flow.destination.network
        if not self._places.owns(source):
            return False
        return flow.protocol != _TCP or (source, peer) in self._peers

    def _follow(self, flow: FlowSelector, link: HostLink) -> list[Action]:
        where = self._uplink.link_of(flow)
        if where is link:
            return []
        home = self._places.way_of(flow.source.network) is link
        if where is None and home:
            return []  # it leaves there as it is
        if where is None and self._uplink.is_full:
            return [Drop("too many flows redirected", {"flow": selectors.text(flow)})]
        actions = self._uplink.restore(flow) if home else self._uplink.redirect(flow, link)
        details = {
            "node": self._config.identifier,
            "flow": selectors.text(flow),
            "selector": selectors.values(flow),
            "interface": link.name,
        }
        return [*actions, Record("redirected", details)]
