"""Steps 6 and 8: what a MAAR answers to another that a node has come to (draft-ma §3.4, §4)."""

from __future__ import annotations

from collections.abc import Callable

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.romip.binder import Binder
from agents.romip.config import MaarConfig
from agents.romip.directory import Directory
from agents.romip.keeper import Keeper, Release
from agents.romip.lists import Left, Pair, Stage, Visit, is_host
from agents.romip.messages import Located, Messages, Update, stamp_of
from agents.romip.peers import Peers
from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from agents.wire.numbers import LIFETIME_UNIT, Status


class Respondent:
    """Answers sDBUs out of the lists of those who left, and dDBUs for those who are here."""

    def __init__(
        self,
        config: MaarConfig,
        directory: Directory,
        keeper: Keeper,
        peers: Peers,
        messages: Messages,
        binder: Binder,
    ) -> None:
        self._own = config.address
        self._directory = directory
        self._keeper = keeper
        self._peers = peers
        self._messages = messages
        self._binder = binder
        self._postponed: dict[Visit, dict[Address, Update]] = {}
        self.on_wanted: Callable[[Visit], list[Action]] = lambda visit: []

    def updated(self, event: MessageReceived, message: BindingUpdate, now: float) -> list[Action]:
        """Take an sDBU or dDBU."""
        source = {"source": spelled(event.source), "sequence": message.sequence}
        update = self._messages.read_update(message)
        if isinstance(update, str):
            return [Drop(update, source)]
        fault = self._peers.fault(event, event.source, now)
        if fault:
            return [Drop(fault, source)]
        if not self._peers.is_new(event.source, update.sequence):
            dropped = Drop("sequence number of an earlier update", source)
            return [dropped, self._out_of_window(event.source, update, now)]
        if update.far:
            return self._told(event.source, update, now)
        return self._asked(event.source, update, now)

    # --- step 6 -------------------------------------------------------------------------------

    def _asked(self, maar: Address, update: Update, now: float) -> list[Action]:
        visit = self._keeper.visits.get(update.identifier)
        if visit is None:
            return self._repeat(maar, update, now)
        if update.stamp < stamp_of(visit.attached_at):
            status = int(Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)
            return [self._answer(maar, update, status, _bare(update), now)]
        if visit.fetching:
            self._postponed.setdefault(visit, {})[maar] = update
            return self.on_wanted(visit)
        return self._hand_over(maar, update, visit, now)

    def fetched(self, visit: Visit, now: float) -> list[Action]:
        """Answer those who have asked for lists that have only now come here themselves."""
        actions: list[Action] = []
        for maar, update in self._postponed.pop(visit, {}).items():
            actions += self._asked(maar, update, now)
        return actions

    def forget(self, visit: Visit) -> None:
        """Nobody is answered out of this visitor's lists any more."""
        self._postponed.pop(visit, None)

    def _hand_over(self, maar: Address, update: Update, visit: Visit, now: float) -> list[Action]:
        sessions = [
            Located(pair, self._location(visit, pair) if self._owned(update, pair) else None)
            for pair, _ in update.sessions
        ]
        answer = self._answer(maar, update, _status(sessions), sessions, now)
        if not isinstance(visit.state, Left):
            # Its link is still up: an update that was forged must not take it from the node.
            visit.taken_by = maar
            return [answer]
        return [answer, *self.release(visit, maar, now)]

    def release(self, visit: Visit, maar: Address, now: float) -> list[Action]:
        """Release both lists of a node that has left, after the answer (step 6)."""
        for session in visit.sessions.values():
            self._binder.drop(session)
        self._keeper.release(visit, maar, now)
        return [Record("binding_released", {"node": visit.identifier, "maar": spelled(maar)})]

    def _repeat(self, maar: Address, update: Update, now: float) -> list[Action]:
        """The lists are gone: their new keeper gets the same answer, others learn who it is."""
        release = self._keeper.released(update.identifier)
        if release is not None and release.to != maar:
            sessions = [Located(pair, release.to) for pair, _ in update.sessions]
            status = int(Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE)
            return [self._answer(maar, update, status, sessions, now)]
        sessions = [
            Located(pair, self._released_location(release, pair, now))
            for pair, _ in update.sessions
        ]
        return [self._answer(maar, update, _status(sessions), sessions, now)]

    def _location(self, visit: Visit, pair: Pair) -> Address | None:
        session = visit.sessions.get(pair)
        if session is not None and session.stage is Stage.LOST:
            return None
        other = self._keeper.homes.get(pair.correspondent)
        if other is not None and other.served:
            return self._own
        entry = visit.internal.get(pair.correspondent)
        return entry.maar if entry else self._keeper.whereabouts(pair.correspondent)

    def _released_location(self, release: Release | None, pair: Pair, now: float) -> Address | None:
        if release is None or now >= release.answers_until:
            return self._keeper.whereabouts(pair.correspondent)
        if pair in release.lost:
            return None
        known = release.internal.get(pair.correspondent)
        return known or self._keeper.whereabouts(pair.correspondent)

    def _owned(self, update: Update, pair: Pair) -> bool:
        return self._directory.owns(update.identifier, pair.home)

    # --- step 8 -------------------------------------------------------------------------------

    def _told(self, maar: Address, update: Update, now: float) -> list[Action]:
        (home, correspondent), _ = update.sessions[0]
        visit = self._keeper.homes.get(correspondent)
        if visit is None:
            elsewhere = self._keeper.where_went(correspondent)
            status = int(Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE)
            sessions = [Located(update.sessions[0].pair, elsewhere)]
            return [self._answer(maar, update, status, sessions, now)]
        pair = Pair(correspondent, home)
        status = self._judge(maar, update, visit, pair)
        answer = self._answer(maar, update, status, _bare(update), now)
        if status != Status.ACCEPTED:
            return [answer]
        if update.lifetime == 0:
            return [*self._taken_back(maar, visit, pair, now), answer]
        actions = self._keeper.note(visit, pair, maar, now, stamp=update.stamp)
        entry = visit.internal[home]
        self._keeper.keep(entry, now, answer.message.lifetime * LIFETIME_UNIT)
        return [*actions, answer, *self._binder.told(visit, pair, maar, now)]

    def _judge(self, maar: Address, update: Update, visit: Visit, pair: Pair) -> int:
        anchor = self._directory.anchor_of(pair.correspondent)
        here = self._keeper.homes.get(pair.correspondent)
        fixed = here is not None and is_host(here)
        if update.maar != maar or anchor is None or fixed or len(update.sessions) > 1:
            return int(Status.ADMINISTRATIVELY_PROHIBITED)
        entry = visit.internal.get(pair.correspondent)
        if entry is not None and update.stamp < entry.stamp:
            return int(Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)
        if not self._keeper.has_room(visit, pair.correspondent):
            return int(Status.INSUFFICIENT_RESOURCES)
        return int(Status.ACCEPTED)

    def _taken_back(self, maar: Address, visit: Visit, pair: Pair, now: float) -> list[Action]:
        entry = visit.internal.get(pair.correspondent)
        if entry is None or entry.maar != maar:
            return []
        return self._keeper.strike(visit, pair, now)

    # --- answers ------------------------------------------------------------------------------

    def _answer(
        self, maar: Address, update: Update, status: int, sessions: list[Located], now: float
    ) -> SendMessage:
        answer = self._messages.acknowledgement(update, status, sessions)
        return SendMessage(self._peers.sign(answer, maar, now), self._own, maar)

    def _out_of_window(self, maar: Address, update: Update, now: float) -> SendMessage:
        """RFC 6275 §9.5.1: say which number was accepted last, for a MAAR that has restarted."""
        status = int(Status.SEQUENCE_NUMBER_OUT_OF_WINDOW)
        number = self._peers.highest(maar)
        answer = self._messages.acknowledgement(update, status, _bare(update), number)
        return SendMessage(self._peers.sign(answer, maar, now), self._own, maar)


def _bare(update: Update) -> list[Located]:
    return [Located(located.pair) for located in update.sessions]


def _status(sessions: list[Located]) -> int:
    known = any(located.maar is not None for located in sessions)
    return int(Status.ACCEPTED if known else Status.REASON_UNSPECIFIED)
