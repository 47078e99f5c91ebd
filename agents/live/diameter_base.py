"""The messages by which Diameter peers handle each other (RFC 6733 §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.live.diameter_messages import (
    AUTH_APPLICATION,
    NASREQ,
    ORIGIN_HOST,
    ORIGIN_REALM,
    RELAY,
    RESULT_CODE,
    SESSION_ID,
    DiameterError,
    answer,
    avp,
    failed_avp,
    find,
    group,
    numbers,
    request,
)
from agents.wire.address import Address

CAPABILITIES, WATCHDOG, DISCONNECT = 257, 280, 282
COMMANDS = (CAPABILITIES, WATCHDOG, DISCONNECT)
SUCCESS, UNKNOWN_PEER, NO_COMMON_APPLICATION, UNWILLING = 2001, 3010, 5010, 5012
COMMAND_UNSUPPORTED, APPLICATION_UNSUPPORTED, UNDELIVERABLE, BUSY = 3001, 3007, 3002, 3004
REBOOTING, DO_NOT_WANT_TO_TALK = 0, 2

_HOST_IP_ADDRESS, _VENDOR, _PRODUCT, _STATE, _CAUSE = 257, 266, 269, 278, 273
_VENDOR_APPLICATION, _ACCT_APPLICATION = 260, 259
_NO_VENDOR, _NAME = 0, "dmm-testbed"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this node is to its peers; ``state`` grows with each start (RFC 6733 §8.16)."""

    host: str
    realm: str
    address: Address
    state: int

    @property
    def origin(self) -> list[Any]:
        """Return the AVPs that name this node."""
        return [avp(ORIGIN_HOST, self.host.encode()), avp(ORIGIN_REALM, self.realm.encode())]

    @property
    def capabilities(self) -> list[Any]:
        """Return the AVPs that say what this node can do (RFC 6733 §5.3.1)."""
        return [
            *self.origin,
            avp(_HOST_IP_ADDRESS, str(self.address)),
            avp(_VENDOR, _NO_VENDOR),
            avp(_PRODUCT, _NAME, mandatory=False),
            avp(_STATE, self.state),
            avp(AUTH_APPLICATION, NASREQ),
        ]


def ask_capabilities(identity: Identity) -> Any:
    """Return a Capabilities-Exchange-Request."""
    return request(CAPABILITIES, 0, identity.capabilities)


def ask_watchdog(identity: Identity) -> Any:
    """Return a Device-Watchdog-Request."""
    return request(WATCHDOG, 0, [*identity.origin, avp(_STATE, identity.state)])


def ask_disconnect(identity: Identity, cause: int) -> Any:
    """Return a Disconnect-Peer-Request."""
    return request(DISCONNECT, 0, [*identity.origin, avp(_CAUSE, cause)])


def answer_capabilities(identity: Identity, asked: Any, result: int) -> Any:
    """Return the answer to a Capabilities-Exchange-Request."""
    return answer(asked, [avp(RESULT_CODE, result), *identity.capabilities], result)


def answer_base(identity: Identity, asked: Any) -> Any:
    """Return the answer to a Device-Watchdog- or Disconnect-Peer-Request."""
    return answer(asked, [avp(RESULT_CODE, SUCCESS), *identity.origin], SUCCESS)


def answer_error(identity: Identity, asked: Any, error: DiameterError) -> Any:
    """Return the answer that says what is wrong with a request (RFC 6733 §7.2, §7.5)."""
    session = find(asked, SESSION_ID)[:1]
    avps = [
        *session,
        *identity.origin,
        avp(RESULT_CODE, error.result),
        *failed_avp(asked, error.code),
    ]
    return answer(asked, avps, error.result)


def shares_application(message: Any) -> bool:
    """Say whether a peer that exchanges capabilities serves or relays NASREQ's messages."""
    avps: Sequence[Any] = message.avps
    for each in find(message, _VENDOR_APPLICATION):
        avps = [*avps, *group(each)]
    return bool(numbers(avps, {AUTH_APPLICATION, _ACCT_APPLICATION}) & {NASREQ, RELAY})
