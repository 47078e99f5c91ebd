"""What messages are called in results, logs and for people."""

from __future__ import annotations

from typing import Any

from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import BindingAckFlag, BindingUpdateFlag

_PROXY_UPDATE = int(BindingUpdateFlag.PROXY)
_PROXY_ACK = int(BindingAckFlag.PROXY)


def message_name(message: Any) -> str:
    """Return the name of ``message``: its class's, or the Proxy form where P is set."""
    if isinstance(message, BindingUpdate) and message.flags & _PROXY_UPDATE:
        return "ProxyBindingUpdate"
    if isinstance(message, BindingAcknowledgement) and message.flags & _PROXY_ACK:
        return "ProxyBindingAcknowledgement"
    return type(message).__name__
