"""A Proxy Binding Update as the anchor reads it: its options found once, checked by others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agents.core.events import MessageReceived
from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.messages import BindingUpdate
from agents.wire.numbers import IdentifierSubtype
from agents.wire.options import (
    AccessTechnologyType,
    AlternateCareOfAddress,
    HandoffIndicator,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    Timestamp,
)

_NAI = int(IdentifierSubtype.NAI)


@dataclass(slots=True, eq=False)
class Request:
    """What a Proxy Binding Update asks (RFC 5213 §8.1); None or empty for what it lacks.

    ``prefixes`` are those with a NON_ZERO value. ``link_layer`` is empty for an ALL_ZERO
    identifier, which says as much as none (RFC 5213 §6.9.1.1). ``options`` holds the first
    option of each class, as received, for the reply to echo.
    """

    event: MessageReceived
    message: BindingUpdate
    at: float
    care_of: Address
    options: dict[type, Any]
    prefix_options: tuple[HomeNetworkPrefix, ...]
    prefixes: tuple[Prefix, ...]
    identifier: bytes | None
    link_layer: bytes
    handoff: int | None
    technology: int | None
    timestamp: int | None

    @property
    def releases(self) -> bool:
        """Say whether this asks for de-registration (RFC 5213 §5.3.5)."""
        return self.message.lifetime == 0

    @property
    def interface(self) -> tuple[bytes | None, bytes]:
        """Return what tells the mobile node's interface apart from all others."""
        return self.identifier, self.link_layer


def read_request(event: MessageReceived, now: float) -> Request:
    """Return what the Proxy Binding Update in ``event``, received at ``now``, asks."""
    message: BindingUpdate = event.message
    options = {type(option): option for option in reversed(message.options)}
    prefix_options = tuple([o for o in message.options if type(o) is HomeNetworkPrefix])
    alternate = options.get(AlternateCareOfAddress)
    handoff = options.get(HandoffIndicator)
    technology = options.get(AccessTechnologyType)
    timestamp = options.get(Timestamp)
    return Request(
        event,
        message,
        now,
        event.source if alternate is None else alternate.address,
        options,
        prefix_options,
        tuple({o.prefix: None for o in prefix_options if o.prefix.network != UNSPECIFIED}),
        _identifier(options.get(MobileNodeIdentifier)),
        _link_layer(options.get(MobileNodeLinkLayerIdentifier)),
        None if handoff is None else handoff.value,
        None if technology is None else technology.value,
        None if timestamp is None else timestamp.value,
    )


def asked_link_local(request: Request) -> Address | None:
    """Return the address in the Link-local Address option (ALL_ZERO: a query), or None."""
    option = request.options.get(LinkLocalAddress)
    return None if option is None else option.address


def _identifier(option: MobileNodeIdentifier | None) -> bytes | None:
    # Profiles name nodes by network access identifier; other kinds are nobody's (RFC 4283 §3).
    if option is None:
        return None
    return option.identifier if option.subtype == _NAI else b""


def _link_layer(option: MobileNodeLinkLayerIdentifier | None) -> bytes:
    return option.identifier if option is not None and any(option.identifier) else b""
