"""Steps 1 to 4: a node comes, the AAA server says from where, and it gets its address."""

from __future__ import annotations

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.retransmission import Retransmission
from agents.core.text import link_layer_text, spelled
from agents.romip.config import MaarConfig
from agents.romip.directory import Directory, assigned_address
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
from agents.romip.mover import Mover, is_handover
from agents.romip.respondent import Respondent
from agents.romip.solicitation import (
    Solicitation,
    advertisement,
    link_layer_source,
    read_solicitation,
)
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.diameter import REALM_NOT_SERVED, SUCCESS, AaAnswer, AaRequest

SESSIONS_PER_NODE = 4096
"""Sessions that one node may list."""

REFUSED_FOR = 5.0
"""Seconds after which a node that the AAA server refused may be asked about again."""

_PERMANENT = 5000  # RFC 6733 §7.1.5: these failures will not pass; 3xxx and 4xxx may


class Attachments:
    """Takes nodes in, and lets them go."""

    def __init__(
        self,
        config: MaarConfig,
        directory: Directory,
        keeper: Keeper,
        mover: Mover,
        respondent: Respondent,
    ) -> None:
        self._config = config
        self._directory = directory
        self._keeper = keeper
        self._mover = mover
        self._respondent = respondent
        self._requests: dict[str, Visit] = {}
        self._deadlines: Deadlines[Visit] = Deadlines()
        self._epoch = 0
        respondent.on_wanted = self.ask_for_next
        self._asked = 0
        self.deadline = self._deadlines.next

    def start(self, now: float) -> None:
        """Tell the Session-Ids of this agent from those of an earlier one (RFC 6733 §8.8)."""
        self._epoch = int(now * 1000) & 0xFFFFFFFF

    def tick(self, now: float) -> list[Action]:
        """Ask the AAA server again, and delete what nobody has asked for."""
        actions: list[Action] = []
        for visit in self._deadlines.due(now):
            match visit.state:
                case Asking(retransmission):
                    again = retransmission.again(now, self._config.max_timeout)
                    actions += self._ask(visit, again)
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
            self._mover.pause(visit)
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
        self._mover.pause(visit)
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
        link_layer = link_layer_source(event)
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
        visit.place = Place(event.interface, link_layer, event.source)
        actions += self._take(visit, said)
        return actions + self._proceed(visit, now)

    def _take(self, visit: Visit, said: Solicitation) -> list[Action]:
        """Put a part of a list to the other parts of the same list."""
        pairs = [pair for pair in said.pairs if self._directory.owns(visit.identifier, pair.home)]
        report = visit.report
        if (report.generation, report.parts) != (said.generation, said.parts) or report.complete:
            report = visit.report = Report(said.generation, said.parts)
        room = SESSIONS_PER_NODE - sum(len(part) for part in report.pairs.values())
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
        """Ask the AAA server; a question that was not answered is asked again, not anew."""
        visit.attached_at, visit.taken_by = now, None
        if visit.request is None:
            visit.request = self._question(visit)
            self._requests[visit.request.session] = visit
        wait = Retransmission.after(now, self._config.initial_timeout)
        details = {"node": visit.identifier, "session": visit.request.session}
        return [*self._ask(visit, wait), Record("query_sent", details)]

    def _question(self, visit: Visit) -> AaRequest:
        self._asked += 1
        config = self._config
        session = f"{config.origin_host};{self._epoch};{self._asked}"
        return AaRequest(
            session,
            visit.identifier,
            config.address,
            config.origin_host,
            config.realm,
            config.aaa_realm,
        )

    def _ask(self, visit: Visit, wait: Retransmission) -> list[Action]:
        visit.state = Asking(wait)
        self._deadlines.set(visit, wait.at)
        return [SendMessage(visit.request, self._config.address, self._config.aaa)]

    def ask_for_next(self, visit: Visit) -> list[Action]:
        """The next MAAR of a node that has left wants to know what the AAA server has said."""
        if visit.request is None or not isinstance(visit.state, Left):
            return []
        return [SendMessage(visit.request, self._config.address, self._config.aaa)]

    def answered(self, source: Address, answer: AaAnswer, now: float) -> list[Action]:
        """Take the AAA server's answer, also for a node that has left meanwhile."""
        visit = self._requests.get(answer.session)
        asked = visit is not None and answer.user == visit.identifier
        if visit is None or not asked or source != self._config.aaa:
            return [Drop("answer to no request", {"session": answer.session})]
        if answer.result != SUCCESS:
            return self._refused(visit, answer)
        del self._requests[answer.session]
        visit.request = None
        if not isinstance(visit.state, Asking):
            return self._fetch_for_next(visit, answer.previous, now)
        self._deadlines.clear(visit)
        visit.state = Answered(answer.previous)
        return self._proceed(visit, now)

    def _refused(self, visit: Visit, answer: AaAnswer) -> list[Action]:
        details = {"node": visit.identifier, "result": answer.result}
        if answer.result < _PERMANENT and answer.result != REALM_NOT_SERVED:
            return [Drop("AAA server cannot answer now", details)]
        del self._requests[answer.session]
        visit.request = None
        if isinstance(visit.state, Asking):
            self._deadlines.clear(visit)
            visit.state = Refused(visit.attached_at + REFUSED_FOR)
        return [Record("binding_rejected", {**details, "status": answer.result})]

    def _fetch_for_next(self, visit: Visit, previous: Address, now: float) -> list[Action]:
        """The node is gone, and the next MAAR will be told to ask this one."""
        self._adopt(visit)
        if not is_handover(previous, self._config.address) or not visit.sessions:
            return self._respondent.fetched(visit, now)
        return self._mover.fetch(visit, previous, now)

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
            actions += self._mover.end(session, now)
        if is_handover(previous, self._config.address):
            actions += self._mover.fetch(visit, previous, now)
        else:
            actions += self._recover(visit, known, now)
        return actions + ([] if visit.fetching else self._respondent.fetched(visit, now))

    def _recover(self, visit: Visit, known: set[Pair], now: float) -> list[Action]:
        """There is nobody to ask: what this MAAR does not know is what it has forgotten."""
        actions = self._mover.resume(visit, now)
        for pair, session in visit.sessions.items():
            if pair not in known:
                actions += self._mover.settle(session, None, now)
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
            self._mover.drop(session)
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
            actions += self._mover.end(session, now)
        used = {pair.home for pair in visit.sessions}
        for home in [home for home in visit.external if home not in used]:
            actions += self._keeper.give_back(visit, home, now)
        for pair, session in visit.sessions.items():
            if pair not in known and pair.home != visit.assigned:
                if pair.home not in visit.external:
                    actions += self._keeper.add_home(visit, pair.home, now)
                actions += self._mover.settle(session, None, now)
        return actions

    def _forget(self, visit: Visit) -> list[Action]:
        for session in visit.sessions.values():
            self._mover.drop(session)
        self._deadlines.clear(visit)
        if visit.request is not None:
            self._requests.pop(visit.request.session, None)
        self._respondent.forget(visit)
        self._keeper.forget(visit)
        return [Record("binding_expired", {"node": visit.identifier})] if visit.sessions else []


def _same(place: Place | None, interface: str, link_layer: bytes) -> bool:
    return place is not None and (place.interface, place.link_layer) == (interface, link_layer)
