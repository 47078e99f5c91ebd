"""The service that a registered node has at a gateway: its routes, tunnel and advertisements."""

from __future__ import annotations

from agents.core.actions import Action
from agents.core.tunnels import Tunnels
from agents.pmipv6.advertisement import Advertiser
from agents.pmipv6.binding_update_list import Visit
from agents.pmipv6.config import GatewayConfig
from agents.pmipv6.forwarding import close_forwarding, open_forwarding
from agents.wire.address import Prefix

TUNNEL_LINGER_INTERVAL = 3.0
"""Seconds for which the tunnel of an anchor that has no nodes here is kept for the next."""


class Service:
    """Gives service to nodes and takes it back.

    Where it is ``direct``, what nodes send is routed by its destination and not through their
    anchors. A gateway that is an anchor itself needs no tunnel to its own nodes.
    """

    def __init__(self, config: GatewayConfig, direct: bool = False) -> None:
        self._address = config.address
        self._direct = direct
        self._tunnels = Tunnels(config.address, TUNNEL_LINGER_INTERVAL)
        advertiser = Advertiser(config)
        self.advertise = advertiser.advertise
        self.interval = advertiser.interval
        self.deadline = self._tunnels.deadline
        self.tick = self._tunnels.tick

    def give(self, visit: Visit, prefixes: tuple[Prefix, ...], now: float) -> list[Action]:
        """Serve the node with ``prefixes`` (RFC 5213 §6.9.1.2, items 12 to 14).

        Routes come first and the advertisement last: a packet can be right behind the answer.
        """
        if prefixes == visit.served:
            return []
        anchor = visit.profile.anchor
        actions = [] if anchor == self._address else self._tunnels.hold(anchor)
        actions += self.take(visit, now)
        visit.served = prefixes
        actions += open_forwarding(visit, None if self._direct else anchor)
        actions.append(self.advertise(visit))
        visit.advertised = prefixes
        return actions

    def take(self, visit: Visit, now: float) -> list[Action]:
        """Stop forwarding for the node (RFC 5213 §6.9.1.2, item 11, and §6.9.1.4)."""
        if not visit.served:
            return []
        actions = close_forwarding(visit)
        visit.served = ()
        if visit.profile.anchor != self._address:
            self._tunnels.release(visit.profile.anchor, now)
        return actions
