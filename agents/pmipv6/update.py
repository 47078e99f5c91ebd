"""The Proxy Binding Update (RFC 5213 §6.9.1.5) and what orders it (§6.9.1.1, item 6)."""

from __future__ import annotations

from functools import lru_cache
from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.pmipv6.binding_update_list import Asked
from agents.pmipv6.ordering import TIMESTAMP_UNITS
from agents.pmipv6.profile import VisitorProfile
from agents.wire.address import ALL_ZERO, Prefix
from agents.wire.messages import BindingUpdate
from agents.wire.numbers import BindingUpdateFlag, IdentifierSubtype
from agents.wire.options import (
    AccessTechnologyType,
    HandoffIndicator,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    Timestamp,
)

_FLAGS = int(BindingUpdateFlag.ACKNOWLEDGE | BindingUpdateFlag.PROXY)
_NAI = int(IdentifierSubtype.NAI)
_REMEMBERED = 1 << 16
_SEQUENCE_NUMBERS = 1 << 16


class Numbering:
    """Sequence numbers and timestamps of one gateway's updates.

    With timestamps the sequence number only matches answers to requests, and one counter does;
    without, it orders the updates of each mobile node and is counted for each (§5.5). Then it
    starts from 0 at every gateway: the anchor's refusal says where to go on, whereas a start at
    random could leap over half the circle and make old numbers new.
    """

    def __init__(self, timestamps: bool, random: Random) -> None:
        self.timestamps = timestamps
        self._counter = random.randrange(_SEQUENCE_NUMBERS)
        self._of_node: dict[str, int] = {}
        self._stamped = 0

    def sequence(self, identifier: str) -> int:
        """Return the next sequence number for a mobile node."""
        if self.timestamps:
            self._counter = (self._counter + 1) % _SEQUENCE_NUMBERS
            return self._counter
        number = (self._of_node.get(identifier, 0) + 1) % _SEQUENCE_NUMBERS
        self._of_node[identifier] = number
        return number

    def continue_from(self, identifier: str, last_accepted: int) -> None:
        """Count on from what the anchor has accepted last, if that is ahead (RFC 6275 §11.7.3).

        Never back: a late refusal would make two requests have one number, and each other's answer.
        """
        counted = self._of_node.get(identifier, 0)
        if (last_accepted - counted) % _SEQUENCE_NUMBERS < _SEQUENCE_NUMBERS // 2:
            self._of_node[identifier] = last_accepted

    def timestamp(self, now: float) -> int:
        """Return the time in 1/65536 s, always more than the last one given."""
        self._stamped = max(int(now * TIMESTAMP_UNITS), self._stamped + 1)
        return self._stamped


def proxy_binding_update(
    profile: VisitorProfile, asked: Asked, lifetime: int, timestamp: int | None
) -> BindingUpdate:
    """Return the message for ``asked``; ``lifetime`` in units of 4 s, 0 to de-register."""
    identity, interface = _identity(profile.identifier, profile.link_layer)
    prefixes, handoff, technology = _request(asked.prefixes, asked.handoff, asked.technology)
    if timestamp is None:
        options = (identity, *prefixes, handoff, technology, interface)
    else:
        options = (identity, *prefixes, handoff, technology, Timestamp(timestamp), interface)
    return BindingUpdate(asked.sequence, _FLAGS, lifetime, options)


@lru_cache(_REMEMBERED)
def _identity(
    identifier: str, link_layer: bytes
) -> tuple[MobileNodeIdentifier, MobileNodeLinkLayerIdentifier]:
    return (
        MobileNodeIdentifier(_NAI, identifier.encode()),
        MobileNodeLinkLayerIdentifier(link_layer),
    )


@lru_cache(_REMEMBERED)
def _request(
    prefixes: tuple[Prefix, ...], handoff: int, technology: int
) -> tuple[tuple[HomeNetworkPrefix, ...], HandoffIndicator, AccessTechnologyType]:
    return (
        tuple(map(HomeNetworkPrefix, prefixes or (ALL_ZERO,))),
        HandoffIndicator(handoff),
        AccessTechnologyType(technology),
    )
