"""The packets of vectors.tsv, built from the dataclasses: what each number there must say."""

from __future__ import annotations

from agents.wire.address import ALL_ZERO, UNSPECIFIED, Address, Prefix
from agents.wire.dmipv6_messages import (
    DhoaRequest,
    DhoaResponse,
    DhpDiscoveryAcknowledgement,
    DhpDiscoveryQuery,
    DhpRecord,
    MulticastDhpAcknowledgement,
    MulticastDhpQuery,
    ServerDhpQuery,
    ServerDhpRequirements,
)
from agents.wire.draft_numbers import SessionRole
from agents.wire.extension_headers import DestinationOptions, Type2Routing
from agents.wire.extension_options import HomeAddress, TunnelEncapsulationLimit
from agents.wire.flow_options import EarlyFlowIdentification
from agents.wire.flow_sub_options import Ipv6TrafficSelector
from agents.wire.icmpv6_messages import (
    DestinationUnreachable,
    HomeAgentAddressDiscoveryReply,
    HomeAgentAddressDiscoveryRequest,
    RouterAdvertisement,
    RouterSolicitation,
)
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingError,
    BindingRefreshRequest,
    BindingRevocationAcknowledgement,
    BindingRevocationIndication,
    BindingUpdate,
    CareOfTestInit,
    ExperimentalMobilityMessage,
    GenericSignalingRequest,
    HomeTest,
    HomeTestInit,
    UpdateNotification,
)
from agents.wire.nd_options import (
    AdvertisementInterval,
    HomeAddressPair,
    HomeAgentInformation,
    PrefixInformation,
    RomipSessions,
    SourceLinkLayerAddress,
)
from agents.wire.numbers import (
    AccessTechnology,
    BindingAckFlag,
    BindingErrorStatus,
    BindingUpdateFlag,
    HandoffIndication,
    IdentifierSubtype,
    PrefixFlag,
    RouterFlag,
    Status,
    UnreachableCode,
)
from agents.wire.options import (
    AccessTechnologyType,
    AlternateCareOfAddress,
    AlternativeInterfaceIndicator,
    BindingAuthorizationData,
    BindingIdentifier,
    BindingRefreshAdvice,
    BusinessFlowAttribute,
    HandoffIndicator,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityMessageAuthentication,
    NonceIndices,
    ServingMaar,
    SessionHomeAddress,
    Timestamp,
)
from agents.wire.packet import Opaque, Packet
from agents.wire.signaling_numbers import (
    NotificationFlag,
    NotificationReason,
    RevocationFlag,
    RevocationStatus,
    RevocationTrigger,
    SignalingFlag,
)

HOA = Address.parse("2001:db8:1::100")
COA = Address.parse("2001:db8:2::100")
HA = Address.parse("2001:db8:1::1")
CN = Address.parse("2001:db8:9::9")
LMA = Address.parse("2001:db8:f::1")
MAG = Address.parse("2001:db8:f::a1")
MAG2 = Address.parse("2001:db8:f::a2")
A_MAAR2 = Address.parse("2001:db8:a2::1")
A_MAAR3 = Address.parse("2001:db8:a3::1")
B_MAAR2 = Address.parse("2001:db8:b2::1")
A_HOA1 = Address.parse("2001:db8:a1::a")
B_HOA1 = Address.parse("2001:db8:b1::b")
DHP = Address.parse("2001:db8:9::d1")
DHP2 = Address.parse("2001:db8:9::d2")
DHOA = Address.parse("2001:db8:9:1::77")
SERVER = Address.parse("2001:db8:9::53")
SIP = Address.parse("2001:db8:a:1::100")
TIP = Address.parse("2001:db8:b:2::100")
QUERY_GROUP = Address.parse("ff05::4d41:4701")

HOME_COOKIE = bytes.fromhex("a1a2a3a4a5a6a7a8")
CARE_OF_COOKIE = bytes.fromhex("c1c2c3c4c5c6c7c8")

