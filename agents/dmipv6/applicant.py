"""How a mobile node asks home proxies for home addresses (draft-liu §4.4, §5.1.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agents.core.actions import Action, Drop, SendMessage
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.dmipv6.seeker_config import SeekerConfig
from agents.dmipv6.whereabouts import Whereabouts
from agents.mipv6.reachability import is_routable
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.dmipv6_messages import DhoaRequest

Given = Callable[[Address | None, str, float], list[Action]]
"""Told the outcome of a request: the DHoA, why there is none, and the time."""

PATIENCE = 0.5
"""Share of the time that a flow has in which a home proxy must answer: then another is tried."""


@dataclass(slots=True, eq=False)
class Requests:
    """The requests to one home proxy: the first was sent, the others wait for their turn.

    Responses do not tell which request they answer. ``granted`` while the address of the last
    response is not bound: until then the home proxy would give the same one again.
    """

    waiting: list[Given] = field(default_factory=list)
    retry: Retransmission = Retransmission(0.0, 0.0)  # noqa: RUF009 - a NamedTuple
    give_up_at: float = 0.0
    granted: Address | None = None


class Applicant:
    """All requests of one mobile node; ``is_ours`` tells addresses that it has already."""

    def __init__(
        self, config: SeekerConfig, place: Whereabouts, is_ours: Callable[[Address], bool]
    ) -> None:
        self._config = config
        self._place = place
        self._is_ours = is_ours
        self._requests: dict[Address, Requests] = {}
        self._due: Deadlines[Address] = Deadlines()
        self.deadline = self._due.next

    def apply(self, proxy: Address, given: Given, now: float) -> list[Action]:
        """Ask ``proxy`` for a DHoA, and tell ``given`` what comes of it."""
        requests = self._requests.setdefault(proxy, Requests())
        requests.waiting.append(given)
        if len(requests.waiting) == 1 and requests.granted is None:
            return self._begin(proxy, requests, now)
        return []

    def withdraw(self, given: Given, now: float) -> list[Action]:
        """Tell ``given`` nothing any more."""
        for proxy, requests in tuple(self._requests.items()):
            if given in requests.waiting:
                first = requests.waiting[0] == given
                requests.waiting.remove(given)
                return self._continue(proxy, requests, now) if first else []
        return []

    def settled(self, proxy: Address, address: Address, now: float) -> list[Action]:
        """Take note that ``address`` of ``proxy`` is bound, or given up: the next one may ask."""
        requests = self._requests.get(proxy)
        if requests is None or requests.granted != address:
            return []
        requests.granted = None
        return self._continue(proxy, requests, now)

    def answered(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a response to a request: an address, or :: for none."""
        requests = self._requests.get(event.source)
        if requests is None or requests.granted is not None or not requests.waiting:
            return [Drop("response to no request", {"source": spelled(event.source)})]
        address = event.message.address
        if address == UNSPECIFIED:
            return self._tell(event.source, None, "no address was given", now)
        if self._is_ours(address):
            return []  # to an earlier request, once more; the one that waits is repeated
        if not is_routable(address):
            return [Drop("address that nobody can have", {"address": spelled(address)})]
        requests.granted = address
        return self._tell(event.source, address, "", now)

    def moved(self, now: float) -> list[Action]:
        """Ask again from a new care-of address: responses to the old one are lost."""
        open_ = [(p, r) for p, r in self._requests.items() if r.waiting and r.granted is None]
        return [action for proxy, _ in open_ for action in self._send(proxy)]

    def tick(self, now: float) -> list[Action]:
        """Repeat requests, or give up."""
        actions: list[Action] = []
        for proxy in self._due.due(now):
            requests = self._requests[proxy]
            if now >= requests.give_up_at:
                actions += self._give_up(proxy, now)
                continue
            requests.retry = requests.retry.again(now, float("inf"))
            self._due.set(proxy, min(requests.retry.at, requests.give_up_at))
            actions += self._send(proxy)
        return actions

    def _begin(self, proxy: Address, requests: Requests, now: float) -> list[Action]:
        requests.retry = Retransmission.after(now, self._config.query_timeout)
        requests.give_up_at = now + self._config.open_timeout * PATIENCE
        self._due.set(proxy, min(requests.retry.at, requests.give_up_at))
        return self._send(proxy)

    def _send(self, proxy: Address) -> list[Action]:
        source = self._place.care_of
        return [] if source is None else [SendMessage(DhoaRequest(), source, proxy)]

    def _give_up(self, proxy: Address, now: float) -> list[Action]:
        waiting = self._requests.pop(proxy).waiting
        why = "the home proxy does not answer"
        return [action for given in waiting for action in given(None, why, now)]

    def _tell(self, proxy: Address, address: Address | None, why: str, now: float) -> list[Action]:
        requests = self._requests[proxy]
        given = requests.waiting.pop(0)
        actions = given(address, why, now)
        if requests.granted is not None:
            self._due.clear(proxy)
            return actions
        return [*actions, *self._continue(proxy, requests, now)]

    def _continue(self, proxy: Address, requests: Requests, now: float) -> list[Action]:
        self._due.clear(proxy)
        if requests.granted is not None:
            return []
        if requests.waiting:
            return self._begin(proxy, requests, now)
        self._requests.pop(proxy, None)
        return []
