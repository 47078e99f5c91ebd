"""The flows that gateways ask for, from a granted request to the way they take (xia §4, §6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agents.core.actions import Action, Record
from agents.core.deadlines import Deadlines
from agents.core.flows import FlowSelector
from agents.flowbinding import anchor_records as records
from agents.flowbinding.flow_table import FlowEntry, FlowTable
from agents.flowbinding.notices import Notices
from agents.flowbinding.statuses import Outcome
from agents.flowbinding.steering import Steering
from agents.pmipv6.binding_cache import Binding
from agents.wire.address import Address

Home = Callable[[Binding], Binding]
"""From an interface to the one where its prefix is routed: another one where they share it."""

RENEWAL = 5.0
"""Seconds for a gateway that has registered anew to name the flows that are to stay."""


class Binder:
    """Makes and ends the entries of the table, and keeps ways and gateways in step with them."""

    def __init__(self, table: FlowTable, steering: Steering, notices: Notices, home: Home) -> None:
        self._table = table
        self._home = home
        self._steering = steering
        self._notices = notices
        self._renewals: Deadlines[Binding] = Deadlines()
        self.deadline = self._renewals.next

    def bind(self, entry: FlowEntry, now: float) -> list[Action]:
        """Let a flow go to its target."""
        known = self._table.get(entry.selector)
        source = self._home(entry.serving) if known is None else known.target
        unchanged = (
            known is not None
            and known.target is entry.target
            and known.priority == entry.priority
            and known.idle_timeout == entry.idle_timeout
        )
        self._table.add(entry)
        if unchanged:
            return []
        actions = self._steering.steer(entry)
        if source is not entry.target:
            actions.append(records.moved(entry, source.care_of))
        if known is not None and known.serving is not entry.serving:
            actions += self._notices.withdraw(known, Outcome.BANDWIDTH, now)
        return actions + self.vacate(entry.serving, now) if entry.whole else actions

    def release(self, entry: FlowEntry, cause: str, now: float) -> list[Action]:
        """Let a flow go to its own interface again."""
        if entry.whole:
            self._table.mark(entry.serving, out=False)
        return self._bring_back(entry, cause, now)

    def withdraw(self, entry: FlowEntry, cause: str, outcome: Outcome, now: float) -> list[Action]:
        """Do so, and tell the gateway of that interface."""
        return self.release(entry, cause, now) + self._notices.withdraw(entry, outcome, now)

    def idle(self, selector: FlowSelector, now: float) -> list[Action]:
        """End a flow of which no more packets come."""
        entry = self._table.get(selector)
        if entry is None:
            return []
        self._table.remove(entry)
        actions = self._steering.bring_back(entry, self._home(entry.serving), now)
        actions.append(records.ended(entry, "idle"))
        return actions + self._notices.withdraw(entry, Outcome.NOT_FOUND, now)

    def arrived(self, binding: Binding, previous: Address | None, now: float) -> list[Action]:
        """An interface has been registered anew, at its gateway or from the ``previous`` one.

        What was its, while it was out of service, is its again; other flows have some time.
        """
        actions: list[Action] = []
        self._table.mark(binding, out=False)
        self._table.moved(binding)
        for entry in self._table.of(binding):
            if entry.whole:
                actions += self.release(entry, "interface back", now)
                if previous is not None:
                    actions += self._notices.withdraw(entry, Outcome.NOT_FOUND, now, previous)
            else:
                entry.stale = True
                self._renewals.set(binding, now + RENEWAL)
        if previous is not None:
            actions += self._steering.forget_returned(binding)
            for entry in self._table.at(binding):
                actions += self._steering.steer(entry)
        return actions

    def left(self, binding: Binding, now: float) -> list[Action]:
        """An interface is registered no longer."""
        self._renewals.clear(binding)
        self._table.mark(binding, out=False)
        actions: list[Action] = []
        for entry in self._table.of(binding):
            self._table.remove(entry)
            actions += [*self._steering.stop(entry), records.ended(entry, "deregistered")]
        return actions + self._steering.forget_returned(binding) + self._evict(binding, now)

    def vacate(self, binding: Binding, now: float) -> list[Action]:
        """Bring back what others have on an interface that is out of service (xia §5)."""
        self._table.mark(binding, out=True)
        return self._evict(binding, now)

    def keep_only(
        self, binding: Binding, kept: Callable[[FlowEntry], bool], cause: str, now: float
    ) -> list[Action]:
        """Bring back the flows of an interface that are not ``kept``."""
        gone: Sequence[FlowEntry] = [e for e in self._table.of(binding) if not kept(e)]
        return [action for entry in gone for action in self.release(entry, cause, now)]

    def tick(self, now: float) -> list[Action]:
        """Bring back what no gateway has named again."""
        actions: list[Action] = []
        for binding in self._renewals.due(now):
            actions += self.keep_only(binding, lambda e: not e.stale, "not renewed", now)
        return actions

    def _bring_back(self, entry: FlowEntry, cause: str, now: float) -> list[Action]:
        self._table.remove(entry)
        home = self._home(entry.serving)
        actions = self._steering.bring_back(entry, home, now)
        return (
            [*actions, records.returned(entry, home, cause)]
            if home is not entry.target
            else actions
        )

    def _evict(self, binding: Binding, now: float) -> list[Action]:
        """Bring back what was at a target; an interface out of service is still that."""
        gone = self._table.at(binding)
        return [a for entry in gone for a in self._bring_back(entry, "target lost", now)]


def record_admitted(entry: FlowEntry) -> Record:
    """Return that a flow may go to its target."""
    return Record("flow_admitted", records.about(entry))
