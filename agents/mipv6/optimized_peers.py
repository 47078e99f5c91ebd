"""The correspondents that a mobile node optimizes routes with, and the state of each.

They are entries of the Binding Update List too (RFC 6275 §11.1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from agents.core.retransmission import Retransmission
from agents.mipv6.update_rate import UpdateRate
from agents.wire.address import Address
from agents.wire.value import value

MAX_TOKEN_LIFETIME = 210.0
"""Seconds for which a keygen token may be used (RFC 6275 §12)."""


class Token(NamedTuple):
    """A keygen token, and which nonce of the correspondent it was made from."""

    value: bytes
    nonce_index: int
    received_at: float

    def fresh(self, now: float) -> bool:
        """Say whether the correspondent will still know the nonce."""
        return now < self.received_at + MAX_TOKEN_LIFETIME


class Update(NamedTuple):
    """A Binding Update that awaits its answer: the key and the address that it must prove."""

    key: bytes
    registered: Address
    sent_at: float
    lifetime: float


@value
class Paused:
    """The home address is not bound, or there is no link: nothing can be tested."""

    @property
    def deadline(self) -> float | None:
        """Return nothing: something else must happen."""
        return None


@value
class Testing:
    """Tokens were asked for; a cookie is None where its token has come or was still fresh."""

    home_cookie: bytes | None
    care_of_cookie: bytes | None
    retransmission: Retransmission
    tries: int

    @property
    def deadline(self) -> float | None:
        """Return when to ask again."""
        return self.retransmission.at


@value
class Updating:
    """The correspondent was sent a Binding Update, which it has not acknowledged."""

    retransmission: Retransmission
    tries: int

    @property
    def deadline(self) -> float | None:
        """Return when to send it again."""
        return self.retransmission.at


@value
class Optimized:
    """The correspondent has accepted where the node is now."""

    renew_at: float

    @property
    def deadline(self) -> float | None:
        """Return when to test again, before the tokens and the binding are too old."""
        return self.renew_at


@value
class Unsupported:
    """The correspondent does not optimize routes, or refuses to; it is asked no more until then."""

    until: float

    @property
    def deadline(self) -> float | None:
        """Return when to forget that."""
        return self.until


State = Paused | Testing | Updating | Optimized | Unsupported


@dataclass(slots=True, eq=False)
class Peer:
    """A correspondent of one home address.

    ``bound_to`` is the address that it has bound, as it says. ``bound_until`` is when the last
    binding ends that it may have, whether it has said so or not; 0 for none.
    ``updates`` are those since the last move, by sequence number. ``leaving`` says that its
    binding is being deleted, as the node has come home.
    """

    home: Address
    address: Address
    sequence: int
    state: State = field(default_factory=Paused)
    home_token: Token | None = None
    care_of_token: Token | None = None
    bound_to: Address | None = None
    bound_until: float = 0.0
    updates: dict[int, Update] = field(default_factory=dict)
    update_rate: UpdateRate = field(default_factory=UpdateRate)
    test_rate: UpdateRate = field(default_factory=UpdateRate)
    reasserted: int = 0
    leaving: bool = False

    @property
    def deadline(self) -> float | None:
        """Return when something is due: a step, or the end of the binding."""
        step = self.state.deadline
        if not self.bound_until:
            return step
        return self.bound_until if step is None else min(step, self.bound_until)

    def may_be_bound(self, now: float) -> bool:
        """Say whether the correspondent may send to an address that is left behind."""
        return self.bound_until > now
