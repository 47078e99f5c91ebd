"""Whether the router of a mobile node still answers (RFC 4861 §7.3, RFC 6275 §11.5.1)."""

from __future__ import annotations

from agents.core.actions import SendMessage
from agents.mipv6.address_probe import RETRANS_TIMER
from agents.mipv6.mobile_config import Interface
from agents.mipv6.places import Router
from agents.wire.address import Address
from agents.wire.ndisc import NeighborSolicitation, SourceLinkLayerAddress

MAX_UNICAST_SOLICIT = 3
"""How often a router is asked before it counts as gone (RFC 4861 §10)."""


class RouterCheck:
    """Asks one router, RETRANS_TIMER apart; the next step is due ``at``."""

    def __init__(self, router: Router, interface: Interface, source: Address) -> None:
        self._message = SendMessage(
            NeighborSolicitation(router.address, (SourceLinkLayerAddress(interface.link_layer),)),
            source,
            router.address,
            interface.name,
            router.link_layer,
        )
        self._asked = 0
        self.at = 0.0

    @property
    def failed(self) -> bool:
        """Say whether it was asked often enough."""
        return self._asked >= MAX_UNICAST_SOLICIT

    def ask(self, now: float) -> SendMessage:
        """Return the next solicitation."""
        self._asked += 1
        self.at = now + RETRANS_TIMER
        return self._message
