"""The ICMPv6 messages of DMIPv6: types 160 to 167, by default (160 and 161 belong to RFC 8335)."""

from typing import Annotated, ClassVar

from agents.wire.address import Address
from agents.wire.icmpv6_messages import Icmpv6Message
from agents.wire.layout import Layout, address, records, uint, zero
from agents.wire.value import value

_DRAFT = "draft-liu-dmm-flows-distribution-and-handoff"

Flags = Annotated[int, uint(16, "0x8000 = passive in a query of a server, else reserved")]
Reserved16 = Annotated[int, zero(16)]
Reserved32 = Annotated[int, zero(32)]


@value
class DhpRecord:
    """A distributed home proxy and how it fares."""

    address: Annotated[Address, address("distributed home proxy")]
    load: Annotated[int, uint(8, "0 idle to 255 saturated")]
    process: Annotated[int, uint(8, "processing capability, higher is better")]
    distance: Annotated[int, uint(8, "distance to the correspondent, 255 unknown", unit="hops")]
    security: Annotated[int, uint(8, "security level, 0 unspecified")] = 0
    LAYOUT: ClassVar = Layout("DHP Record", 0, f"{_DRAFT}-01 §4.3.1.2")


DhpRecords = Annotated[tuple[DhpRecord, ...], records(DhpRecord, "home proxies")]


@value
class DhpDiscoveryQuery(Icmpv6Message):
    """Dynamic discovery of home proxies, to an anycast address."""

    flags: Flags = 0
    reserved: Reserved16 = 0
    LAYOUT: ClassVar = Layout(
        "Dynamic DHP Discovery Query", 160, f"{_DRAFT}-01 §4.3.1.1", draft=_DRAFT
    )


@value
class DhpDiscoveryAcknowledgement(Icmpv6Message):
    """The home proxies of a domain."""

    records: DhpRecords
    flags: Flags = 0
    reserved: Reserved16 = 0
    reserved2: Reserved32 = 0
    LAYOUT: ClassVar = Layout(
        "Dynamic DHP Discovery Acknowledgement",
        161,
        f"{_DRAFT}-01 §4.3.1.2",
        "flags reserved reserved2 records",
        draft=_DRAFT,
    )


@value
class MulticastDhpQuery(Icmpv6Message):
    """Discovery of home proxies by multicast."""

    flags: Flags = 0
    reserved: Reserved16 = 0
    reserved2: Reserved32 = 0
    LAYOUT: ClassVar = Layout(
        "Multicast Request DHP Query", 162, f"{_DRAFT}-01 §4.3.2.1", draft=_DRAFT
    )


@value
class MulticastDhpAcknowledgement(Icmpv6Message):
    """One home proxy answers a multicast query for itself."""

    records: DhpRecords
    flags: Flags = 0
    reserved: Reserved16 = 0
    reserved2: Reserved32 = 0
    LAYOUT: ClassVar = Layout(
        "Multicast Request DHP Acknowledgement",
        163,
        f"{_DRAFT}-01 §4.3.2.2",
        "flags reserved reserved2 records",
        draft=_DRAFT,
    )


@value
class ServerDhpQuery(Icmpv6Message):
    """Asks a management server for all home proxies: the active way."""

    flags: Flags = 0
    reserved: Reserved16 = 0
    LAYOUT: ClassVar = Layout(
        "Specific Server DHP Query, active", 164, f"{_DRAFT}-01 §4.3.3.1.1", draft=_DRAFT
    )


@value
class ServerDhpRequirements(Icmpv6Message):
    """Asks a management server to choose a home proxy: the passive way."""

    business: Annotated[int, uint(8, "type of traffic, 0 unspecified")]
    capability: Annotated[int, uint(12, "processing capability wanted, sixteenths of a record's")]
    load: Annotated[int, uint(4, "highest load accepted, in steps of 17")]
    routing: Annotated[int, uint(8, "largest distance accepted", unit="hops")]
    security: Annotated[int, uint(8, "lowest security level accepted")] = 0
    flags: Flags = 0x8000
    reserved: Reserved16 = 0
    reserved2: Reserved32 = 0
    reserved3: Annotated[int, zero(24)] = 0
    LAYOUT: ClassVar = Layout(
        "Specific Server DHP Query, passive",
        164,
        f"{_DRAFT}-01 §4.3.3.2.1",
        "flags reserved reserved2 business capability load routing security reserved3",
        draft=_DRAFT,
    )


@value
class ServerDhpResponse(Icmpv6Message):
    """The management server's answer."""

    records: DhpRecords
    flags: Flags = 0
    reserved: Reserved16 = 0
    reserved2: Reserved32 = 0
    LAYOUT: ClassVar = Layout(
        "Specific Server Response",
        165,
        f"{_DRAFT}-01 §4.3.3.1.2",
        "flags reserved reserved2 records",
        draft=_DRAFT,
    )


@value
class DhoaRequest(Icmpv6Message):
    """Asks the chosen home proxy for a home address."""

    reserved: Reserved32 = 0
    LAYOUT: ClassVar = Layout("DHoA Request", 166, f"{_DRAFT}-01 §4.4.1", draft=_DRAFT)


@value
class DhoaResponse(Icmpv6Message):
    """The home address that was given, or :: for none."""

    address: Annotated[Address, address("home address; :: is a refusal")]
    reserved: Reserved32 = 0
    LAYOUT: ClassVar = Layout(
        "DHoA Request Response", 167, f"{_DRAFT}-01 §4.4.2", "reserved address", draft=_DRAFT
    )


DMIPV6_MESSAGES: tuple[type[Icmpv6Message], ...] = (
    DhpDiscoveryQuery,
    DhpDiscoveryAcknowledgement,
    MulticastDhpQuery,
    MulticastDhpAcknowledgement,
    ServerDhpQuery,
    ServerDhpRequirements,
    ServerDhpResponse,
    DhoaRequest,
    DhoaResponse,
)
