"""Link-layer addresses of neighbours: of their frames, or as they say (RFC 4861 §4.1, §4.2)."""

from __future__ import annotations

from agents.core.events import MessageReceived
from agents.wire.ndisc import SourceLinkLayerAddress


def sender_link_layer(event: MessageReceived) -> bytes:
    """Return whose frame it was, by the option where the driver cannot tell."""
    return event.link_layer_source or _said(event) or b""


def router_link_layer(event: MessageReceived) -> bytes:
    """Return the link-layer address of a router, as it says or as its frame does."""
    said = _said(event)
    return event.link_layer_source if said is None else said


def _said(event: MessageReceived) -> bytes | None:
    for option in event.message.options:
        if isinstance(option, SourceLinkLayerAddress):
            return option.address
    return None
