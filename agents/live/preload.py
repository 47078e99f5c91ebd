"""What the parent does once so that no agent does it again: the codec compiles what it first meets.

Without it each forked agent would spend milliseconds on its first Binding Update.
"""

from __future__ import annotations

from typing import Any

from agents.wire import icmpv6, mobility, ndisc, options, packet
from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.extension_headers import DestinationOptions, Type2Routing
from agents.wire.extension_options import HomeAddress
from agents.wire.icmpv6_messages import (
    HomeAgentAddressDiscoveryReply,
    HomeAgentAddressDiscoveryRequest,
    MobilePrefixAdvertisement,
    MobilePrefixSolicitation,
    ParameterProblem,
)
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingError,
    BindingRefreshRequest,
    BindingUpdate,
    CareOfTest,
    CareOfTestInit,
    HomeTest,
    HomeTestInit,
)
from agents.wire.signaling_messages import UpdateNotification, UpdateNotificationAcknowledgement

_PREFIX = Prefix(Address.parse("2001:db8::"), 64)
_OPTIONS = (
    options.MobileNodeIdentifier(1, b"node"),
    options.HomeNetworkPrefix(_PREFIX),
    options.HandoffIndicator(1),
    options.AccessTechnologyType(4),
    options.MobileNodeLinkLayerIdentifier(bytes(6)),
    options.LinkLocalAddress(UNSPECIFIED),
    options.Timestamp(0),
    options.AlternateCareOfAddress(UNSPECIFIED),
    options.BindingRefreshAdvice(1),
    options.NonceIndices(1, 1),
    options.MobilityMessageAuthentication(1, 256, bytes(12)),
)
_AUTHORIZED = (options.BindingAuthorizationData(bytes(12)),)
_HEADERS = (Type2Routing(UNSPECIFIED), DestinationOptions((HomeAddress(UNSPECIFIED),)))
_TOKEN = bytes(8)
_MOBILITY: tuple[Any, ...] = (
    BindingUpdate(0, 0, 0, _OPTIONS),
    BindingAcknowledgement(0, 0, 0, 0, _OPTIONS),
    BindingUpdate(0, 0, 0, _AUTHORIZED),
    BindingAcknowledgement(0, 0, 0, 0, _AUTHORIZED),
    BindingRefreshRequest(),
    HomeTestInit(_TOKEN),
    CareOfTestInit(_TOKEN),
    HomeTest(0, _TOKEN, _TOKEN),
    CareOfTest(0, _TOKEN, _TOKEN),
    BindingError(0, UNSPECIFIED),
    UpdateNotification(0, 0, 0, _OPTIONS),
    UpdateNotificationAcknowledgement(0, 0, _OPTIONS),
)
_ICMPV6: tuple[Any, ...] = (
    ndisc.RouterSolicitation((ndisc.SourceLinkLayerAddress(bytes(6)),)),
    ndisc.RouterAdvertisement(
        *(64, 0, 0, 0, 0),
        (
            ndisc.SourceLinkLayerAddress(bytes(6)),
            ndisc.PrefixInformation(_PREFIX, 0, 0, 0),
            ndisc.Mtu(1280),
            ndisc.AdvertisementInterval(100),
            ndisc.HomeAgentInformation(0, 1),
        ),
    ),
    ndisc.NeighborSolicitation(UNSPECIFIED, (ndisc.SourceLinkLayerAddress(bytes(6)),)),
    ndisc.NeighborAdvertisement(UNSPECIFIED, 0, (ndisc.TargetLinkLayerAddress(bytes(6)),)),
    HomeAgentAddressDiscoveryRequest(0),
    HomeAgentAddressDiscoveryReply(0, (UNSPECIFIED,)),
    MobilePrefixSolicitation(0),
    MobilePrefixAdvertisement(0, 0),
    ParameterProblem(0, b""),
)


def compile_codec() -> None:
    """Have the codec compile what mobile nodes, access networks and anchors exchange."""
    for message in _MOBILITY:
        mobility.parse(mobility.emit(message, UNSPECIFIED, UNSPECIFIED))
        packet.emit(packet.Packet(UNSPECIFIED, UNSPECIFIED, message, _HEADERS))
    for message in _ICMPV6:
        icmpv6.parse(icmpv6.emit(message, UNSPECIFIED, UNSPECIFIED))