MN = MobileNodeIdentifier(IdentifierSubtype.NAI, b"mn1@example.com")
NO_PREFIX = HomeNetworkPrefix(ALL_ZERO)
HNP = HomeNetworkPrefix(Prefix.parse("2001:db8:a:1::/64"))
HNP_OF_SIP = HomeNetworkPrefix(Prefix(SIP, 128))
NEW_INTERFACE = HandoffIndicator(HandoffIndication.ATTACHMENT_OVER_NEW_INTERFACE)
UNKNOWN_HANDOFF = HandoffIndicator(HandoffIndication.HANDOFF_STATE_UNKNOWN)
WLAN = AccessTechnologyType(AccessTechnology.IEEE_802_11)
SENT_AT = Timestamp(0x6553F1008000)
LINK_LAYER = MobileNodeLinkLayerIdentifier(bytes.fromhex("020000000101"))
TO_MAG2 = AlternativeInterfaceIndicator(AccessTechnology.IEEE_802_11, MAG2)

A = BindingUpdateFlag.ACKNOWLEDGE
H = BindingUpdateFlag.HOME
L = BindingUpdateFlag.LINK_LOCAL
P = BindingUpdateFlag.PROXY
F = BindingUpdateFlag.FORCE_UDP
D = BindingUpdateFlag.DISTRIBUTED
Q = BindingUpdateFlag.QUERY
ACK_P = BindingAckFlag.PROXY

FLOW = EarlyFlowIdentification(
    priority=1,
    sub_options=(
        Ipv6TrafficSelector(
            start_source_address=CN,
            start_destination_address=SIP,
            start_destination_port=5004,
            start_next_header=17,
        ),
    ),
)
A_SESSION = (
    SessionHomeAddress(SessionRole.MOVED_NODE, A_HOA1),
    SessionHomeAddress(SessionRole.CORRESPONDENT, B_HOA1),
)
RECORD = DhpRecord(DHP, load=10, process=200, distance=2, security=3)


def with_home_address(message: object, destination: Address, home: Address = HOA) -> Packet:
    """A packet from the care-of address under a Home Address option."""
    return Packet(COA, destination, message, (DestinationOptions((HomeAddress(home),)),))


def udp(source: Address, destination: Address, checksum: str) -> Packet:
    """The 4 octets "abcd" from port 5004 to port 5004."""
    octets = bytes.fromhex(f"138c138c000c{checksum}") + b"abcd"
    return Packet(source, destination, Opaque(17, octets))


def link_local(message: object, source: str, destination: str) -> Packet:
    """A packet of Neighbor Discovery."""
    return Packet(Address.parse(source), Address.parse(destination), message, hop_limit=255)


def dhp(message: object, source: Address, destination: Address) -> Packet:
    """A packet of DMIPv6, sent with hop limit 255."""
    return Packet(source, destination, message, hop_limit=255)


