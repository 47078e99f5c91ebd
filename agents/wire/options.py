"""Mobility options of RFC 6275, RFC 5213 and the RFCs around them (IANA numbers)."""

import math
from typing import Annotated, ClassVar

from agents.wire.address import Address, Prefix
from agents.wire.distributed_options import (
    AnchoredPrefix,
    DlifLinkLayerAddress,
    DlifLinkLocalAddress,
    LocalPrefix,
    PreviousMaar,
    ServingMaar,
)
from agents.wire.flow_options import EarlyFlowIdentification, FlowIdentification, FlowSummary
from agents.wire.layout import Layout, address, octets, prefix, uint, zero
from agents.wire.numbers import (
    AccessTechnology,
    AuthenticationSubtype,
    HandoffIndication,
    IdentifierSubtype,
    Status,
)
from agents.wire.private_options import (
    AlternativeInterfaceIndicator,
    BusinessFlowAttribute,
    SessionHomeAddress,
)
from agents.wire.tlv import Padding, UnknownOption
from agents.wire.value import value


@value
class BindingRefreshAdvice:
    """How soon the home agent wants a new Binding Update."""

    interval: Annotated[int, uint(16, "refresh interval, below the lifetime", unit="4 s")]
    LAYOUT: ClassVar = Layout("Binding Refresh Advice", 2, "RFC 6275 §6.2.4", align=(2, 0))


@value
class AlternateCareOfAddress:
    """The care-of address, where it is not the source of the packet."""

    address: Annotated[Address, address("care-of address to bind")]
    LAYOUT: ClassVar = Layout("Alternate Care-of Address", 3, "RFC 6275 §6.2.5", align=(8, 6))


@value
class NonceIndices:
    """Which nonces of the correspondent the two keygen tokens were made from."""

    home: Annotated[int, uint(16, "index of the home nonce")]
    care_of: Annotated[int, uint(16, "index of the care-of nonce; 0 in a deletion")]
    LAYOUT: ClassVar = Layout("Nonce Indices", 4, "RFC 6275 §6.2.6", align=(2, 0))


@value
class BindingAuthorizationData:
    """Proves the return routability; the last option, with no padding after it."""

    authenticator: Annotated[bytes, octets("First(96, HMAC_SHA1(Kbm, ...))", 96)]
    LAYOUT: ClassVar = Layout("Binding Authorization Data", 5, "RFC 6275 §6.2.7", align=(8, 2))


@value
class MobileNetworkPrefix:
    """A prefix behind a mobile router."""

    prefix: Annotated[Prefix, prefix("mobile network prefix")]
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout(
        "Mobile Network Prefix", 6, "RFC 3963 §4.3", "reserved prefix", align=(8, 4)
    )


@value
class MobileNodeIdentifier:
    """Who the mobile node is."""

    subtype: Annotated[int, uint(8, "kind of identifier", values=IdentifierSubtype)]
    identifier: Annotated[bytes, octets("the identifier, such as a network access identifier")]
    LAYOUT: ClassVar = Layout("Mobile Node Identifier", 8, "RFC 4283 §3")


@value
class MobilityMessageAuthentication:
    """Authenticates the message with a shared key; the last option, padded before, not after."""

    subtype: Annotated[int, uint(8, "whose key", values=AuthenticationSubtype)]
    spi: Annotated[int, uint(32, "mobility security parameter index; 0 to 255 are reserved")]
    data: Annotated[bytes, octets("authenticator, 96 bits with HMAC_SHA1")]
    LAYOUT: ClassVar = Layout("Mobility Message Authentication", 9, "RFC 4285 §5", align=(8, 5))


@value
class MobilityMessageReplayProtection:
    """The sender's clock, against replay."""

    timestamp: Annotated[int, uint(64, "NTP time, 32.32 since 1900", unit="2^-32 s")]
    LAYOUT: ClassVar = Layout("Mobility Message Replay Protection", 10, "RFC 4285 §6", align=(8, 2))


@value
class ExperimentalOption:
    """For experiments."""

    data: Annotated[bytes, octets("anything")]
    LAYOUT: ClassVar = Layout("Experimental", 18, "RFC 5096")


@value
class VendorSpecific:
    """For a vendor's own use."""

    vendor: Annotated[int, uint(32, "private enterprise number")]
    subtype: Annotated[int, uint(8, "chosen by the vendor")]
    data: Annotated[bytes, octets("defined by the vendor")]
    LAYOUT: ClassVar = Layout("Vendor Specific", 19, "RFC 5094 §3")


@value
class ServiceSelection:
    """The service that the mobile node asks for."""

    identifier: Annotated[bytes, octets("service name in UTF-8")]
    LAYOUT: ClassVar = Layout("Service Selection", 20, "RFC 5149 §3")


@value
class HomeNetworkPrefix:
    """A prefix of the mobile node's home network; all zero asks for one."""

    prefix: Annotated[Prefix, prefix("home network prefix")]
    reserved: Annotated[int, uint(8, "0x80 = off-link (RFC 7864 §4.1), else reserved")] = 0
    LAYOUT: ClassVar = Layout(
        "Home Network Prefix", 22, "RFC 5213 §8.3", "reserved prefix", align=(8, 4)
    )


