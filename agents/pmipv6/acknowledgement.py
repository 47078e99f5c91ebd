"""The Proxy Binding Acknowledgement (RFC 5213 §5.3.6)."""

from __future__ import annotations

from typing import Any

from agents.pmipv6.binding_cache import Binding
from agents.pmipv6.request import Request
from agents.wire.address import ALL_ZERO
from agents.wire.messages import BindingAcknowledgement
from agents.wire.numbers import BindingAckFlag, IdentifierSubtype, Status
from agents.wire.options import (
    AccessTechnologyType,
    HandoffIndicator,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    Timestamp,
)

_PROXY = int(BindingAckFlag.PROXY)
_ACCEPTED = int(Status.ACCEPTED)
_NOBODY = MobileNodeIdentifier(int(IdentifierSubtype.NAI), b"")
_NO_PREFIX = (HomeNetworkPrefix(ALL_ZERO),)
_NO_HANDOFF = HandoffIndicator(0)
_NO_TECHNOLOGY = AccessTechnologyType(0)
_OWN_TIME = (Status.TIMESTAMP_MISMATCH, Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)


def accepted(request: Request, binding: Binding, lifetime: int) -> BindingAcknowledgement:
    """Return the reply that grants ``lifetime`` (in units of 4 s) with the session's prefixes."""
    asked = request.options
    options = [
        asked[MobileNodeIdentifier],
        *binding.prefix_options,
        asked[HandoffIndicator],
        asked[AccessTechnologyType],
    ]
    if Timestamp in asked:
        options.append(asked[Timestamp])
    if MobileNodeLinkLayerIdentifier in asked:
        options.append(asked[MobileNodeLinkLayerIdentifier])
    if LinkLocalAddress in asked:
        options.append(LinkLocalAddress(binding.link_local))
    return BindingAcknowledgement(
        _ACCEPTED, _PROXY, request.message.sequence, lifetime, tuple(options)
    )


def rejected(request: Request, status: Status, sequence: int) -> BindingAcknowledgement:
    """Return the reply that refuses ``request``, echoing what it had.

    ``sequence`` is that of the request, or with status 135 the last accepted (RFC 6275 §9.5.1).
    """
    asked = request.options
    options: list[Any] = [
        asked.get(MobileNodeIdentifier, _NOBODY),
        *(request.prefix_options or _NO_PREFIX),
        asked.get(HandoffIndicator, _NO_HANDOFF),
        asked.get(AccessTechnologyType, _NO_TECHNOLOGY),
    ]
    if Timestamp in asked:
        # The anchor's own time shows which clock is off (RFC 5213 §5.5, items 8 and 9).
        options.append(Timestamp.at(request.at) if status in _OWN_TIME else asked[Timestamp])
    for kind in (MobileNodeLinkLayerIdentifier, LinkLocalAddress):
        if kind in asked:
            options.append(asked[kind])
    return BindingAcknowledgement(int(status), _PROXY, sequence, 0, tuple(options))