PACKETS: dict[int, Packet] = {
    1: Packet(CN, HOA, BindingRefreshRequest()),
    2: Packet(COA, HA, Packet(HOA, CN, HomeTestInit(HOME_COOKIE))),
    3: Packet(COA, CN, CareOfTestInit(CARE_OF_COOKIE)),
    4: Packet(CN, HOA, HomeTest(7, HOME_COOKIE, bytes.fromhex("37ef3c8eb202a6f2"))),
    6: with_home_address(
        BindingUpdate(100, A | H | L, 60, (AlternateCareOfAddress(COA),)),
        HA,
    ),
    7: with_home_address(
        BindingUpdate(
            101,
            A,
            105,
            (
                NonceIndices(7, 9),
                BindingAuthorizationData(bytes.fromhex("679a662fc50660c9be4b27c5")),
            ),
        ),
        CN,
    ),
    8: Packet(
        HA,
        COA,
        BindingAcknowledgement(Status.ACCEPTED, 0, 100, 55, (BindingRefreshAdvice(45),)),
        (Type2Routing(HOA),),
    ),
    10: Packet(
        CN,
        COA,
        BindingError(BindingErrorStatus.UNKNOWN_BINDING_FOR_HOME_ADDRESS_OPTION, HOA),
    ),
    11: Packet(
        MAG,
        LMA,
        BindingUpdate(
            1,
            A | P,
            75,
            (
                MN,
                NO_PREFIX,
                NEW_INTERFACE,
                WLAN,
                SENT_AT,
                LINK_LAYER,
                LinkLocalAddress(UNSPECIFIED),
            ),
        ),
    ),
    12: Packet(
        LMA,
        MAG,
        BindingAcknowledgement(
            Status.ACCEPTED,
            ACK_P,
            1,
            75,
            (
                MN,
                HNP,
                NEW_INTERFACE,
                WLAN,
                SENT_AT,
                LINK_LAYER,
                LinkLocalAddress(Address.parse("fe80::1")),
            ),
        ),
    ),
    14: Packet(
        LMA,
        MAG,
        BindingAcknowledgement(
            Status.TIMESTAMP_MISMATCH,
            ACK_P,
            2,
            0,
            (MN, HNP, UNKNOWN_HANDOFF, WLAN, Timestamp(0x6553F13D0000)),
        ),
    ),
    15: Packet(MAG2, LMA, BindingUpdate(3, A | P | Q, 0, (HNP_OF_SIP, Timestamp(0x6553F1020000)))),
    16: Packet(
        LMA,
        MAG2,
        BindingAcknowledgement(
            Status.ACCEPTED,
            ACK_P | BindingAckFlag.QUERY,
            3,
            70,
            (HNP_OF_SIP, AlternateCareOfAddress(MAG), Timestamp(0x6553F1020000)),
        ),
    ),
    18: Packet(
        MAG2, QUERY_GROUP, Packet(MAG2, QUERY_GROUP, BindingUpdate(4, A | P | Q, 0, (HNP_OF_SIP,)))
    ),
    19: Packet(A_MAAR3, A_MAAR2, BindingUpdate(10, A | P, 75, (MN, *A_SESSION))),
    20: Packet(
        A_MAAR3,
        B_MAAR2,
        BindingUpdate(11, A | P | F, 75, (A_SESSION[0], ServingMaar(A_MAAR3))),
    ),
    21: Packet(
        A_MAAR2,
        A_MAAR3,
        BindingAcknowledgement(Status.ACCEPTED, ACK_P, 10, 75, (*A_SESSION, ServingMaar(B_MAAR2))),
    ),
    23: Packet(A_MAAR3, A_MAAR2, BindingUpdate(12, A | P | D, 75, (MN, *A_SESSION))),
    24: Packet(
        B_MAAR2,
        A_MAAR3,
        BindingAcknowledgement(
            Status.ACCEPTED,
            ACK_P | BindingAckFlag.DISTRIBUTED | BindingAckFlag.QUERY,
            13,
            75,
            A_SESSION,
        ),
    ),
    26: Packet(
        LMA,
        MAG,
        BindingRevocationIndication(
            RevocationTrigger.ADMINISTRATIVE_REASON, 20, RevocationFlag.PROXY, (MN, HNP)
        ),
    ),
    27: Packet(
        MAG,
        LMA,
        BindingRevocationAcknowledgement(
            RevocationStatus.SUCCESS, 20, RevocationFlag.PROXY, (MN, HNP)
        ),
    ),
    28: Packet(
        LMA,
        MAG,
        UpdateNotification(
            30,
            NotificationReason.FLOW_MOBILITY,
            NotificationFlag.ACKNOWLEDGEMENT_REQUESTED,
            (MN, TO_MAG2),
        ),
    ),
    31: Packet(LMA, MAG, GenericSignalingRequest(40, SignalingFlag.ACKNOWLEDGE, (MN, TO_MAG2))),
    33: Packet(
        LMA,
        MAG,
        ExperimentalMobilityMessage(
            bytes.fromhex("0001 0028 8000 08 10 01")
            + b"mn1@example.com"
            + bytes.fromhex("010400000000 f0 12 00 04")
            + MAG2
        ),
    ),
    35: Packet(MAG, LMA, BindingUpdate(51, A | P, 75, (MN, HNP, FLOW))),
    36: Packet(MAG, LMA, BindingUpdate(52, A | P, 75, (MN, HNP, FLOW))),
    37: with_home_address(
        BindingUpdate(
            60,
            A | H,
            60,
            (
                MN,
                AlternateCareOfAddress(COA),
                MobilityMessageAuthentication(1, 256, bytes.fromhex("297b883fc12bcb3f93093e22")),
            ),
        ),
        HA,
    ),
    38: with_home_address(
        BindingUpdate(61, A | H, 60, (BindingIdentifier(1, priority=20, care_of_address=COA),)),
        HA,
    ),
    39: with_home_address(
        BindingUpdate(
            70, A | H, 60, (AlternateCareOfAddress(COA), BusinessFlowAttribute(49152, 6))
        ),
        DHP,
        DHOA,
    ),
    40: Packet(
        COA,
        Address.parse("2001:db8:1:0:fdff:ffff:ffff:fffe"),
        HomeAgentAddressDiscoveryRequest(0x1234),
    ),
    41: Packet(
        HA,
        COA,
        HomeAgentAddressDiscoveryReply(0x1234, (HA, Address.parse("2001:db8:1::2"))),
    ),
    44: link_local(
        RouterAdvertisement(
            64,
            RouterFlag.HOME_AGENT,
            1800,
            0,
            0,
            (
                PrefixInformation(
                    Prefix(HA, 64),
                    PrefixFlag.ON_LINK | PrefixFlag.AUTONOMOUS | PrefixFlag.ROUTER_ADDRESS,
                    86400,
                    14400,
                ),
                AdvertisementInterval(500),
                HomeAgentInformation(10, 1800),
            ),
        ),
        "fe80::1",
        "ff02::1",
    ),
    45: dhp(DhpDiscoveryQuery(), COA, Address.parse("2001:db8:9:0:fdff:ffff:ffff:ff01")),
    46: dhp(DhpDiscoveryAcknowledgement((RECORD, DhpRecord(DHP2, 60, 100, 1, 1))), DHP, COA),
    47: dhp(MulticastDhpQuery(), COA, Address.parse("ff0e::d401")),
    48: dhp(MulticastDhpAcknowledgement((RECORD,)), DHP, COA),
    49: dhp(ServerDhpQuery(), COA, SERVER),
    51: dhp(
        ServerDhpRequirements(business=2, capability=1600, load=9, routing=4, security=2),
        COA,
        SERVER,
    ),
    53: dhp(DhoaRequest(), COA, DHP),
    54: dhp(DhoaResponse(DHOA), DHP, COA),
    55: link_local(
        RouterSolicitation(
            (
                SourceLinkLayerAddress(bytes.fromhex("020000000101")),
                RomipSessions(1, (HomeAddressPair(A_HOA1, B_HOA1),)),
            )
        ),
        "fe80::aa",
        "ff02::2",
    ),
    57: Packet(
        LMA,
        TIP,
        DestinationUnreachable(
            bytes.fromhex("60000000000c1140")
            + SIP
            + CN
            + bytes.fromhex("138c138c000cb768")
            + b"abcd",
            code=UnreachableCode.REJECT_ROUTE,
        ),
    ),
    58: Packet(
        LMA,
        MAG2,
        Packet(LMA, TIP, udp(CN, SIP, "b768")),
        (DestinationOptions((TunnelEncapsulationLimit(4),)),),
    ),
    59: Packet(A_MAAR3, B_MAAR2, udp(A_HOA1, B_HOA1, "b71e")),
}
