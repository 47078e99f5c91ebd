"""How a mobile node finds the home proxies of a domain (draft-liu §4.3, §5.1.3)."""

from __future__ import annotations

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived, Resolved
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.dmipv6.inquiry import ANSWERS, Asking, Found, Inquiry, Question, Resolving, Waiting
from agents.dmipv6.names import Names
from agents.dmipv6.seeker_config import Discovery, SeekerConfig, Zone
from agents.dmipv6.selection import Requirements
from agents.dmipv6.whereabouts import Whereabouts
from agents.wire.address import Address
from agents.wire.dmipv6_messages import DhpRecord

MOST_RECORDS = 256
"""Home proxies of one search that are looked at."""

_NEVER = float("-inf")


class Finder:
    """All searches of one mobile node; those that ask the same are one."""

    def __init__(self, config: SeekerConfig, place: Whereabouts, node: str) -> None:
        self._config = config
        self._place = place
        self._node = node
        self._names = Names(config.name_lifetime)
        self._inquiries: dict[Question, Inquiry] = {}
        self._failed: dict[Question, float] = {}
        self._due: Deadlines[Question] = Deadlines()
        self.deadline = self._due.next

    def find(
        self,
        zone: Zone,
        destination: Address,
        requirements: Requirements,
        now: float,
        found: Found,
    ) -> list[Action]:
        """Look for the home proxies of ``zone``, for a flow to ``destination``; tell ``found``."""
        question = self._question(zone, destination, requirements)
        if now < self._failed.get(question, _NEVER):
            return found([], "no home proxy answered lately", now)
        inquiry = self._inquiries.get(question)
        if inquiry is None:
            inquiry = self._inquiries[question] = Inquiry(question, Resolving(""), [found])
            return self._begin(inquiry, now)
        inquiry.waiting.append(found)
        return []

    def withdraw(self, found: Found, now: float) -> list[Action]:
        """Tell ``found`` nothing any more; a search that nobody waits for ends."""
        for inquiry in tuple(self._inquiries.values()):
            if found in inquiry.waiting:
                inquiry.waiting.remove(found)
                return [] if inquiry.waiting else self._leave(inquiry, now)
        return []

    def resolved(self, event: Resolved, now: float) -> list[Action]:
        """Take the answer of a name server."""
        if not self._names.settles(event, now):
            return []
        actions: list[Action] = []
        for inquiry in tuple(self._inquiries.values()):
            if inquiry.state != Resolving(event.name):
                continue
            if event.addresses:
                actions += self._ask(inquiry, event.addresses[0], now)
            else:
                why = "no such name" if event.answered else "no name server answered"
                actions += self._give_up(inquiry, why, now)
        return actions

    def answered(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an acknowledgement or response to a query."""
        inquiry = self._asked(event)
        if inquiry is None:
            return [Drop("answer to no query", {"source": spelled(event.source)})]
        assert isinstance(inquiry.state, Asking)
        records = self._usable(inquiry, event)
        if self._config.discovery is not Discovery.MULTICAST:
            why = "" if records else "the answer names no home proxy"
            return self._finish(inquiry, records, why, now)
        if len(inquiry.state.heard) < MOST_RECORDS:
            inquiry.state.heard.update({record.address: record for record in records})
        self._due.set(inquiry.question, inquiry.state.due_at)
        return []

    def moved(self, now: float) -> list[Action]:
        """Ask again from a new care-of address: answers to the old one are lost."""
        actions: list[Action] = []
        for inquiry in tuple(self._inquiries.values()):
            if isinstance(inquiry.state, Asking):
                actions += self._query(inquiry, inquiry.state.peer)
            elif isinstance(inquiry.state, Resolving):
                actions += self._resolve(inquiry, inquiry.state.name, now, anew=True)
        return actions

    def tick(self, now: float) -> list[Action]:
        """Use what was collected, ask again, or give up."""
        actions: list[Action] = []
        for question in self._due.due(now):
            inquiry = self._inquiries[question]
            assert isinstance(inquiry.state, Asking)
            actions += self._late(inquiry, inquiry.state, now)
        return actions

    def _question(self, zone: Zone, destination: Address, requirements: Requirements) -> Question:
        if self._config.discovery is Discovery.SERVER_PASSIVE:
            return Question(zone, requirements)
        if self._config.discovery is Discovery.CORRESPONDENT:
            return Question(zone, None, destination)
        return Question(zone)

    def _begin(self, inquiry: Inquiry, now: float) -> list[Action]:
        if inquiry.question.correspondent is not None:
            return self._ask(inquiry, inquiry.question.correspondent, now)
        name = inquiry.question.zone.host(self._config.discovery)
        address = self._names.known(name, now)
        if address is not None:
            return self._ask(inquiry, address, now)
        inquiry.state = Resolving(name)
        return self._resolve(inquiry, name, now, anew=False)

    def _resolve(self, inquiry: Inquiry, name: str, now: float, *, anew: bool) -> list[Action]:
        source = self._place.care_of
        if source is None:
            return []
        return self._names.ask(name, inquiry.question.zone.name_server, source, anew=anew)

    def _ask(self, inquiry: Inquiry, peer: Address, now: float) -> list[Action]:
        if any(_asks(other, peer) for other in self._inquiries.values()):
            inquiry.state = Waiting(peer)
            return []
        retry = Retransmission.after(now, self._config.query_timeout)
        inquiry.state = Asking(peer, retry, now + self._config.collect)
        self._due.set(inquiry.question, inquiry.state.due_at)
        return self._query(inquiry, peer)

    def _query(self, inquiry: Inquiry, peer: Address) -> list[Action]:
        """Send the query, if there is an address to send it from.

        A correspondent is asked from the home address: it is not to learn the care-of address.
        """
        place = self._place
        to_correspondent = inquiry.question.correspondent is not None
        source = place.home_address if to_correspondent else place.care_of
        if source is None:
            return []
        query = inquiry.question.query(self._config.discovery)
        multicast = self._config.discovery is Discovery.MULTICAST
        interface = place.interface if multicast else ""
        details = {"node": self._node, "message": type(query).__name__, "to": spelled(peer)}
        return [SendMessage(query, source, peer, interface), Record("query_sent", details)]

    def _asked(self, event: MessageReceived) -> Inquiry | None:
        """Return the search that an answer is for.

        One to an anycast or multicast query comes from any home proxy of the domain.
        """
        if type(event.message) is not ANSWERS[self._config.discovery]:
            return None
        by_domain = self._config.discovery in (Discovery.ANYCAST, Discovery.MULTICAST)
        for inquiry in self._inquiries.values():
            if not isinstance(inquiry.state, Asking):
                continue
            in_domain = inquiry.question.zone.prefix.contains(event.source)
            if in_domain if by_domain else event.source == inquiry.state.peer:
                return inquiry
        return None

    def _usable(self, inquiry: Inquiry, event: MessageReceived) -> list[DhpRecord]:
        """Return the home proxies of the domain that an answer names; to a group, its sender."""
        records: tuple[DhpRecord, ...] = event.message.records[:MOST_RECORDS]
        inside = [r for r in records if inquiry.question.zone.prefix.contains(r.address)]
        if self._config.discovery is Discovery.MULTICAST:
            return [record for record in inside if record.address == event.source]
        return inside

    def _late(self, inquiry: Inquiry, asking: Asking, now: float) -> list[Action]:
        if asking.heard:
            return self._finish(inquiry, list(asking.heard.values()), "", now)
        if asking.tries >= self._config.query_tries:
            return self._give_up(inquiry, "no home proxy answered", now)
        asking.tries += 1
        asking.retry = asking.retry.again(now, float("inf"))
        self._due.set(inquiry.question, asking.due_at)
        return self._query(inquiry, asking.peer)

    def _leave(self, inquiry: Inquiry, now: float) -> list[Action]:
        """What was repeated in vain is not asked again at once, even if time was too short."""
        if isinstance(inquiry.state, Asking) and inquiry.state.tries > 1:
            return self._give_up(inquiry, "", now)
        return self._finish(inquiry, [], "", now)

    def _give_up(self, inquiry: Inquiry, why: str, now: float) -> list[Action]:
        """Nobody answers: do not ask again at once for the next flow."""
        for question in [q for q, until in self._failed.items() if until <= now]:
            del self._failed[question]
        self._failed[inquiry.question] = now + self._config.negative_cache
        return self._finish(inquiry, [], why, now)

    def _finish(
        self, inquiry: Inquiry, records: list[DhpRecord], why: str, now: float
    ) -> list[Action]:
        """Tell all who wait; the next question to the same peer can be asked now."""
        del self._inquiries[inquiry.question]
        self._due.clear(inquiry.question)
        actions: list[Action] = []
        if records:
            proxies = [spelled(record.address) for record in records]
            actions.append(Record("query_answered", {"node": self._node, "proxies": proxies}))
        for found in inquiry.waiting:
            actions += found(records, why, now)
        return actions + self._next(inquiry, now)

    def _next(self, finished: Inquiry, now: float) -> list[Action]:
        peer = finished.state.peer if isinstance(finished.state, Asking) else None
        for inquiry in self._inquiries.values():
            if isinstance(inquiry.state, Waiting) and inquiry.state.peer == peer:
                return self._ask(inquiry, inquiry.state.peer, now)
        return []


def _asks(inquiry: Inquiry, peer: Address) -> bool:
    return isinstance(inquiry.state, Asking) and inquiry.state.peer == peer
