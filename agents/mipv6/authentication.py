"""Signalling between mobile node and home agent, authenticated by options (RFC 4285 §5, §6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agents.core.events import MessageReceived
from agents.core.security import SecurityAssociation
from agents.wire import authentication, mobility
from agents.wire.address import Address
from agents.wire.options import MobilityMessageReplayProtection

TOLERANCE = 7.0
"""Seconds by which the clocks of both ends may differ (RFC 4285 §6)."""

_SECONDS_TO_1970 = 2_208_988_800  # from 1900, where NTP begins
_FRACTIONS = 1 << 32
_LOW_HALF = _FRACTIONS - 1


def timestamp_at(now: float) -> int:
    """Return the NTP timestamp (32.32 bits since 1900) of ``now``, seconds since 1970."""
    return round((now + _SECONDS_TO_1970) * _FRACTIONS)


def within_tolerance(timestamp: int, now: float) -> bool:
    """Say whether an NTP ``timestamp`` was taken close enough to ``now`` (RFC 4285 §6)."""
    return abs(timestamp - timestamp_at(now)) <= TOLERANCE * _FRACTIONS


def corrected(timestamp: int, now: float) -> int:
    """Return the answer to a ``timestamp`` out of range: the own clock over its low 32 bits."""
    return timestamp_at(now) & ~_LOW_HALF | timestamp & _LOW_HALF


class Authenticator:
    """Signs and verifies with one key, or lets everything pass where there is none.

    Both ends take the same two addresses: the care-of address that the Binding Update asks to
    bind, and the home address (RFC 4285 §5.1).
    """

    def __init__(self, association: SecurityAssociation | None) -> None:
        self._association = association

    @property
    def enabled(self) -> bool:
        """Say whether there is a key."""
        return self._association is not None

    def sign(
        self, message: Any, timestamp: int, care_of_address: Address, home_address: Address
    ) -> Any:
        """Return ``message`` as it goes out: with an NTP ``timestamp``, and authenticated."""
        if self._association is None:
            return message
        stamped = replace(
            message, options=(*message.options, MobilityMessageReplayProtection(timestamp))
        )
        return authentication.authenticate(
            stamped, self._association.key, self._association.spi, care_of_address, home_address
        )

    def verify(
        self, event: MessageReceived, care_of_address: Address, home_address: Address
    ) -> bool:
        """Say whether the message received is from who has the key."""
        if self._association is None:
            return True
        octets = event.octets or mobility.emit_unsummed(event.message)
        return authentication.verifies(
            octets, self._association.key, self._association.spi, care_of_address, home_address
        )