@value
class HandoffIndicator:
    """What kind of attachment this is."""

    value: Annotated[int, uint(8, "handoff indicator", values=HandoffIndication)]
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout("Handoff Indicator", 23, "RFC 5213 §8.4", "reserved value")


@value
class AccessTechnologyType:
    """By which access technology the mobile node is attached."""

    value: Annotated[int, uint(8, "access technology type", values=AccessTechnology)]
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout("Access Technology Type", 24, "RFC 5213 §8.5", "reserved value")


@value
class MobileNodeLinkLayerIdentifier:
    """Which interface of the mobile node is attached."""

    identifier: Annotated[bytes, octets("link-layer address, usually")]
    reserved: Annotated[int, zero(16)] = 0
    LAYOUT: ClassVar = Layout(
        "Mobile Node Link-layer Identifier",
        25,
        "RFC 5213 §8.6",
        "reserved identifier",
        align=(2, 0),
    )


@value
class LinkLocalAddress:
    """The access gateway's link-local address on the mobile node's link; all zero asks for it."""

    address: Annotated[Address, address("link-local address of the access link's router")]
    LAYOUT: ClassVar = Layout("Link-local Address", 26, "RFC 5213 §8.7", align=(8, 6))


@value
class Timestamp:
    """When the message was sent, which orders the messages of one mobile node."""

    value: Annotated[int, uint(64, "time since 1970-01-01 UTC, 48.16", unit="2^-16 s")]
    LAYOUT: ClassVar = Layout("Timestamp", 27, "RFC 5213 §8.8", align=(8, 2))

    @classmethod
    def at(cls, seconds: float) -> "Timestamp":
        """Return the timestamp of ``seconds`` since 1970, rounded down to 1/65536 s."""
        return cls(math.floor(seconds * 65536))

    @property
    def seconds(self) -> float:
        """Seconds since 1970."""
        return self.value / 65536


@value
class BindingIdentifier:
    """One of several care-of addresses of one home address."""

    identifier: Annotated[int, uint(16, "BID, not 0")]
    status: Annotated[int, uint(8, "as in the acknowledgement", values=Status)] = 0
    home: Annotated[int, uint(1, "H: simultaneous home and foreign binding")] = 0
    priority: Annotated[int, uint(7, "BID-PRI (RFC 6089 §4.1)")] = 0
    care_of_address: Annotated[bytes, octets("none, an IPv4 or an IPv6 address")] = b""
    LAYOUT: ClassVar = Layout(
        "Binding Identifier",
        35,
        "RFC 5648 §4.3",
        lengths=(4, 8, 20),
        align={4: (2, 0), 8: (8, 2), 20: (8, 2)},
    )


@value
class MobileNodeGroupIdentifier:
    """A group of mobile nodes that one message speaks of."""

    subtype: Annotated[int, uint(8, "1: bulk binding update group")]
    group: Annotated[int, uint(32, "group identifier")]
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout(
        "Mobile Node Group Identifier", 50, "RFC 6602", "subtype reserved group", align=(4, 0)
    )


MOBILITY_OPTIONS: tuple[type, ...] = (
    BindingRefreshAdvice,
    AlternateCareOfAddress,
    NonceIndices,
    BindingAuthorizationData,
    MobileNetworkPrefix,
    MobileNodeIdentifier,
    MobilityMessageAuthentication,
    MobilityMessageReplayProtection,
    ExperimentalOption,
    VendorSpecific,
    ServiceSelection,
    HomeNetworkPrefix,
    HandoffIndicator,
    AccessTechnologyType,
    MobileNodeLinkLayerIdentifier,
    LinkLocalAddress,
    Timestamp,
    BindingIdentifier,
    FlowSummary,
    FlowIdentification,
    MobileNodeGroupIdentifier,
    AnchoredPrefix,
    LocalPrefix,
    PreviousMaar,
    ServingMaar,
    DlifLinkLocalAddress,
    DlifLinkLayerAddress,
    AlternativeInterfaceIndicator,
    EarlyFlowIdentification,
    BusinessFlowAttribute,
    SessionHomeAddress,
)

__all__ = [
    "MOBILITY_OPTIONS",
    "AccessTechnologyType",
    "AlternateCareOfAddress",
    "AlternativeInterfaceIndicator",
    "AnchoredPrefix",
    "BindingAuthorizationData",
    "BindingIdentifier",
    "BindingRefreshAdvice",
    "BusinessFlowAttribute",
    "DlifLinkLayerAddress",
    "DlifLinkLocalAddress",
    "EarlyFlowIdentification",
    "ExperimentalOption",
    "FlowIdentification",
    "FlowSummary",
    "HandoffIndicator",
    "HomeNetworkPrefix",
    "LinkLocalAddress",
    "LocalPrefix",
    "MobileNetworkPrefix",
    "MobileNodeGroupIdentifier",
    "MobileNodeIdentifier",
    "MobileNodeLinkLayerIdentifier",
    "MobilityMessageAuthentication",
    "MobilityMessageReplayProtection",
    "NonceIndices",
    "Padding",
    "PreviousMaar",
    "ServiceSelection",
    "ServingMaar",
    "SessionHomeAddress",
    "Timestamp",
    "UnknownOption",
    "VendorSpecific",
]
