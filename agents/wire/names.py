"""What messages are called in results, logs and for people."""

from __future__ import annotations

from typing import Any

from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import BindingAckFlag, BindingUpdateFlag

_PROXY_UPDATE = int(BindingUpdateFlag.PROXY)
_QUERY = int(BindingUpdateFlag.QUERY)
_PROXY_ACK = int(BindingAckFlag.PROXY)
_QUERY_ACK = int(BindingAckFlag.QUERY)
_DISTRIBUTED_ACK = int(BindingAckFlag.DISTRIBUTED)


def message_name(message: Any) -> str:
    """Return the name of ``message``: its class's, or the one that its flags P and Q give it."""
    if isinstance(message, BindingUpdate) and message.flags & _PROXY_UPDATE:
        return "ProxyBindingQuery" if message.flags & _QUERY else "ProxyBindingUpdate"
    if isinstance(message, BindingAcknowledgement) and message.flags & _PROXY_ACK:
        # Where D is set, the bit of Q is another draft's.
        queried = message.flags & (_QUERY_ACK | _DISTRIBUTED_ACK) == _QUERY_ACK
        return "ProxyQueryAcknowledgement" if queried else "ProxyBindingAcknowledgement"
    return type(message).__name__
