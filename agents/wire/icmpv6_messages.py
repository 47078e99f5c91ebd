"""ICMPv6 messages, each declared from offset 4 on, after the checksum.

``code`` is the octet that all of them have at offset 1.
"""

from typing import Annotated, Any, ClassVar

from agents.wire.address import Address
from agents.wire.layout import Layout, address, addresses, octets, options, uint, zero
from agents.wire.numbers import NeighborFlag, RouterFlag
from agents.wire.value import value

NdOptions = Annotated[tuple[Any, ...], options("nd", "Neighbor Discovery options")]
Reserved32 = Annotated[int, zero(32)]
Invoking = Annotated[bytes, octets("as much of the invoking packet as fits in 1280 octets")]


@value(kw_only=True)
class Icmpv6Message:
    """What every ICMPv6 message has."""

    code: int = 0


@value
class DestinationUnreachable(Icmpv6Message):
    """A packet could not be delivered; the code says why."""

    invoking: Invoking
    unused: Reserved32 = 0
    LAYOUT: ClassVar = Layout("Destination Unreachable", 1, "RFC 4443 §3.1", "unused invoking")


@value
class PacketTooBig(Icmpv6Message):
    """A packet was larger than the next link's MTU."""

    mtu: Annotated[int, uint(32, "MTU of the next link", unit="octets")]
    invoking: Invoking
    LAYOUT: ClassVar = Layout("Packet Too Big", 2, "RFC 4443 §3.2")


@value
class TimeExceeded(Icmpv6Message):
    """A packet's hop limit ran out."""

    invoking: Invoking
    unused: Reserved32 = 0
    LAYOUT: ClassVar = Layout("Time Exceeded", 3, "RFC 4443 §3.3", "unused invoking")


@value
class ParameterProblem(Icmpv6Message):
    """A header field was wrong."""

    pointer: Annotated[int, uint(32, "offset of the field in the invoking packet", unit="octets")]
    invoking: Invoking
    LAYOUT: ClassVar = Layout("Parameter Problem", 4, "RFC 4443 §3.4")


@value
class EchoRequest(Icmpv6Message):
    """A ping."""

    identifier: Annotated[int, uint(16, "tells the senders apart")]
    sequence: Annotated[int, uint(16, "tells the requests apart")]
    data: Annotated[bytes, octets("returned unchanged")] = b""
    LAYOUT: ClassVar = Layout("Echo Request", 128, "RFC 4443 §4.1")


@value
class EchoReply(Icmpv6Message):
    """The answer to a ping."""

    identifier: Annotated[int, uint(16, "that of the request")]
    sequence: Annotated[int, uint(16, "that of the request")]
    data: Annotated[bytes, octets("that of the request")] = b""
    LAYOUT: ClassVar = Layout("Echo Reply", 129, "RFC 4443 §4.2")


@value
class MulticastListenerQuery(Icmpv6Message):
    """A router asks who listens to a group, or to any (MLDv1 and MLDv2)."""

    maximum_response: Annotated[int, uint(16, "code of the longest delay of an answer")]
    group: Annotated[Address, address("asked for; unspecified for all groups")]
    rest: Annotated[bytes, octets("of MLDv2: flags, interval and sources; empty in MLDv1")] = b""
    reserved: Annotated[int, zero(16)] = 0
    LAYOUT: ClassVar = Layout(
        *("Multicast Listener Query", 130, "RFC 2710 §3, RFC 3810 §5.1"),
        "maximum_response reserved group rest",
    )


@value
class MulticastListenerReport(Icmpv6Message):
    """A node listens to a group (MLDv1)."""

    group: Annotated[Address, address("listened to")]
    rest: Annotated[bytes, octets("ignored by receivers")] = b""
    maximum_response: Annotated[int, zero(16)] = 0
    reserved: Annotated[int, zero(16)] = 0
    LAYOUT: ClassVar = Layout(
        *("Multicast Listener Report", 131, "RFC 2710 §3"), "maximum_response reserved group rest"
    )


@value
class MulticastListenerDone(Icmpv6Message):
    """A node no longer listens to a group (MLDv1)."""

    group: Annotated[Address, address("no longer listened to")]
    rest: Annotated[bytes, octets("ignored by receivers")] = b""
    maximum_response: Annotated[int, zero(16)] = 0
    reserved: Annotated[int, zero(16)] = 0
    LAYOUT: ClassVar = Layout(
        *("Multicast Listener Done", 132, "RFC 2710 §3"), "maximum_response reserved group rest"
    )


@value
class RouterSolicitation(Icmpv6Message):
    """A host asks for a Router Advertisement."""

    options: NdOptions = ()
    reserved: Reserved32 = 0
    LAYOUT: ClassVar = Layout("Router Solicitation", 133, "RFC 4861 §4.1", "reserved options")


