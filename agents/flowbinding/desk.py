"""Where updates with flows in them are taken, and answered flow by flow (xia §4, steps 6 to 9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agents.core.actions import Action, Record
from agents.flowbinding import anchor_records as records
from agents.flowbinding import layouts
from agents.flowbinding.alternatives import Alternative, indicated
from agents.flowbinding.binder import Binder, record_admitted
from agents.flowbinding.carriers import Answer, Purpose
from agents.flowbinding.flow_table import FlowEntry, FlowTable
from agents.flowbinding.judge import Case, Inquiry, Judge, owner_of
from agents.flowbinding.layouts import Layout, Said
from agents.flowbinding.requests import Asked, Requests
from agents.flowbinding.selectors import covers, is_whole
from agents.flowbinding.statuses import Outcome
from agents.pmipv6.binding_cache import Binding
from agents.pmipv6.request import Request
from agents.wire.messages import BindingAcknowledgement

Send = Callable[[Request, BindingAcknowledgement], list[Action]]
Sessions = Callable[[bytes], Sequence[Binding]]


@dataclass(eq=False, slots=True)
class Result:
    """What becomes of one flow; ``outcome`` is None while the target's gateway is asked."""

    said: Said
    outcome: Outcome | None = None
    entry: FlowEntry | None = None
    asked: Asked | None = None


@dataclass(eq=False, slots=True)
class Held:
    """An update and its answer, which goes out once every flow has its result."""

    request: Request
    binding: Binding
    reply: BindingAcknowledgement
    results: list[Result]
    unknown: frozenset[int]


