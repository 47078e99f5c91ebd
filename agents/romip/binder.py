"""Steps 7 and 8 of a handover, as the MAAR that the node has come to (draft-ma §3.4, §4)."""

from __future__ import annotations

from agents.core.actions import Action, Drop, Record
from agents.core.deadlines import Deadlines
from agents.core.text import spelled
from agents.romip.config import MaarConfig
from agents.romip.directory import Directory
from agents.romip.exchanges import Exchange, Exchanges, onwards
from agents.romip.keeper import Keeper
from agents.romip.lists import Pair, Session, Stage, Visit
from agents.romip.messages import Acknowledgement, Messages, stamp_of
from agents.romip.peers import Peers
from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from agents.wire.numbers import LIFETIME_UNIT, Status

_STALE = int(Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)
_REJECTED = int(Status.REASON_UNSPECIFIED)


class Binder:
    """Tells the MAARs of correspondents where a node is, renews that, and takes it back."""

    def __init__(
        self,
        config: MaarConfig,
        directory: Directory,
        keeper: Keeper,
        peers: Peers,
        messages: Messages,
        exchanges: Exchanges,
    ) -> None:
        self._config = config
        self._own = config.address
        self._directory = directory
        self._keeper = keeper
        self._peers = peers
        self._messages = messages
        self._exchanges = exchanges
        self._deadlines: Deadlines[Session] = Deadlines()
        self.deadline = self._deadlines.next

    def tick(self, now: float) -> list[Action]:
        """Renew what was acknowledged, and try again what nobody would take."""
        actions: list[Action] = []
        for session in self._deadlines.due(now):
            actions += self._renew(session, now)
        return actions

    def settle(self, session: Session, maar: Address | None, now: float) -> list[Action]:
        """Tell the correspondent's MAAR: the one that was named, or the likeliest.

        What the correspondent's own MAAR has said since the node came is newer than all.
        """
        visit, pair = session.visit, session.pair
        entry = visit.internal.get(pair.correspondent)
        if entry is not None and entry.heard_at >= visit.attached_at:
            maar = entry.maar
        if maar is None and entry is not None:
            maar = entry.maar
        if maar is None and visit.served:
            maar = self._keeper.whereabouts(pair.correspondent)
        if maar is None or not self._keeper.has_room(visit, pair.correspondent):
            session.stage = Stage.KNOWN if visit.served else Stage.LOST
            return []
        return self.bind(session, maar, now)

    def bind(self, session: Session, maar: Address, now: float, hops: int = 0) -> list[Action]:
        """Enter where the correspondent is, and tell its MAAR where the node is."""
        visit, pair = session.visit, session.pair
        if maar != self._own and maar not in self._peers:
            session.stage = Stage.KNOWN
            return [Drop("MAAR that is not of the domain", {"maar": spelled(maar)})]
        self._exchanges.drop(session)
        self._deadlines.clear(session)
        session.peer = maar
        actions = self._keeper.note(visit, pair, maar, now)
        if not visit.served:
            session.stage = Stage.RETRYING  # to be told if the node comes back here
            return actions
        if maar == self._own:
            return actions + self._bind_here(session, now)
        session.stage = Stage.BINDING
        stamp = stamp_of(visit.attached_at)

        def make(number: int) -> BindingUpdate:
            return self._messages.ddbu(number, pair, self._own, stamp)

        return actions + self._exchanges.begin(maar, (session,), make, now, far=True, hops=hops)

    def _bind_here(self, session: Session, now: float) -> list[Action]:
        """Both ends are at this MAAR: no message, and no tunnel."""
        home, correspondent = session.pair
        other = self._keeper.homes.get(correspondent)
        if other is None:
            return self._retry(session, now)
        session.stage, session.tries = Stage.BOUND, 0
        actions: list[Action] = [self._moved(session)]
        stamp = stamp_of(session.visit.attached_at)
        mirror = Pair(correspondent, home)
        if self._keeper.has_room(other, home):
            actions += self._keeper.note(other, mirror, self._own, now, stamp=stamp)
        return actions + self.told(other, mirror, self._own, now)

    def told(self, visit: Visit, pair: Pair, maar: Address, now: float) -> list[Action]:
        """The correspondent of a session has come to ``maar``, which knows where this end is."""
        session = visit.sessions.get(pair)
        if session is None or session.stage in (Stage.KNOWN, Stage.FETCHING, Stage.LOST):
            return []
        if maar == self._own:
            self._exchanges.drop(session)
            self._deadlines.clear(session)
            session.stage = Stage.BOUND
        elif session.stage is not Stage.BOUND and session.peer != maar:
            return self.bind(session, maar, now)
        elif session.stage is Stage.BOUND and session.peer == self._own:
            self._deadlines.set(session, now + self._config.lifetime * self._config.refresh_after)
        session.peer = maar
        return []

    def answered(self, exchange: Exchange, answer: Acknowledgement, now: float) -> list[Action]:
        """Take a dDBA."""
        session = exchange.sessions[0]
        if answer.status < _REJECTED:
            return self._accepted(session, exchange.peer, answer, now)
        details = {"node": session.visit.identifier, "maar": spelled(exchange.peer)}
        refused = Record("binding_rejected", {**details, "status": answer.status})
        if answer.status == _STALE:
            session.stage = Stage.KNOWN
            return [refused]
        other = onwards(exchange, answer)
        if other is not None and (other == self._own or other in self._peers):
            return [refused, *self.bind(session, other, now, exchange.hops + 1)]
        return [refused, *self._retry(session, now)]

    def _accepted(
        self, session: Session, peer: Address, answer: Acknowledgement, now: float
    ) -> list[Action]:
        granted = answer.lifetime * LIFETIME_UNIT
        session.stage, session.tries = Stage.BOUND, 0
        self._deadlines.set(session, now + granted * self._config.refresh_after)
        entry = session.visit.internal.get(session.pair.correspondent)
        if entry is not None and entry.maar == peer:
            self._keeper.keep(entry, now, granted)
        details = {**_row(session), "maar": spelled(peer), "lifetime": granted}
        return [Record("binding_acknowledged", details), self._moved(session)]

    def _moved(self, session: Session) -> Record:
        peer = "" if session.peer is None else spelled(session.peer)
        return Record("session_moved", {**_row(session), "maar": peer})

    def _retry(self, session: Session, now: float) -> list[Action]:
        """Nobody has the correspondent for now: it may be about to attach somewhere."""
        session.stage = Stage.RETRYING
        wait = self._config.initial_timeout * 2 ** min(session.tries, 16)
        session.tries += 1
        self._deadlines.set(session, now + min(wait, self._config.max_timeout))
        return []

    def _renew(self, session: Session, now: float) -> list[Action]:
        """Tell the MAAR again, and now and then the one that the address is routed to."""
        if not session.visit.served or session.peer is None:
            return []
        entry = session.visit.internal.get(session.pair.correspondent)
        maar = session.peer if entry is None else entry.maar
        if session.stage is Stage.RETRYING and (session.tries % 2 or maar == self._own):
            maar = self._keeper.whereabouts(session.pair.correspondent) or maar
            anchor = self._directory.anchor_of(session.pair.correspondent)
            if maar == session.peer and anchor is not None:
                maar = anchor
        return self.bind(session, maar, now)

    def pause(self, visit: Visit) -> None:
        """The node has left: nobody is told of it any more, and its lists are fetched still."""
        for session in visit.sessions.values():
            self._exchanges.drop(session)
            self._deadlines.clear(session)
            if session.stage is Stage.BINDING:
                session.stage = Stage.RETRYING

    def resume(self, visit: Visit, now: float) -> list[Action]:
        """It is back, and was nowhere else: tell those again that could not be told."""
        actions: list[Action] = []
        for session in visit.sessions.values():
            if session.stage in (Stage.RETRYING, Stage.BOUND):
                session.tries = 0
                actions += self.settle(session, None, now)
        return actions

    def end(self, session: Session, now: float) -> list[Action]:
        """A session is over: take back what its correspondent's MAAR was told."""
        self.drop(session)
        visit, pair = session.visit, session.pair
        actions = self._keeper.strike(visit, pair, now)
        if session.stage not in (Stage.BOUND, Stage.BINDING) or session.peer is None:
            return actions
        if session.peer == self._own:
            other = self._keeper.homes.get(pair.correspondent)
            mirror = Pair(pair.correspondent, pair.home)
            return actions if other is None else actions + self._keeper.strike(other, mirror, now)
        stamp = stamp_of(visit.attached_at)

        def make(number: int) -> BindingUpdate:
            return self._messages.ddbu(number, pair, self._own, stamp, release=True)

        far = self._exchanges.begin(session.peer, (session,), make, now, far=True, release=True)
        return actions + far

    def drop(self, session: Session) -> None:
        """Wait for nothing about a session any more."""
        self._exchanges.drop(session)
        self._deadlines.clear(session)


def _row(session: Session) -> dict[str, object]:
    return {
        "node": session.visit.identifier,
        "home_address": spelled(session.pair.home),
        "correspondent": spelled(session.pair.correspondent),
    }
