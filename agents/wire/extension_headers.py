"""IPv6 extension headers, each declared from offset 2 on, after next header and length."""

from typing import Annotated, Any, ClassVar

from agents.wire.address import Address
from agents.wire.layout import Layout, Selector, address, octets, options, uint, zero
from agents.wire.numbers import (
    PROTOCOL_DESTINATION_OPTIONS,
    PROTOCOL_FRAGMENT,
    PROTOCOL_HOP_BY_HOP,
    PROTOCOL_ROUTING,
)
from agents.wire.value import value

HeaderOptions = Annotated[tuple[Any, ...], options("destination")]


@value
class HopByHopOptions:
    """Options that every node on the path looks at."""

    options: HeaderOptions = ()
    LAYOUT: ClassVar = Layout("Hop-by-Hop Options", PROTOCOL_HOP_BY_HOP, "RFC 8200 §4.3")


@value
class DestinationOptions:
    """Options that the destination looks at."""

    options: HeaderOptions = ()
    LAYOUT: ClassVar = Layout("Destination Options", PROTOCOL_DESTINATION_OPTIONS, "RFC 8200 §4.6")


@value
class Type2Routing:
    """Sends a packet that came to the care-of address on to the home address."""

    home_address: Annotated[Address, address("home address of the receiver")]
    segments_left: Annotated[int, uint(8, "1 until the care-of address is reached")] = 1
    reserved: Annotated[int, zero(32)] = 0
    LAYOUT: ClassVar = Layout(
        "Type 2 Routing",
        PROTOCOL_ROUTING,
        "RFC 6275 §6.4.1",
        "segments_left reserved home_address",
        selector=Selector("routing_type", 8, 2),
    )


@value
class UnknownRouting:
    """A routing header of another type."""

    routing_type: Annotated[int, uint(8, "routing type")]
    segments_left: Annotated[int, uint(8, "segments left")]
    data: Annotated[bytes, octets("what the routing type says")]
    LAYOUT: ClassVar = Layout("Routing", PROTOCOL_ROUTING, "RFC 8200 §4.4")


@value
class Fragment:
    """Marks a packet as one piece of a larger one; ``reserved`` is the octet at offset 1."""

    offset: Annotated[int, uint(13, "where this piece belongs", unit="8 octets")]
    more: Annotated[int, uint(1, "more pieces follow")]
    identification: Annotated[int, uint(32, "same for all pieces")]
    reserved2: Annotated[int, zero(2)] = 0
    reserved: int = 0
    LAYOUT: ClassVar = Layout(
        "Fragment", PROTOCOL_FRAGMENT, "RFC 8200 §4.5", "offset reserved2 more identification"
    )


EXTENSION_HEADERS: tuple[Any, ...] = (
    HopByHopOptions,
    DestinationOptions,
    Type2Routing,
    UnknownRouting,
    Fragment,
)
HEADER_NUMBERS = frozenset(int(cls.LAYOUT.number) for cls in EXTENSION_HEADERS)
