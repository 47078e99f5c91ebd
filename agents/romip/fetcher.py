"""Steps 5 and 6 of a handover, as the MAAR that the node has come to (draft-ma §3.4, §4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from agents.core.actions import Action, Record
from agents.core.text import spelled
from agents.romip.binder import Binder
from agents.romip.config import MaarConfig
from agents.romip.exchanges import Exchange, Exchanges, onwards
from agents.romip.lists import Pair, Session, Stage, Visit
from agents.romip.messages import SESSIONS_PER_MESSAGE, Acknowledgement, Messages, stamp_of
from agents.romip.peers import Peers
from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from agents.wire.numbers import Status

_ELSEWHERE = int(Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE)
_STALE = int(Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)


class Fetcher:
    """Asks previous MAARs for the lists of those who come; ``on_fetched`` is told of the end."""

    def __init__(
        self,
        config: MaarConfig,
        peers: Peers,
        messages: Messages,
        exchanges: Exchanges,
        binder: Binder,
    ) -> None:
        self._own = config.address
        self._peers = peers
        self._messages = messages
        self._exchanges = exchanges
        self._binder = binder
        self.on_fetched: Callable[[Visit, float], list[Action]] = lambda visit, now: []

    def fetch(self, visit: Visit, previous: Address, now: float) -> list[Action]:
        """Ask the previous MAAR for the lists of all sessions of a node that has come."""
        for session in visit.sessions.values():
            self._binder.drop(session)
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

    def answered(self, exchange: Exchange, answer: Acknowledgement, now: float) -> list[Action]:
        """Take an sDBA."""
        visit = exchange.sessions[0].visit
        waiting = [session for session in exchange.sessions if _awaits(session)]
        other = onwards(exchange, answer)
        if other is not None and other in self._peers:
            return self._ask(visit, waiting, other, now, exchange.hops + 1)
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
            actions += self._binder.settle(session, found.get(session.pair), now)
        return actions if visit.fetching else actions + self.on_fetched(visit, now)

    def _lose(self, visit: Visit, sessions: Sequence[Session], now: float) -> list[Action]:
        """The node is at a MAAR that it came to later: what was asked for stays unknown here."""
        for session in sessions:
            session.stage = Stage.LOST
        return [] if visit.fetching else self.on_fetched(visit, now)

    def unanswered(self, exchange: Exchange, now: float) -> list[Action]:
        """The previous MAAR is silent: do without it."""
        visit = exchange.sessions[0].visit
        waiting = [session for session in exchange.sessions if _awaits(session)]
        details = {"node": visit.identifier, "maar": spelled(exchange.peer)}
        return [Record("binding_expired", details), *self._settle_all(visit, waiting, {}, now)]


def _awaits(session: Session) -> bool:
    current = session.visit.sessions.get(session.pair) is session
    return current and session.stage is Stage.FETCHING
