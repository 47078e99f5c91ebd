"""Whether an address is unique on a link: Duplicate Address Detection (RFC 4862 §5.4)."""

from __future__ import annotations

from dataclasses import dataclass

from agents.core.actions import SendMessage
from agents.core.events import MessageReceived
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.ndisc import NeighborAdvertisement, NeighborSolicitation

RETRANS_TIMER = 1.0
"""Seconds to wait for an answer (RFC 4861 §10); one solicitation is sent."""

MAX_RTR_SOLICITATION_DELAY = 1.0
"""Greatest random delay before the solicitation, in seconds (RFC 4862 §5.4.2)."""

_SOLICITED_NODE = bytes.fromhex("ff0200000000000000000001ff")


@dataclass(slots=True)
class AddressProbe:
    """A probe for ``address``: its solicitation is sent at ``at``, its answer due by then after."""

    address: Address
    interface: str
    link_layer: bytes
    at: float
    solicited: bool = False

    def solicit(self, now: float) -> SendMessage:
        """Return the solicitation, and wait for its answer."""
        self.solicited = True
        self.at = now + RETRANS_TIMER
        group = Address(_SOLICITED_NODE + self.address[-3:])
        return SendMessage(NeighborSolicitation(self.address), UNSPECIFIED, group, self.interface)

    def is_denied_by(self, event: MessageReceived) -> bool:
        """Say whether a neighbour has the address or probes for it too (§5.4.3, §5.4.4)."""
        message = event.message
        if event.interface != self.interface or message.target != self.address:
            return False
        if isinstance(message, NeighborAdvertisement):
            return True
        return event.source == UNSPECIFIED and event.link_layer_source != self.link_layer
