"""Neighbor Discovery options: their length counts units of 8 octets."""

from typing import Annotated, ClassVar

from agents.wire.address import Address, Prefix
from agents.wire.layout import Layout, Selector, address, octets, prefix, records, uint, zero
from agents.wire.numbers import PrefixFlag
from agents.wire.value import value


@value
class SourceLinkLayerAddress:
    """The sender's link-layer address."""

    address: Annotated[bytes, octets("link-layer address, 6 octets on Ethernet")]
    LAYOUT: ClassVar = Layout("Source Link-Layer Address", 1, "RFC 4861 §4.6.1")


@value
class TargetLinkLayerAddress:
    """The target's link-layer address."""

    address: Annotated[bytes, octets("link-layer address, 6 octets on Ethernet")]
    LAYOUT: ClassVar = Layout("Target Link-Layer Address", 2, "RFC 4861 §4.6.1")


@value
class PrefixInformation:
    """A prefix of the link; with R the router's own address in it."""

    prefix: Annotated[Prefix, prefix("prefix, or the router's address with R")]
    flags: Annotated[int, uint(8, "flags", values=PrefixFlag)]
    valid_lifetime: Annotated[int, uint(32, "how long it is on link", unit="s")]
    preferred_lifetime: Annotated[int, uint(32, "how long its addresses are preferred", unit="s")]
    reserved: Annotated[int, zero(32)] = 0
    LAYOUT: ClassVar = Layout(
        "Prefix Information",
        3,
        "RFC 4861 §4.6.2, RFC 6275 §7.2",
        "prefix.length flags valid_lifetime preferred_lifetime reserved prefix.network",
    )


@value
class Mtu:
    """The MTU of the link."""

    mtu: Annotated[int, uint(32, "MTU", unit="octets")]
    reserved: Annotated[int, zero(16)] = 0
    LAYOUT: ClassVar = Layout("MTU", 5, "RFC 4861 §4.6.4", "reserved mtu")


@value
class AdvertisementInterval:
    """How often the router advertises unasked."""

    interval: Annotated[int, uint(32, "longest time between two", unit="ms")]
    reserved: Annotated[int, zero(16)] = 0
    LAYOUT: ClassVar = Layout("Advertisement Interval", 7, "RFC 6275 §7.3", "reserved interval")


@value
class HomeAgentInformation:
    """How much the home agent wants to be one, and for how long."""

    preference: Annotated[int, uint(16, "higher is better")]
    lifetime: Annotated[int, uint(16, "not 0", unit="s")]
    reserved: Annotated[int, zero(16)] = 0
    LAYOUT: ClassVar = Layout(
        "Home Agent Information", 8, "RFC 6275 §7.4", "reserved preference lifetime"
    )


@value
class RouteInformation:
    """A route by way of the router."""

    prefix_length: Annotated[int, uint(8, "prefix length", unit="bits")]
    flags: Annotated[int, uint(8, "0x18: preference, 01 high, 00 medium, 11 low")]
    lifetime: Annotated[int, uint(32, "route lifetime", unit="s")]
    prefix: Annotated[bytes, octets("0, 8 or 16 octets of the prefix")] = b""
    LAYOUT: ClassVar = Layout("Route Information", 24, "RFC 4191 §2.3", lengths=(6, 14, 22))


@value
class HomeAddressPair:
    """The two home addresses of a session."""

    mobile_node: Annotated[Address, address("home address of the mobile node")]
    correspondent: Annotated[Address, address("home address of its correspondent")]
    LAYOUT: ClassVar = Layout("Home Address Pair", 0, "draft-ma-dmm-romip-00 §4")


@value
class RomipSessions:
    """In a Router Solicitation: the sessions that must survive the handoff."""

    count: Annotated[int, uint(8, "number of pairs")]
    pairs: Annotated[tuple[HomeAddressPair, ...], records(HomeAddressPair, "sessions")]
    reserved: Annotated[int, zero(32)] = 0
    LAYOUT: ClassVar = Layout(
        "ROMIP Sessions",
        253,
        "draft-ma-dmm-romip-00 §4 step 1",
        "count reserved pairs",
        selector=Selector("sub_type", 8, 1),
        draft="draft-ma-dmm-romip",
    )


@value
class RomipAddress:
    """In a Router Advertisement: the address that the router assigns."""

    valid_lifetime: Annotated[int, uint(32, "how long it is valid", unit="s")]
    address: Annotated[Address, address("assigned home address")]
    flags: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout(
        "ROMIP Address",
        253,
        "draft-ma-dmm-romip-00 §4 step 4",
        "flags valid_lifetime address",
        selector=Selector("sub_type", 8, 2),
        draft="draft-ma-dmm-romip",
    )


@value
class RomipIdentifier:
    """In a Router Solicitation: who the mobile node is, zero octets after it as padding."""

    length: Annotated[int, uint(8, "octets of the identifier")]
    identifier: Annotated[bytes, octets("network access identifier, padded with zeros")]
    LAYOUT: ClassVar = Layout(
        "ROMIP Identifier",
        253,
        "draft-ma-dmm-romip-00 §4 step 1",
        selector=Selector("sub_type", 8, 3),
        draft="draft-ma-dmm-romip",
    )


@value
class UnknownNdOption:
    """A Neighbor Discovery option that is not in the table."""

    type: int
    data: bytes


ND_OPTIONS: tuple[type, ...] = (
    SourceLinkLayerAddress,
    TargetLinkLayerAddress,
    PrefixInformation,
    Mtu,
    AdvertisementInterval,
    HomeAgentInformation,
    RouteInformation,
    RomipSessions,
    RomipAddress,
    RomipIdentifier,
)