class Desk:
    """Takes what a gateway wants of flows; at most one update of an interface is open."""

    def __init__(
        self,
        table: FlowTable,
        judge: Judge,
        binder: Binder,
        requests: Requests,
        layout: Layout,
        sessions: Sessions,
        send: Send,
    ) -> None:
        self._table = table
        self._judge = judge
        self._binder = binder
        self._requests = requests
        self._layout = layout
        self._sessions = sessions
        self._send = send
        self._held: dict[Binding, Held] = {}

    def accept(
        self, request: Request, binding: Binding, reply: BindingAcknowledgement
    ) -> list[Action]:
        """Do what an accepted update asks of flows, and answer it as soon as that is done."""
        before = self._held.pop(binding, None)
        options = request.message.options
        results = [Result(said) for said in layouts.read(options)]
        held = Held(request, binding, reply, results, self._unknown(binding, options))
        self._take_over(before, held)
        actions = self._keep(held, request.at)
        for result in held.results:
            if result.asked is None and result.outcome is None:
                actions += self._take(held, result, request.at)
        return actions + self._finish(held)

    def left(self, binding: Binding, now: float) -> list[Action]:
        """Neither answer for an interface that has gone, nor wait for its gateway."""
        actions: list[Action] = []
        self._take_over(self._held.pop(binding, None), None)
        for held in list(self._held.values()):
            for result in held.results:
                if result.asked and result.entry and result.entry.target is binding:
                    self._requests.cancel(result.asked)
                    actions += self._settle(held, result, Outcome.TARGET)
            actions += self._finish(held)
        return actions

    def _take(self, held: Held, result: Result, now: float) -> list[Action]:
        said, selector = result.said, result.said.selector
        if selector is None or said.fault is not None:
            return self._settle(held, result, said.fault or Outcome.MALFORMED)
        sessions = self._sessions(held.binding.identifier)
        owner = owner_of(selector, sessions)
        if owner is None:
            return self._settle(held, result, Outcome.NOT_SERVED)
        if said.removes:
            return self._remove(held, result, now)
        named = indicated(held.request.message.options)
        case = Case(said, selector, held.binding, owner, sessions, named)
        if owner is not held.binding:
            if owner.prefixes != held.binding.prefixes:
                return self._shed(held, result, case, now)
            if is_whole(selector, owner.prefixes):
                return self._step_aside(held, result, now)
            case = case._replace(owner=held.binding)  # as much its own as the other's
        return self._decided(held, result, self._judge.decide(case, now), now)

    def _decided(
        self, held: Held, result: Result, verdict: FlowEntry | Outcome | Inquiry, now: float
    ) -> list[Action]:
        if isinstance(verdict, Outcome):
            return self._settle(held, result, verdict)
        if isinstance(verdict, Inquiry):
            return self._inquire(held, result, verdict.entry, now)
        return self._grant(held, result, verdict, now)

    def _grant(self, held: Held, result: Result, entry: FlowEntry, now: float) -> list[Action]:
        known = self._table.get(entry.selector)
        new = known is None or known.target is not entry.target
        actions: list[Action] = [record_admitted(entry)] if new else []
        if known is not None and known.serving is not entry.serving is known.target:
            self._judge.doubt(known.target)  # it has sent away what another had sent there
        actions += self._displace(entry, now)
        actions += self._binder.bind(entry, now)
        return actions + self._settle(held, result, Outcome.GRANTED)

    def _displace(self, entry: FlowEntry, now: float) -> list[Action]:
        """A number that stood for another flow stands for this one now (RFC 6089 §5.2)."""
        if not entry.identifier:
            return []
        other = self._table.numbered(entry.serving, entry.identifier)
        if other is None or other.selector == entry.selector:
            return []
        return self._binder.release(other, "superseded", now)

    def _remove(self, held: Held, result: Result, now: float) -> list[Action]:
        """PRO 15: the flow goes where its prefix goes; only its own gateway may ask (§5)."""
        selector = result.said.selector
        entry = None if selector is None else self._table.get(selector)
        if entry is None or entry.serving is not held.binding:
            return self._settle(held, result, Outcome.NOT_FOUND)
        actions = self._binder.release(entry, "requested", now)
        return actions + self._settle(held, result, Outcome.GRANTED)

    def _step_aside(self, held: Held, result: Result, now: float) -> list[Action]:
        """Out of service is one of several interfaces that have the prefix, and not the first."""
        actions = self._binder.vacate(held.binding, now)
        return actions + self._settle(held, result, Outcome.GRANTED)

    def _shed(self, held: Held, result: Result, case: Case, now: float) -> list[Action]:
        """A congested gateway gives back flows of an interface elsewhere (xia §5)."""
        named = {(each.gateway, each.technology) for each in case.alternatives}
        if (case.owner.care_of, case.owner.technology) not in named:
            return self._settle(held, result, Outcome.NOT_SERVED)
        mine = [
            entry
            for entry in self._table.at(held.binding)
            if covers(case.selector, entry.selector) and not entry.whole
        ]
        if not mine:
            return self._settle(held, result, Outcome.NOT_FOUND)
        actions: list[Action] = []
        for entry in mine:
            self._judge.doubt(held.binding)
            actions += self._binder.withdraw(entry, "congestion", Outcome.BANDWIDTH, now)
        return actions + self._settle(held, result, Outcome.GRANTED)

    def _inquire(self, held: Held, result: Result, entry: FlowEntry, now: float) -> list[Action]:
        """Steps 7 and 8."""
        target = entry.target
        result.entry = entry
        result.asked, actions = self._requests.ask(
            target.care_of,
            target.identifier,
            Purpose.INQUIRY,
            (*target.prefix_options, replace(result.said.option, status=0)),
            lambda answer, at: self._inquired(held.binding, result, answer, at),
            now,
        )
        return [*actions, Record("flow_inquired", records.about(entry))]

    def _inquired(
        self, binding: Binding, result: Result, answer: Answer | None, now: float
    ) -> list[Action]:
        held, entry, asked = self._held[binding], result.entry, result.asked
        assert entry is not None and asked is not None
        result.asked = None
        if answer is not Answer.ACCEPTED:
            actions = self._settle(held, result, Outcome.INQUIRY)
        elif self._table.is_out(entry.target) or entry.target.care_of != asked.recipient:
            actions = self._settle(held, result, Outcome.TARGET)
        else:
            self._judge.trust(entry.target)
            actions = self._grant(held, result, entry, now)
        return actions + self._finish(held)

    def _settle(self, held: Held, result: Result, outcome: Outcome) -> list[Action]:
        result.outcome, result.asked = outcome, None
        if outcome is Outcome.GRANTED:
            return []
        service = self._judge.service_of(held.binding, result.said.selector)
        return [records.refused(held.binding, result.said, outcome, service)]

    def _finish(self, held: Held) -> list[Action]:
        if any(result.outcome is None for result in held.results):
            self._held[held.binding] = held
            return []
        self._held.pop(held.binding, None)
        answers = [
            layouts.with_status(result.said.option, result.outcome)
            for result in held.results
            if result.outcome is not None
        ]
        missing = [layouts.unknown(identifier) for identifier in sorted(held.unknown)]
        options = (*held.reply.options, *answers, *missing)
        return self._send(held.request, replace(held.reply, options=options))

    def _take_over(self, before: Held | None, held: Held | None) -> None:
        """Go on waiting for what an earlier copy of an update has asked, as far as this one does.

        Nobody waits for the earlier answer: its gateway knows updates by their last number.
        """
        named = () if held is None else indicated(held.request.message.options)
        for old in () if before is None else before.results:
            if old.asked is None or old.entry is None:
                continue
            target = Alternative(old.entry.target.care_of, old.entry.target.technology)
            same = None if target not in named else _same(held, old)
            if held is None or same is None:
                self._requests.cancel(old.asked)
            else:
                old.said = held.results[same].said
                held.results[same] = old

    def _unknown(self, binding: Binding, options: tuple[object, ...]) -> frozenset[int]:
        known = {entry.identifier for entry in self._table.of(binding)}
        return layouts.summary(options) - known

    def _keep(self, held: Held, now: float) -> list[Action]:
        """RFC 6089 §5.2: what an update does not name is bound no longer."""
        if self._layout is not Layout.RFC6089:
            return []
        named = layouts.summary(held.request.message.options)
        for entry in self._table.of(held.binding):
            if entry.identifier in named:
                entry.stale = False
        asked = {result.said.identifier for result in held.results}
        return self._binder.keep_only(
            held.binding,
            lambda entry: entry.identifier in named | asked or entry.stale,
            "requested",
            now,
        )


def _same(held: Held | None, old: Result) -> int | None:
    """Return the place of the result for the same flow."""
    results = () if held is None else held.results
    places = (at for at, each in enumerate(results) if each.said.selector == old.said.selector)
    return next(places, None)
