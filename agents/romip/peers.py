"""The other MAARs: which are heard, in which order, and how their messages are trusted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.events import MessageReceived
from agents.pmipv6.authentication import Authenticator
from agents.romip.config import MaarConfig
from agents.wire.address import Address
from agents.wire.errors import WireError
from agents.wire.options import MobilityMessageReplayProtection

WINDOW = 1024
"""Sequence numbers below the highest that may still come, in any order, each once."""

TOLERANCE = 7.0
"""Seconds by which the clocks of both ends may differ (RFC 4285 §6)."""

_NUMBERS = 1 << 16
_HALF = _NUMBERS // 2
_SECONDS_TO_1970 = 2_208_988_800  # from 1900, where NTP begins
_FRACTIONS = 1 << 32


@dataclass(slots=True)
class Seen:
    """The sequence numbers that a peer has used: bit n stands for the highest less n."""

    highest: int
    numbers: int = 1


class Peers:
    """The sequence numbers and keys between this MAAR and the others of its domain."""

    def __init__(self, config: MaarConfig, random: Random) -> None:
        self._own = config.address
        self._maars = frozenset(config.maars) - {config.address}
        self._keyed = config.authentication is not None
        self._authenticator = Authenticator(config.authentication)
        self._last: dict[Address, int] = {
            maar: random.randrange(_NUMBERS) for maar in sorted(self._maars)
        }
        self._seen: dict[Address, Seen] = {}
        self._started = 0.0

    def start(self, now: float) -> None:
        """Hear nothing that was authenticated before: it may have been accepted before."""
        self._started = now

    def __contains__(self, maar: Address) -> bool:
        return maar in self._maars

    def next_number(self, peer: Address) -> int:
        """Return the sequence number of the next update to ``peer``."""
        self._last[peer] = (self._last[peer] + 1) % _NUMBERS
        return self._last[peer]

    def skip_to(self, peer: Address, number: int) -> bool:
        """Go on after ``number``, the last that ``peer`` accepted; False if that is past."""
        ahead = (number - self._last[peer]) % _NUMBERS
        if ahead >= _HALF:
            return False
        self._last[peer] = number
        return True

    def sign(self, message: Any, requester: Address, now: float) -> Any:
        """Return ``message`` of an exchange that ``requester`` has begun as it goes out."""
        if not self._keyed:
            return message
        clock = MobilityMessageReplayProtection(_timestamp(now))
        stamped = replace(message, options=(*message.options, clock))
        return self._authenticator.sign(stamped, requester)

    def fault(self, event: MessageReceived, requester: Address, now: float) -> str:
        """Return why a message is not heard, "" where it is."""
        if event.source not in self._maars:
            return "message of no MAAR of the domain"
        if event.destination != self._own:
            return "message to another address"
        if not self._keyed:
            return ""
        try:
            if not self._authenticator.verify(event, requester):
                return "message not authentic"
        except WireError:
            return "message not authentic"
        return "" if self._is_recent(event.message, now) else "message of another time"

    def is_new(self, peer: Address, number: int) -> bool:
        """Note the ``number`` of an update; False if it was there before or is too old."""
        seen = self._seen.get(peer)
        if seen is None:
            self._seen[peer] = Seen(number)
            return True
        ahead = (number - seen.highest) % _NUMBERS
        if 0 < ahead < _HALF:
            kept = seen.numbers << ahead if ahead < WINDOW else 0
            seen.numbers = (kept | 1) & ((1 << WINDOW) - 1)
            seen.highest = number
            return True
        behind = (seen.highest - number) % _NUMBERS
        if behind >= WINDOW or seen.numbers >> behind & 1:
            return False
        seen.numbers |= 1 << behind
        return True

    def highest(self, peer: Address) -> int:
        """Return the highest number that ``peer`` has used; KeyError before the first."""
        return self._seen[peer].highest

    def _is_recent(self, message: Any, now: float) -> bool:
        """RFC 4285 §6; what is older than this agent may be a replay of what it has forgotten."""
        for option in message.options:
            if isinstance(option, MobilityMessageReplayProtection):
                sent = option.timestamp / _FRACTIONS - _SECONDS_TO_1970
                return sent > self._started - 0.001 and abs(sent - now) <= TOLERANCE
        return False


def _timestamp(now: float) -> int:
    return round((now + _SECONDS_TO_1970) * _FRACTIONS)
