"""What the parent does once so that no agent does it again: the codec compiles what it first meets.

Without it each forked agent would spend milliseconds on its first Binding Update.
"""

from __future__ import annotations

from typing import Any

from agents.wire import icmpv6, mobility, ndisc, options, packet
from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.icmpv6_messages import ParameterProblem
from agents.wire.messages import BindingAcknowledgement, BindingError, BindingUpdate
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
    options.MobilityMessageAuthentication(1, 256, bytes(12)),
)
_MOBILITY: tuple[Any, ...] = (
    BindingUpdate(0, 0, 0, _OPTIONS),
    BindingAcknowledgement(0, 0, 0, 0, _OPTIONS),
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
        ),
    ),
    ParameterProblem(0, b""),
)


def compile_codec() -> None:
    """Have the codec compile what access networks and anchors exchange."""
    for message in _MOBILITY:
        mobility.parse(mobility.emit(message, UNSPECIFIED, UNSPECIFIED))
        packet.emit(packet.Packet(UNSPECIFIED, UNSPECIFIED, message))
    for message in _ICMPV6:
        icmpv6.parse(icmpv6.emit(message, UNSPECIFIED, UNSPECIFIED))
