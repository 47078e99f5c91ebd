"""Which Binding Updates are new: sequence numbers and timestamps of those accepted before."""

from __future__ import annotations

from typing import NamedTuple

from agents.mipv6.authentication import within_tolerance
from agents.mipv6.binding_cache import is_newer
from agents.mipv6.update import Update
from agents.wire.address import Address
from agents.wire.numbers import Status
from agents.wire.options import MobilityMessageReplayProtection


class Accepted(NamedTuple):
    """What orders later updates against the last one accepted; ``timestamp`` 0 for none."""

    sequence: int
    timestamp: int


class Freshness:
    """Remembers the last update accepted for each home address, beyond the end of its binding.

    An update that was overheard can so be replayed neither while the binding stands nor after
    it was deleted. A mobile node that has forgotten where it was learns its number from the
    refusal (RFC 6275 §9.5.1).
    """

    def __init__(self, timestamps: bool) -> None:
        self._timestamps = timestamps
        self._accepted: dict[Address, Accepted] = {}

    def last(self, home_address: Address) -> Accepted | None:
        """Return what was last accepted for ``home_address``."""
        return self._accepted.get(home_address)

    def judge(self, update: Update) -> Status | None:
        """Return why ``update`` is not new, or None (RFC 4285 §6, then RFC 6275 §9.5.1)."""
        last = self._accepted.get(update.home_address)
        if self._timestamps:
            status = _judge_timestamp(update, last)
            if status is not None:
                return status
        if last is not None and not is_newer(update.message.sequence, last.sequence):
            return Status.SEQUENCE_NUMBER_OUT_OF_WINDOW
        return None

    def accept(self, update: Update) -> None:
        """Let ``update`` be the last one accepted for its home address."""
        self._accepted[update.home_address] = Accepted(
            update.message.sequence, timestamp_of(update) or 0
        )

    def forget(self, home_address: Address) -> None:
        """Accept any number for ``home_address`` next: it will belong to somebody else."""
        self._accepted.pop(home_address, None)


def timestamp_of(update: Update) -> int | None:
    """Return the NTP timestamp that ``update`` carries, if any."""
    option = update.options.get(MobilityMessageReplayProtection)
    return None if option is None else option.timestamp


def _judge_timestamp(update: Update, last: Accepted | None) -> Status | None:
    timestamp = timestamp_of(update)
    if timestamp is None:
        return Status.MIPV6_MESG_ID_REQD
    replayed = last is not None and timestamp <= last.timestamp
    if replayed or not within_tolerance(timestamp, update.at):
        return Status.MIPV6_ID_MISMATCH
    return None
