"""A packet in virtual time: headers as values, the payload as a length or a message."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from agents.wire.address import Address

HEADER = 40  # octets of an IPv6 header
EXTENSION = 24  # octets of a header with a Home Address option, and of a type 2 routing header
HOP_LIMIT = 64
MULTICAST = 0xFF  # the first octet of every multicast address (RFC 4291 §2.7)

Tunnel = tuple[Address, Address]


class Homes(NamedTuple):
    """The home addresses that a packet between care-of addresses carries.

    That of its sender in a Home Address option, that of its receiver in a type 2 routing header
    (RFC 6275 §6.3, §6.4), or None.
    """

    home_address: Address | None
    routed_to: Address | None

    @property
    def length(self) -> int:
        """How many octets the extension headers take."""
        return EXTENSION * ((self.home_address is not None) + (self.routed_to is not None))


class Packet:
    """One packet, which exists in one place at a time and is changed as it travels.

    ``length`` counts the octets of the outermost packet. ``tunnels`` are the (source,
    destination) pairs of the headers around the innermost one, outermost first, and
    ``inner_hop_limits`` what waits in the headers that they cover. ``homes`` is what the extension
    headers of the innermost packet tell; its ``source`` and ``destination`` are as on the wire.
    """

    __slots__ = (
        "destination",
        "downward",
        "flow",
        "homes",
        "hop_limit",
        "identity",
        "inner_hop_limits",
        "length",
        "message",
        "octets",
        "payload",
        "source",
        "tunnels",
    )

    def __init__(
        self,
        source: Address,
        destination: Address,
        length: int,
        *,
        flow: str = "",
        downward: bool = True,
        identity: Hashable = None,
        payload: Any = None,
        message: Any = None,
        octets: bytes = b"",
        hop_limit: int = HOP_LIMIT,
    ) -> None:
        self.source = source
        self.destination = destination
        self.length = length
        self.flow = flow
        self.downward = downward
        self.identity = identity
        self.payload = payload
        self.message = message
        self.octets = octets
        self.hop_limit = hop_limit
        self.homes: Homes | None = None
        self.tunnels: tuple[Tunnel, ...] = ()
        self.inner_hop_limits: tuple[int, ...] = ()

    @property
    def outer_source(self) -> Address:
        """The source that routers see."""
        return self.tunnels[0][0] if self.tunnels else self.source

    @property
    def outer_destination(self) -> Address:
        """The destination that routers look at."""
        return self.tunnels[0][1] if self.tunnels else self.destination

    @property
    def ends(self) -> tuple[Address, Address]:
        """The source and destination that the ends of the packet know it by: home addresses."""
        if self.homes is None:
            return self.source, self.destination
        home_address, routed_to = self.homes
        return home_address or self.source, routed_to or self.destination

    def encapsulate(self, local: Address, remote: Address) -> None:
        """Put an IPv6 header around the packet (RFC 2473 §3.1).

        The new header takes the hop limit of the inner one, as Linux does for its seg6 tunnels.
        """
        self.tunnels = ((local, remote), *self.tunnels)
        self.inner_hop_limits = (self.hop_limit, *self.inner_hop_limits)
        self.length += HEADER

    def decapsulate(self) -> None:
        """Take the outermost header off (RFC 2473 §3.3)."""
        self.tunnels = self.tunnels[1:]
        self.hop_limit, *rest = self.inner_hop_limits
        self.inner_hop_limits = tuple(rest)
        self.length -= HEADER

    def carry(self, homes: Homes) -> None:
        """Put the extension headers into the innermost packet."""
        self.homes = homes
        self.length += homes.length

    def restore(self) -> None:
        """Take the extension headers out: the ends are the home addresses that were in them."""
        assert self.homes is not None
        self.length -= self.homes.length
        self.source, self.destination = self.ends
        self.homes = None

    def copy(self) -> Packet:
        """Return a second packet with the same headers, for a link that multiplies it."""
        twin = Packet(
            self.source,
            self.destination,
            self.length,
            flow=self.flow,
            downward=self.downward,
            identity=self.identity,
            payload=self.payload,
            message=self.message,
            octets=self.octets,
            hop_limit=self.hop_limit,
        )
        twin.homes = self.homes
        twin.tunnels = self.tunnels
        twin.inner_hop_limits = self.inner_hop_limits
        return twin
