"""Options of the Destination Options header."""

from typing import Annotated, ClassVar

from agents.wire.address import Address
from agents.wire.layout import Layout, address, uint
from agents.wire.value import value


@value
class TunnelEncapsulationLimit:
    """How many more times the packet may be encapsulated."""

    limit: Annotated[int, uint(8, "further encapsulations allowed")]
    LAYOUT: ClassVar = Layout("Tunnel Encapsulation Limit", 4, "RFC 2473 §5.1")


@value
class HomeAddress:
    """The home address of a mobile node that sends from its care-of address."""

    address: Annotated[Address, address("home address of the sender")]
    LAYOUT: ClassVar = Layout("Home Address", 201, "RFC 6275 §6.3", align=(8, 6))


DESTINATION_OPTIONS: tuple[type, ...] = (TunnelEncapsulationLimit, HomeAddress)
