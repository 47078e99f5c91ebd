"""Steps 1 to 4: a node comes, the AAA server says from where, and it gets its address."""

from __future__ import annotations

from agents.core.actions import Action, Drop, Record
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.link_layer import sender_link_layer
from agents.core.text import link_layer_text, spelled
from agents.romip.binder import Binder
from agents.romip.config import MaarConfig
from agents.romip.directory import Directory, assigned_address
from agents.romip.fetcher import Fetcher
from agents.romip.keeper import Keeper
from agents.romip.lists import (
    Answered,
    Asking,
    Left,
    Pair,
    Place,
    Refused,
    Report,
    Served,
    Session,
    Visit,
    Waiting,
)
from agents.romip.questions import Questions, is_final
from agents.romip.respondent import Respondent
from agents.romip.solicitation import (
    Solicitation,
    advertisement,
    read_solicitation,
)
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.diameter import SUCCESS, AaAnswer

SESSIONS_PER_NODE = 4096
"""Sessions that one node may list."""

REFUSED_FOR = 5.0
"""Seconds after which a node that the AAA server refused may be asked about again."""


class Attachments:
    """Takes nodes in, and lets them go."""

    def __init__(
        self,
        config: MaarConfig,
        directory: Directory,
        keeper: Keeper,
        fetcher: Fetcher,
        binder: Binder,
        respondent: Respondent,
    ) -> None:
        self._config = config
        self._directory = directory
        self._keeper = keeper
        self._fetcher = fetcher
        self._binder = binder
        self._respondent = respondent
        self._questions = Questions(config)
        self._deadlines: Deadlines[Visit] = Deadlines()
        self.deadline = self._deadlines.next
        self.start = self._questions.start
        respondent.on_wanted = self._questions.ask_for_next

    def tick(self, now: float) -> list[Action]:
        """Ask the AAA server again, and delete what nobody has asked for."""
        actions: list[Action] = []
        for visit in self._deadlines.due(now):
            match visit.state:
                case Asking():
                    actions += self._questions.ask_again(visit, now)
                    self._await(visit)
                case Left():
                    actions += self._forget(visit)
        return actions

    # --- links --------------------------------------------------------------------------------

    def link_up(self, interface: str, link_layer: bytes, now: float) -> list[Action]:
        """Note a node that has attached: it says by a solicitation which sessions it has."""
        identifier = self._directory.node_of(link_layer)
        where = {"interface": interface, "link_layer_address": link_layer_text(link_layer)}
        if identifier is None:
            return [Drop("node without a profile", where)]
        if interface not in self._config.access:
            return [Drop("not an access interface", where)]
        visit = self._keeper.visits.get(identifier)
        here = visit is not None and visit.place is not None
        if here and visit is not None and _same(visit.place, interface, link_layer):
            return []
        actions: list[Action] = []
        if visit is None:
            visit = self._keeper.visits[identifier] = Visit(identifier, None)
        elif visit.served:
            actions += self._keeper.close(visit, now)
            self._binder.pause(visit)
        self._deadlines.clear(visit)
        visit.place, visit.state = Place(interface, link_layer), Waiting()
        return [*actions, Record("attached", {"node": identifier, **where})]

    def link_down(self, interface: str, link_layer: bytes, now: float) -> list[Action]:
        """Keep the lists of a node that has left for the MAAR that will ask for them."""
        identifier = self._directory.node_of(link_layer)
        visit = self._keeper.visits.get(identifier or "")
        if visit is None or not _same(visit.place, interface, link_layer):
            return []
        where = {"interface": interface, "link_layer_address": link_layer_text(link_layer)}
        actions: list[Action] = [Record("detached", {"node": visit.identifier, **where})]
        if visit.served:
            actions += self._keeper.close(visit, now)
        visit.place = None
        state, visit.state = visit.state, Left()
        self._deadlines.set(visit, now + self._config.lifetime)
        self._binder.pause(visit)
        if visit.taken_by is not None:
            return actions + self._respondent.release(visit, visit.taken_by, now)
        if isinstance(state, Answered):
            return actions + self._fetch_for_next(visit, state.previous, now)
        if visit.request is None and not visit.homes:
            return actions + self._forget(visit)
        return actions

    # --- step 1 -------------------------------------------------------------------------------

    def solicited(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a solicitation for what it says of the node whose frame it was in."""
        link_layer = sender_link_layer(event)
        identifier = self._directory.node_of(link_layer)
        where = {"interface": event.interface, "link_layer_address": link_layer_text(link_layer)}
        said = read_solicitation(event.message)
        if isinstance(said, str):
            return [Drop(said, where)]
        if event.source == UNSPECIFIED:
            return [Drop("solicitation without an address to answer to", where)]
        if identifier is not None and said.identifier not in (None, identifier):
            return [Drop("solicitation in the name of another node", where)]
        actions = self.link_up(event.interface, link_layer, now)
        visit = self._keeper.visits.get(identifier or "")
        if visit is None or not _same(visit.place, event.interface, link_layer):
            return actions
        if not visit.allowance.take(now):
            return [*actions, Drop("too many solicitations", where)]
        visit.place = Place(event.interface, link_layer, event.source)
        actions += self._take(visit, said)
        return actions + self._proceed(visit, now)

    def _take(self, visit: Visit, said: Solicitation) -> list[Action]:
        """Put a part of a list to the other parts of the same list."""
        pairs = [pair for pair in said.pairs if self._directory.owns(visit.identifier, pair.home)]
        report = visit.report
        if said.parts == 1 or (report.generation, report.parts) != (said.generation, said.parts):
            report = visit.report = Report(said.generation, said.parts)
        others = (len(part) for index, part in report.pairs.items() if index != said.part)
        room = SESSIONS_PER_NODE - sum(others)
        report.pairs[said.part] = tuple(pairs[:room])
        if len(pairs) == len(said.pairs) and len(pairs) <= room:
            return []
        reason = "home address of another node" if len(pairs) <= room else "too many sessions"
        return [Drop(reason, {"node": visit.identifier})]

    def _proceed(self, visit: Visit, now: float) -> list[Action]:
        match visit.state:
            case Waiting():
                return self._begin(visit, now)
            case Refused(until) if now >= until:
                return self._begin(visit, now)
            case Answered(previous) if visit.report.complete:
                return self._serve(visit, previous, now)
            case Served() if visit.report.complete:
                return [*self._advertise(visit), *self._revise(visit, now)]
        return []

    # --- steps 2 and 3 ------------------------------------------------------------------------

    def _begin(self, visit: Visit, now: float) -> list[Action]:
        visit.attached_at, visit.taken_by = now, None
        actions = self._questions.ask(visit, now)
        self._await(visit)
        return actions

    def _await(self, visit: Visit) -> None:
        assert isinstance(visit.state, Asking)
        self._deadlines.set(visit, visit.state.retransmission.at)

    def answered(self, source: Address, answer: AaAnswer, now: float) -> list[Action]:
        """Take the AAA server's answer, also for a node that has left meanwhile."""
        visit = self._questions.asked_in(source, answer)
        if visit is None:
            return [Drop("answer to no request", {"session": answer.session})]
        details = {"node": visit.identifier, "result": answer.result}
        if not is_final(answer.result):
            return [Drop("AAA server cannot answer now", details)]
        self._questions.forget(visit)
        asking = isinstance(visit.state, Asking)
        if asking:
            self._deadlines.clear(visit)
        if answer.result != SUCCESS:
            if asking:
                visit.state = Refused(visit.attached_at + REFUSED_FOR)
            return [Record("binding_rejected", {**details, "status": answer.result})]
        if not asking:
            return self._fetch_for_next(visit, answer.previous, now)
        visit.state = Answered(answer.previous)
        return self._proceed(visit, now)

    def _fetch_for_next(self, visit: Visit, previous: Address, now: float) -> list[Action]:
        """The node is gone, and the next MAAR will be told to ask this one."""
        self._adopt(visit)
        if not _is_handover(previous, self._config.address) or not visit.sessions:
            return self._respondent.fetched(visit, now)
        return self._fetcher.fetch(visit, previous, now)

    # --- step 4 -------------------------------------------------------------------------------

    def _serve(self, visit: Visit, previous: Address, now: float) -> list[Action]:
        assert visit.place is not None
        prefix = self._config.access[visit.place.interface]
        assigned = assigned_address(prefix, visit.place.link_layer)
        known = set(visit.sessions)
        over = self._adopt(visit)
        visit.state = Served()
        self._keeper.serve(visit, assigned, [pair.home for pair in visit.sessions], now)
        details = {"node": visit.identifier, "address": spelled(assigned)}
        actions = self._keeper.open(visit, visit.place, now)
        actions += [*self._advertise(visit), Record("address_assigned", details)]
        for session in over:
            actions += self._binder.end(session, now)
        if _is_handover(previous, self._config.address):
            actions += self._fetcher.fetch(visit, previous, now)
        else:
            actions += self._recover(visit, known, now)
        return actions + ([] if visit.fetching else self._respondent.fetched(visit, now))

    def _recover(self, visit: Visit, known: set[Pair], now: float) -> list[Action]:
        """There is nobody to ask: what this MAAR does not know is what it has forgotten."""
        actions = self._binder.resume(visit, now)
        for pair, session in visit.sessions.items():
            if pair not in known:
                actions += self._binder.settle(session, None, now)
        return actions

    def _advertise(self, visit: Visit) -> list[Action]:
        assert visit.place is not None and visit.assigned is not None
        prefix = self._config.access[visit.place.interface]
        return [advertisement(self._config, prefix, visit.place, visit.assigned)]

    # --- sessions -----------------------------------------------------------------------------

    def _adopt(self, visit: Visit) -> list[Session]:
        """Make the sessions of a visit those that the node has listed; return what is over."""
        listed = dict.fromkeys(visit.report)
        over = [session for pair, session in visit.sessions.items() if pair not in listed]
        for session in over:
            self._binder.drop(session)
            del visit.sessions[session.pair]
        for pair in listed:
            if pair not in visit.sessions:
                visit.sessions[pair] = Session(visit, pair)
        return over

    def _revise(self, visit: Visit, now: float) -> list[Action]:
        """An attached node lists its sessions anew: some have begun, some are over."""
        known = set(visit.sessions)
        actions: list[Action] = []
        for session in self._adopt(visit):
            actions += self._binder.end(session, now)
        used = {pair.home for pair in visit.sessions}
        for home in [home for home in visit.external if home not in used]:
            actions += self._keeper.give_back(visit, home, now)
        for pair, session in visit.sessions.items():
            if pair not in known and pair.home != visit.assigned:
                if pair.home not in visit.external:
                    actions += self._keeper.add_home(visit, pair.home, now)
                actions += self._binder.settle(session, None, now)
        return actions

    def _forget(self, visit: Visit) -> list[Action]:
        for session in visit.sessions.values():
            self._binder.drop(session)
        self._deadlines.clear(visit)
        self._questions.forget(visit)
        self._respondent.forget(visit)
        self._keeper.forget(visit)
        return [Record("binding_expired", {"node": visit.identifier})] if visit.sessions else []


def _same(place: Place | None, interface: str, link_layer: bytes) -> bool:
    return place is not None and (place.interface, place.link_layer) == (interface, link_layer)


def _is_handover(previous: Address, own: Address) -> bool:
    """Say whether the AAA server's answer names another MAAR (draft-ma §3.1)."""
    return previous not in (UNSPECIFIED, own)
