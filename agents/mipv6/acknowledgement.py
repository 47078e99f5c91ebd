"""The Binding Acknowledgement of a home registration (RFC 6275 §9.5.4, §10.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.core.actions import SendMessage
from agents.mipv6.authentication import Authenticator, corrected, timestamp_at
from agents.mipv6.freshness import timestamp_of
from agents.mipv6.update import Update
from agents.wire.messages import BindingAcknowledgement
from agents.wire.numbers import LIFETIME_UNIT, Status
from agents.wire.options import BindingRefreshAdvice, MobileNodeIdentifier


class Acknowledger:
    """Makes the acknowledgements of one node.

    ``refresh_advice`` is how many seconds after one the node wants the next update, if it says.
    """

    def __init__(self, authenticator: Authenticator, refresh_advice: float | None) -> None:
        self._authenticator = authenticator
        self._advised = None if refresh_advice is None else int(refresh_advice) // LIFETIME_UNIT

    def accepted(self, update: Update, units: int, more: Sequence[Any]) -> SendMessage:
        """Return the acknowledgement that grants ``units`` of 4 s, with ``more`` options."""
        options = list(more)
        if self._advised is not None and self._advised < units:
            options.insert(0, BindingRefreshAdvice(self._advised))
        return self._reply(update, Status.ACCEPTED, update.message.sequence, units, options)

    def refused(
        self, update: Update, status: Status, sequence: int, more: Sequence[Any]
    ) -> SendMessage:
        """Return the acknowledgement that refuses ``update``, with ``more`` options.

        ``sequence`` is that of the update, or with status 135 the last accepted.
        """
        return self._reply(update, status, sequence, 0, more)

    def _reply(
        self, update: Update, status: Status, sequence: int, units: int, more: Sequence[Any]
    ) -> SendMessage:
        named = update.options.get(MobileNodeIdentifier)
        options = (*more,) if named is None else (named, *more)
        message = self._authenticator.sign(
            BindingAcknowledgement(int(status), 0, sequence, units, options),
            _timestamp(update, status),
            update.care_of,
            update.home_address,
        )
        return reply_to(update, message)


def reply_to(update: Update, message: Any) -> SendMessage:
    """Return how ``message`` answers ``update``: to where it came from (RFC 6275 §9.5.4).

    A type 2 routing header leads it on to the home address if that came in its own option.
    """
    event = update.event
    home_address = event.home_address
    return SendMessage(
        message,
        event.destination,
        event.source,
        route_to=None if home_address == event.source else home_address,
    )


def _timestamp(update: Update, status: Status) -> int:
    """RFC 4285 §6: the timestamp of the update, set right where it was out of range."""
    timestamp = timestamp_of(update)
    if timestamp is None:
        return timestamp_at(update.at)
    return corrected(timestamp, update.at) if status is Status.MIPV6_ID_MISMATCH else timestamp
