"""Steps 5 to 8 of a handover, as the MAAR that the node has come to (draft-ma §3.4, §4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from agents.core.actions import Action, Drop, Record
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.romip.config import LIFETIME_UNIT, MaarConfig
from agents.romip.directory import Directory
from agents.romip.exchanges import Exchange, Exchanges
from agents.romip.keeper import Keeper
from agents.romip.lists import Pair, Session, Stage, Visit
from agents.romip.messages import (
    SESSIONS_PER_MESSAGE,
    Acknowledgement,
    Messages,
    stamp_of,
)
from agents.romip.peers import Peers
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import Status

TRIES = 3
"""Transmissions of an sDBU, or of a dDBU that takes back, before it is given up."""

HOPS = 8
"""So many MAARs may send on to another, one after the other."""

_ELSEWHERE = int(Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE)
_OUT_OF_WINDOW = int(Status.SEQUENCE_NUMBER_OUT_OF_WINDOW)
_STALE = int(Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)
_REJECTED = int(Status.REASON_UNSPECIFIED)


class Mover:
    """Fetches the lists of those who come, tells the MAARs of their correspondents, and renews."""

    def __init__(
        self,
        config: MaarConfig,
        directory: Directory,
        keeper: Keeper,
        peers: Peers,
        messages: Messages,
    ) -> None:
        self._config = config
        self._own = config.address
        self._directory = directory
        self._keeper = keeper
        self._peers = peers
        self._messages = messages
        self._exchanges = Exchanges(config, peers)
        self._deadlines: Deadlines[Session] = Deadlines()
        self.on_fetched: Callable[[Visit, float], list[Action]] = lambda visit, now: []

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        times = [t for t in (self._exchanges.deadline(), self._deadlines.next()) if t is not None]
        return min(times, default=None)

    def tick(self, now: float) -> list[Action]:
        """Repeat what was not answered, renew what was, and try again what failed."""
        actions: list[Action] = []
        for exchange in self._exchanges.due(now):
            actions += self._unanswered(exchange, now)
        for session in self._deadlines.due(now):
            actions += self._renew(session, now)
        return actions

    # --- steps 5 and 6 ------------------------------------------------------------------------

    def fetch(self, visit: Visit, previous: Address, now: float) -> list[Action]:
        """Ask the previous MAAR for the lists of all sessions of a node that has come."""
        for session in visit.sessions.values():
            self._exchanges.drop(session)
            self._deadlines.clear(session)
            session.stage, session.tries = Stage.FETCHING, 0
        return self._ask(visit, list(visit.sessions.values()), previous, now, 0)

    def _ask(
        self, visit: Visit, sessions: Iterable[Session], maar: Address, now: float, hops: int
    ) -> list[Action]:
        actions: list[Action] = []
        rest = iter(sessions)
        stamp = stamp_of(visit.attached_at)
        while chunk := tuple(islice(rest, SESSIONS_PER_MESSAGE)):
            pairs = tuple(session.pair for session in chunk)

            def make(number: int, pairs: tuple[Pair, ...] = pairs) -> BindingUpdate:
                return self._messages.sdbu(number, visit.identifier, pairs, stamp)

            actions += self._exchanges.begin(maar, chunk, make, now, far=False, hops=hops)
            details = {"node": visit.identifier, "maar": spelled(maar), "sessions": len(chunk)}
            actions.append(Record("binding_sent", details))
        return actions

    def _fetched(self, exchange: Exchange, answer: Acknowledgement, now: float) -> list[Action]:
        visit = exchange.sessions[0].visit
        waiting = [session for session in exchange.sessions if _awaits(session)]
        onwards = self._onwards(exchange, answer)
        if onwards is not None and onwards != self._own:
            return self._ask(visit, waiting, onwards, now, exchange.hops + 1)
        if answer.status == _STALE:
            return self._lose(visit, waiting, now)
        found = {} if answer.status == _ELSEWHERE else dict(answer.sessions)
        return self._settle_all(visit, waiting, found, now)

    def _settle_all(
        self,
        visit: Visit,
        sessions: Sequence[Session],
        found: dict[Pair, Address | None],
        now: float,
    ) -> list[Action]:
        actions: list[Action] = []
        for session in sessions:
            actions += self.settle(session, found.get(session.pair), now)
        return actions if visit.fetching else actions + self.on_fetched(visit, now)

    def _lose(self, visit: Visit, sessions: Sequence[Session], now: float) -> list[Action]:
        """The node is at a MAAR that it came to later: what was asked for stays unknown here."""
        for session in sessions:
            session.stage = Stage.LOST
        return [] if visit.fetching else self.on_fetched(visit, now)

    # --- steps 7 and 8 ------------------------------------------------------------------------

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

    def acknowledged(
        self, event: MessageReceived, message: BindingAcknowledgement, now: float
    ) -> list[Action]:
        """Take an sDBA or dDBA: act on it only if it answers an update that waits for it."""
        source = {"source": spelled(event.source), "status": message.status}
        answer = self._messages.read_acknowledgement(message)
        if isinstance(answer, str):
            return [Drop(answer, source)]
        fault = self._peers.fault(event, self._own, now)
        if fault:
            return [Drop(fault, source)]
        exchange = self._exchanges.of(event.source, answer.sequence, answer.far)
        if answer.status == _OUT_OF_WINDOW:
            return self._renumber(event.source, answer.sequence, now)
        if exchange is None:
            return [Drop("acknowledgement of no update", source)]
        pairs = {session.pair for session in exchange.sessions}
        if not pairs >= {located.pair for located in answer.sessions}:
            return [Drop("acknowledgement of something else", source)]
        self._exchanges.end(exchange)
        if exchange.release:
            return []
        if answer.far:
            return self._bound(exchange, answer, now)
        return self._fetched(exchange, answer, now)

    def _renumber(self, peer: Address, number: int, now: float) -> list[Action]:
        """RFC 6275 §11.7.3: go on from the number that the peer has accepted last."""
        if not self._peers.skip_to(peer, number):
            return [Drop("sequence number of an earlier update", {"source": spelled(peer)})]
        actions: list[Action] = []
        for exchange in self._exchanges.with_peer(peer):
            actions += self._exchanges.again(exchange, now)
        return actions

    def _bound(self, exchange: Exchange, answer: Acknowledgement, now: float) -> list[Action]:
        session = exchange.sessions[0]
        if answer.status < _REJECTED:
            return self._accepted(session, exchange.peer, answer, now)
        details = {"node": session.visit.identifier, "maar": spelled(exchange.peer)}
        refused = Record("binding_rejected", {**details, "status": answer.status})
        if answer.status == _STALE:
            session.stage = Stage.KNOWN
            return [refused]
        onwards = self._onwards(exchange, answer)
        if onwards is not None:
            return [refused, *self.bind(session, onwards, now, exchange.hops + 1)]
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

    def _onwards(self, exchange: Exchange, answer: Acknowledgement) -> Address | None:
        """Return the MAAR that an answer sends on to, unless it has become a circle."""
        if answer.status != _ELSEWHERE or exchange.hops >= HOPS:
            return None
        known = answer.maar is not None and (answer.maar == self._own or answer.maar in self._peers)
        return answer.maar if known and answer.maar != exchange.peer else None

    def _retry(self, session: Session, now: float) -> list[Action]:
        """Nobody has the correspondent for now: it may be about to attach somewhere."""
        session.stage = Stage.RETRYING
        wait = self._config.initial_timeout * 2 ** min(session.tries, 16)
        session.tries += 1
        self._deadlines.set(session, now + min(wait, self._config.max_timeout))
        return []

    # --- time and ends ------------------------------------------------------------------------

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

    def _unanswered(self, exchange: Exchange, now: float) -> list[Action]:
        finite = exchange.release or not exchange.far
        if not finite or exchange.times < TRIES:
            return self._exchanges.again(exchange, now)
        self._exchanges.end(exchange)
        if exchange.release:
            return []
        visit = exchange.sessions[0].visit
        waiting = [session for session in exchange.sessions if _awaits(session)]
        silent = Record(
            "binding_expired", {"node": visit.identifier, "maar": spelled(exchange.peer)}
        )
        return [silent, *self._settle_all(visit, waiting, {}, now)]

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


def is_handover(previous: Address, own: Address) -> bool:
    """Say whether the AAA server's answer names another MAAR (draft-ma §3.1)."""
    return previous not in (UNSPECIFIED, own)


def _awaits(session: Session) -> bool:
    current = session.visit.sessions.get(session.pair) is session
    return current and session.stage is Stage.FETCHING


def _row(session: Session) -> dict[str, object]:
    return {
        "node": session.visit.identifier,
        "home_address": spelled(session.pair.home),
        "correspondent": spelled(session.pair.correspondent),
    }
