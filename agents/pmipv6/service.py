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
    """Gives service to nodes and takes it back."""

    def __init__(self, config: GatewayConfig) -> None:
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
        actions = self._tunnels.hold(visit.profile.anchor)
        actions += self.take(visit, now)
        visit.served = prefixes
        actions += open_forwarding(visit)
        actions.append(self.advertise(visit))
        visit.advertised = prefixes
        return actions

    def take(self, visit: Visit, now: float) -> list[Action]:
        """Stop forwarding for the node (RFC 5213 §6.9.1.2, item 11, and §6.9.1.4)."""
        if not visit.served:
            return []
        actions = close_forwarding(visit)
        visit.served = ()
        self._tunnels.release(visit.profile.anchor, now)
        return actions
