"""The interfaces of a mobile node: their links, routers and addresses (xia §4 step 3, §7)."""

from __future__ import annotations

from dataclasses import dataclass

from agents.core.actions import SendMessage
from agents.core.retransmission import Retransmission
from agents.pmipv6.forwarding import interface_address
from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.ndisc import (
    PrefixInformation,
    RouterAdvertisement,
    RouterSolicitation,
    SourceLinkLayerAddress,
)
from agents.wire.numbers import PrefixFlag

ALL_ROUTERS = Address.parse("ff02::2")
LOOPBACK = "lo"

_AUTONOMOUS = int(PrefixFlag.AUTONOMOUS)
_LINK_LOCAL = Prefix(Address.parse("fe80::"), 64)


@dataclass(eq=False, slots=True)
class HostLink:
    """One interface; ``octets`` make its addresses, which may be those of another one (xia §7).

    ``addresses`` are its own, wherever they are at present; ``wait`` is set while it solicits.
    """

    name: str
    link_layer: bytes
    octets: bytes
    up: bool = False
    router: Address | None = None
    addresses: tuple[Address, ...] = ()
    wait: Retransmission | None = None

    @property
    def usable(self) -> bool:
        """Say whether packets can leave here."""
        return self.up and self.router is not None and bool(self.addresses)

    def solicit(self) -> SendMessage:
        """Return what asks who the router is (RFC 4861 §6.3.7)."""
        source = interface_address(_LINK_LOCAL, self.link_layer)
        options = (SourceLinkLayerAddress(self.link_layer),)
        if source is None:
            return SendMessage(RouterSolicitation(()), UNSPECIFIED, ALL_ROUTERS, self.name)
        return SendMessage(RouterSolicitation(options), source, ALL_ROUTERS, self.name)

    def assigned(self, message: RouterAdvertisement) -> tuple[Address, ...]:
        """Return the addresses that this interface makes of the advertised prefixes (RFC 4862)."""
        prefixes = [
            option.prefix
            for option in message.options
            if type(option) is PrefixInformation
            and option.flags & _AUTONOMOUS
            and option.valid_lifetime
        ]
        return tuple(filter(None, (interface_address(each, self.octets) for each in prefixes)))
