"""What the parent does once so that no agent does it again: the codec compiles what it first meets.

Without it each forked agent would spend milliseconds on the first message of each kind.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from agents.core.events import Event
from agents.live.journal import Journal
from agents.live.loop import Loop
from agents.wire import icmpv6, mobility, ndisc, options, packet
from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.codec import DEFAULT
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
from agents.wire.preparation import prepare
from agents.wire.signaling_messages import UpdateNotification, UpdateNotificationAcknowledgement

if TYPE_CHECKING:
    from agents.live.diameter import Diameter

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
    """Have the codec compile everything, and run what most nodes exchange."""
    prepare(DEFAULT)
    for message in _MOBILITY:
        mobility.parse(mobility.emit(message, UNSPECIFIED, UNSPECIFIED))
        packet.emit(packet.Packet(UNSPECIFIED, UNSPECIFIED, message, _HEADERS))
    for message in _ICMPV6:
        icmpv6.parse(icmpv6.emit(message, UNSPECIFIED, UNSPECIFIED))


def speaks_diameter(config: Mapping[str, Any]) -> bool:
    """Say whether a role with this configuration asks an AAA server, or is one."""
    return "origin_host" in config and ("aaa" in config or "maars" in config)


def load_diameter(
    config: Mapping[str, Any],
    loop: Loop,
    journal: Journal,
    handle: Callable[[Event, int], None],
    random: Random,
) -> Diameter | None:
    """Return the Diameter of a role, None for one without; only the former load its library."""
    if not speaks_diameter(config):
        return None
    from agents.live.diameter import Diameter

    return Diameter(config, loop, journal, handle, random)


def preload_for(config: Mapping[str, Any]) -> None:
    """Load what a role with this configuration needs and not all do, for all that come later."""
    if speaks_diameter(config):
        import agents.live.diameter  # noqa: F401 - it is loaded, which takes a third of a second

        gc.collect()
        gc.freeze()
