"""sDBU, sDBA, dDBU and dDBA (draft-ma §6): made of values, and read back.

A session is a Session Home Address option of either role, the moved node's first; a Serving MAAR
option belongs to the session before it. A Timestamp says when the moved node attached to the
MAAR that sends an update, and so puts the updates of different MAARs in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import floor
from typing import Any, NamedTuple

from agents.romip.lists import Pair
from agents.wire.address import Address
from agents.wire.draft_flags import SessionFlags
from agents.wire.draft_numbers import SessionRole
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import LIFETIME_UNIT, BindingUpdateFlag, IdentifierSubtype, Status
from agents.wire.options import (
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    ServingMaar,
    SessionHomeAddress,
    Timestamp,
)

SESSIONS_PER_MESSAGE = 15
"""So many entries of a list fit into an acknowledgement of 1280 octets, authenticated."""

_ACKNOWLEDGE = int(BindingUpdateFlag.ACKNOWLEDGE)
_NAI = int(IdentifierSubtype.NAI)


class Located(NamedTuple):
    """A session, and the MAAR that follows it in a message."""

    pair: Pair
    maar: Address | None = None


class Update(NamedTuple):
    """What an sDBU or, with ``far``, a dDBU says; ``lifetime`` in units of 4 s."""

    far: bool
    sequence: int
    lifetime: int
    identifier: str
    sessions: tuple[Located, ...]
    stamp: int

    @property
    def maar(self) -> Address | None:
        """Return where a dDBU says that the node is."""
        return self.sessions[0].maar


class Acknowledgement(NamedTuple):
    """What an sDBA or, with ``far``, a dDBA says."""

    far: bool
    status: int
    sequence: int
    lifetime: int
    sessions: tuple[Located, ...]

    @property
    def maar(self) -> Address | None:
        """Return where to ask instead."""
        return next((located.maar for located in self.sessions if located.maar), None)


def stamp_of(seconds: float) -> int:
    """Return the Timestamp value of a time of attachment (1/65536 s, RFC 5213 §8.8)."""
    return floor(seconds * 65536)


class Messages:
    """The messages of one flag profile."""

    def __init__(self, flags: SessionFlags, lifetime: float) -> None:
        self._near_update = _ACKNOWLEDGE | flags.update_d
        self._far_update = self._near_update | flags.update_e
        self._near_acknowledgement = flags.acknowledgement_d
        self._far_acknowledgement = flags.acknowledgement_d | flags.acknowledgement_e
        self._flags = flags
        self._units = int(lifetime) // LIFETIME_UNIT

    def sdbu(
        self, sequence: int, identifier: str, pairs: Iterable[Pair], stamp: int
    ) -> BindingUpdate:
        """Return step 5: who has come, and its sessions."""
        options: list[Any] = [MobileNodeIdentifier(_NAI, identifier.encode())]
        for pair in pairs:
            options += _session(pair)
        options.append(Timestamp(stamp))
        return BindingUpdate(sequence, self._near_update, self._units, tuple(options))

    def ddbu(
        self, sequence: int, pair: Pair, maar: Address, stamp: int, *, release: bool = False
    ) -> BindingUpdate:
        """Return step 7: the home address is at ``maar`` now, or with ``release`` no longer."""
        moved, correspondent = _session(pair)
        options = (moved, ServingMaar(maar), correspondent, Timestamp(stamp))
        return BindingUpdate(sequence, self._far_update, 0 if release else self._units, options)

    def acknowledgement(
        self, update: Update, status: int, sessions: Iterable[Located], sequence: int | None = None
    ) -> BindingAcknowledgement:
        """Return step 6 or 8, the answer to ``update``; ``sequence`` is another with 135 only."""
        options: list[Any] = []
        for pair, maar in sessions:
            options += _session(pair)
            if maar is not None:
                options.append(ServingMaar(maar))
        return BindingAcknowledgement(
            int(status),
            self._far_acknowledgement if update.far else self._near_acknowledgement,
            update.sequence if sequence is None else sequence,
            min(update.lifetime, self._units) if status < Status.REASON_UNSPECIFIED else 0,
            tuple(options),
        )

    def read_update(self, message: BindingUpdate) -> Update | str:
        """Return what an sDBU or dDBU says, or why it is none."""
        flags = message.flags
        fault = _fault(message, flags & self._flags.update_d == self._flags.update_d)
        if fault:
            return fault
        if not flags & _ACKNOWLEDGE or flags & BindingUpdateFlag.HOME:
            return "distributed binding update with the flags of another"
        far = flags & self._flags.update_e == self._flags.update_e
        sessions = _sessions(message.options)
        stamp = next((o.value for o in message.options if isinstance(o, Timestamp)), None)
        identifier = _identifier(message.options)
        if not sessions or stamp is None or not (far or identifier):
            return "distributed binding update without its options"
        return Update(far, message.sequence, message.lifetime, identifier, sessions, stamp)

    def read_acknowledgement(self, message: BindingAcknowledgement) -> Acknowledgement | str:
        """Return what an sDBA or dDBA says, or why it is none."""
        flags = message.flags
        fault = _fault(
            message, flags & self._flags.acknowledgement_d == self._flags.acknowledgement_d
        )
        if fault:
            return fault
        return Acknowledgement(
            flags & self._flags.acknowledgement_e == self._flags.acknowledgement_e,
            message.status,
            message.sequence,
            message.lifetime,
            _sessions(message.options),
        )


def _session(pair: Pair) -> tuple[SessionHomeAddress, SessionHomeAddress]:
    return (
        SessionHomeAddress(SessionRole.MOVED_NODE, pair.home),
        SessionHomeAddress(SessionRole.CORRESPONDENT, pair.correspondent),
    )


def _fault(message: Any, distributed: bool) -> str:
    """The D of the draft's figures is the P of a proxy's messages: their options tell."""
    kinds = {type(option) for option in message.options}
    if not distributed:
        return "binding message of another protocol"
    if HomeNetworkPrefix in kinds:
        return "binding message of a proxy"
    return "" if SessionHomeAddress in kinds else "distributed binding message without a session"


def _identifier(options: Iterable[Any]) -> str:
    for option in options:
        if isinstance(option, MobileNodeIdentifier) and option.subtype == _NAI:
            return option.identifier.decode(errors="replace")
    return ""


def _sessions(options: Iterable[Any]) -> tuple[Located, ...]:
    """Pair each correspondent with the moved node's address before it (any order of 68)."""
    sessions: list[Located] = []
    home: Address | None = None
    maar: Address | None = None
    for option in options:
        match option:
            case SessionHomeAddress(SessionRole.MOVED_NODE, address):
                home, maar = address, None
            case SessionHomeAddress(SessionRole.CORRESPONDENT, address) if home is not None:
                sessions.append(Located(Pair(home, address), maar))
                maar = None
            case ServingMaar(address):
                if sessions and sessions[-1].pair.home == home and sessions[-1].maar is None:
                    sessions[-1] = Located(sessions[-1].pair, address)
                else:
                    maar = address
    return tuple(sessions)
