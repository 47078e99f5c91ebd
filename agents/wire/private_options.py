"""Mobility options of drafts that never got a number: each number is private and configurable."""

from typing import Annotated, ClassVar

from agents.wire.address import Address
from agents.wire.draft_numbers import SessionRole
from agents.wire.layout import Layout, address, octets, uint, zero
from agents.wire.numbers import AccessTechnology
from agents.wire.value import value


@value
class AlternativeInterfaceIndicator:
    """Another interface of the mobile node, and the gateway that serves it."""

    access_technology: Annotated[int, uint(8, "of that interface", values=AccessTechnology)]
    proxy_care_of_address: Annotated[bytes, octets("gateway's IPv4 or IPv6 address")]
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout(
        "Alternative Interface Indicator",
        240,
        "draft-xia-netext-flow-binding-00 §8.1",
        "reserved access_technology proxy_care_of_address",
        lengths=(6, 18),
        align={6: (4, 0), 18: (8, 4)},
        draft="draft-xia-netext-flow-binding",
    )


@value
class BusinessFlowAttribute:
    """A flow of the mobile node's home address, by the mobile node's own port."""

    port: Annotated[int, uint(16, "source port of what the mobile node sends")]
    protocol: Annotated[int, uint(8, "transport protocol, 0 = any")] = 0
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout(
        "Business Flow Attribute",
        242,
        "draft-liu-dmm-flows-distribution-and-handoff-01 §4.5",
        align=(2, 0),
        draft="draft-liu-dmm-flows-distribution-and-handoff",
    )


@value
class SessionHomeAddress:
    """A home address of one end of a session between two mobile nodes."""

    role: Annotated[int, uint(8, "whose home address", values=SessionRole)]
    address: Annotated[Address, address("home address")]
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout(
        "Session Home Address",
        243,
        "draft-ma-dmm-romip-00 §6",
        "role reserved address",
        align=(8, 4),
        draft="draft-ma-dmm-romip",
    )
