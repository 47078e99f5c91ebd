"""What a gateway does about each status of an acknowledgement (RFC 5213 §6.9.1.2)."""

from __future__ import annotations

from enum import Enum

from agents.wire.numbers import Status


class Response(Enum):
    """The ways to go on after an answer."""

    SERVE = "give the node its service (items 12 to 14)"
    REASSERT = "ask again at once, once (item 8)"
    PERSIST = "go on asking at the pace of retransmissions (item 9)"
    ASK_ANEW = "ask the anchor to choose the prefixes (item 10)"
    POSTPONE = "deny the service and ask again later"
    DENY = "deny the service to this attachment (item 11)"
    BAR = "deny the service until an administrator permits it (item 7)"


_RESPONSES = {
    Status.SEQUENCE_NUMBER_OUT_OF_WINDOW: Response.REASSERT,
    Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED: Response.REASSERT,
    Status.TIMESTAMP_MISMATCH: Response.PERSIST,
    Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX: Response.ASK_ANEW,
    Status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH: Response.ASK_ANEW,
    Status.REASON_UNSPECIFIED: Response.POSTPONE,
    Status.INSUFFICIENT_RESOURCES: Response.POSTPONE,
    Status.PROXY_REG_NOT_ENABLED: Response.BAR,
}
_BY_NUMBER = {int(status): response for status, response in _RESPONSES.items()}
_REJECTED = 128


def response_to(status: int) -> Response:
    """Return what to do about ``status``: below 128 is accepted, what is not listed is final."""
    if status < _REJECTED:
        return Response.SERVE
    return _BY_NUMBER.get(status, Response.DENY)
