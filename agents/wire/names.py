"""What messages are called in results, logs and for people."""

from __future__ import annotations

from typing import Any

from agents.wire.diameter import COMMANDS, AaAnswer, AaRequest, DiameterHeader
from agents.wire.draft_flags import IANA_SAFE, SEED_BITS
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import BindingAckFlag, BindingUpdateFlag
from agents.wire.private_options import SessionHomeAddress

_PROXY_UPDATE = int(BindingUpdateFlag.PROXY)
_QUERY = int(BindingUpdateFlag.QUERY)
_PROXY_ACK = int(BindingAckFlag.PROXY)
_QUERY_ACK = int(BindingAckFlag.QUERY)
_DISTRIBUTED = int(BindingUpdateFlag.DISTRIBUTED)
_DISTRIBUTED_ACK = int(BindingAckFlag.DISTRIBUTED)


def message_name(message: Any) -> str:
    """Return the name of ``message``: its class's, or the one that its flags give it.

    Those are P and Q, and for messages about sessions D and E (draft-ma-dmm-romip-00 §6).
    Commands of Diameter are called as RFC 6733 does.
    """
    if isinstance(message, DiameterHeader):
        name = COMMANDS.get(message.command, f"Diameter-{message.command}")
        return f"{name}-{'Request' if message.request else 'Answer'}"
    if isinstance(message, AaRequest | AaAnswer):
        return "AA-Request" if isinstance(message, AaRequest) else "AA-Answer"
    if _is_about_sessions(message):
        return _session_name(message)
    if isinstance(message, BindingUpdate) and message.flags & _PROXY_UPDATE:
        return "ProxyBindingQuery" if message.flags & _QUERY else "ProxyBindingUpdate"
    if isinstance(message, BindingAcknowledgement) and message.flags & _PROXY_ACK:
        # Where D is set, the bit of Q is another draft's.
        queried = message.flags & (_QUERY_ACK | _DISTRIBUTED_ACK) == _QUERY_ACK
        return "ProxyQueryAcknowledgement" if queried else "ProxyBindingAcknowledgement"
    return type(message).__name__


def _is_about_sessions(message: Any) -> bool:
    if not isinstance(message, BindingUpdate | BindingAcknowledgement):
        return False
    return any(isinstance(option, SessionHomeAddress) for option in message.options)


def _session_name(message: BindingUpdate | BindingAcknowledgement) -> str:
    """Return the draft's name: the first letter says to whom, as E does."""
    if isinstance(message, BindingUpdate):
        profile = IANA_SAFE if message.flags & _DISTRIBUTED else SEED_BITS
        return "dDBU" if message.flags & profile.update_e else "sDBU"
    profile = IANA_SAFE if message.flags & _DISTRIBUTED_ACK else SEED_BITS
    return "dDBA" if message.flags & profile.acknowledgement_e else "sDBA"