@value
class RouterAdvertisement(Icmpv6Message):
    """A router tells what the link is like."""

    hop_limit: Annotated[int, uint(8, "for packets of the hosts; 0 unspecified")]
    flags: Annotated[int, uint(8, "flags", values=RouterFlag)]
    router_lifetime: Annotated[int, uint(16, "as default router; 0 is none", unit="s")]
    reachable_time: Annotated[int, uint(32, "of a neighbor; 0 unspecified", unit="ms")]
    retrans_timer: Annotated[int, uint(32, "between solicitations; 0 unspecified", unit="ms")]
    options: NdOptions = ()
    LAYOUT: ClassVar = Layout("Router Advertisement", 134, "RFC 4861 §4.2, RFC 6275 §7.1")


@value
class NeighborSolicitation(Icmpv6Message):
    """Asks for the link-layer address of a neighbor."""

    target: Annotated[Address, address("whose link-layer address is asked for")]
    options: NdOptions = ()
    reserved: Reserved32 = 0
    LAYOUT: ClassVar = Layout(
        "Neighbor Solicitation", 135, "RFC 4861 §4.3", "reserved target options"
    )


@value
class NeighborAdvertisement(Icmpv6Message):
    """Tells a link-layer address."""

    target: Annotated[Address, address("whose link-layer address it is")]
    flags: Annotated[int, uint(32, "flags", values=NeighborFlag)]
    options: NdOptions = ()
    LAYOUT: ClassVar = Layout(
        "Neighbor Advertisement", 136, "RFC 4861 §4.4", "flags target options"
    )


@value
class MulticastListenerReportV2(Icmpv6Message):
    """What a node listens to, or listens to from now on (MLDv2).

    A record is a type, the length of auxiliary data, the number of sources, the group, the
    sources and the auxiliary data.
    """

    count: Annotated[int, uint(16, "number of records")]
    records: Annotated[bytes, octets("multicast address records, and what follows them")]
    reserved: Annotated[int, zero(16)] = 0
    LAYOUT: ClassVar = Layout(
        "Version 2 Multicast Listener Report", 143, "RFC 3810 §5.2", "reserved count records"
    )


@value
class HomeAgentAddressDiscoveryRequest(Icmpv6Message):
    """A mobile node looks for the home agents of its home link."""

    identifier: Annotated[int, uint(16, "matches the reply")]
    flags: Annotated[int, uint(16, "0x8000 = R (RFC 3963), else reserved")] = 0
    LAYOUT: ClassVar = Layout("Home Agent Address Discovery Request", 144, "RFC 6275 §6.5")


@value
class HomeAgentAddressDiscoveryReply(Icmpv6Message):
    """The home agents of a home link, best first."""

    identifier: Annotated[int, uint(16, "that of the request")]
    addresses: Annotated[tuple[Address, ...], addresses("home agents, best first")]
    flags: Annotated[int, uint(16, "0x8000 = R (RFC 3963), else reserved")] = 0
    LAYOUT: ClassVar = Layout(
        "Home Agent Address Discovery Reply", 145, "RFC 6275 §6.6", "identifier flags addresses"
    )


@value
class MobilePrefixSolicitation(Icmpv6Message):
    """A mobile node asks what the prefixes of its home link are."""

    identifier: Annotated[int, uint(16, "matches the advertisement")]
    options: NdOptions = ()
    reserved: Annotated[int, zero(16)] = 0
    LAYOUT: ClassVar = Layout(
        "Mobile Prefix Solicitation", 146, "RFC 6275 §6.7", "identifier reserved options"
    )


@value
class MobilePrefixAdvertisement(Icmpv6Message):
    """The prefixes of the home link."""

    identifier: Annotated[int, uint(16, "that of the solicitation")]
    flags: Annotated[int, uint(16, "M 0x8000, O 0x4000, else reserved")]
    options: NdOptions = ()
    LAYOUT: ClassVar = Layout("Mobile Prefix Advertisement", 147, "RFC 6275 §6.8")


@value
class UnknownIcmpv6Message(Icmpv6Message):
    """A message of a type that is not in the table: its octets from offset 4 on."""

    type: int
    data: bytes


ICMPV6_MESSAGES: tuple[type[Icmpv6Message], ...] = (
    DestinationUnreachable,
    PacketTooBig,
    TimeExceeded,
    ParameterProblem,
    EchoRequest,
    EchoReply,
    MulticastListenerQuery,
    MulticastListenerReport,
    MulticastListenerDone,
    RouterSolicitation,
    RouterAdvertisement,
    NeighborSolicitation,
    NeighborAdvertisement,
    MulticastListenerReportV2,
    HomeAgentAddressDiscoveryRequest,
    HomeAgentAddressDiscoveryReply,
    MobilePrefixSolicitation,
    MobilePrefixAdvertisement,
)
