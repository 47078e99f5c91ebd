"""What an anchor tells gateways unasked: interfaces that came or went, flows that ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.core.actions import Action, Record
from agents.core.text import spelled
from agents.flowbinding.alternatives import Alternative, indicator
from agents.flowbinding.carriers import Answer, Purpose
from agents.flowbinding.flow_table import FlowEntry, FlowTable
from agents.flowbinding.layouts import Layout, withdrawal
from agents.flowbinding.requests import Asked, Requests
from agents.flowbinding.statuses import Outcome
from agents.pmipv6.binding_cache import Binding
from agents.wire.address import Address


@dataclass(slots=True)
class Told:
    """What the gateway of an interface was told last, and the message, until it is answered.

    ``alternatives`` is None where it did not take it: then it is told again when it is next heard.
    """

    gateway: Address
    alternatives: tuple[Alternative, ...] | None = ()
    asked: Asked | None = None


class Notices:
    """Keeps every gateway informed of the other interfaces of its mobile nodes (xia §4 step 5)."""

    def __init__(self, requests: Requests, table: FlowTable, layout: Layout) -> None:
        self._requests = requests
        self._table = table
        self._layout = layout
        self._told: dict[Binding, Told] = {}

    def renew(self, binding: Binding) -> None:
        """Take it that the gateway of an interface, new or started anew, knows nothing."""
        self.forget(binding)
        self._told[binding] = Told(binding.care_of)

    def forget(self, binding: Binding) -> None:
        """Tell nobody about an interface that has gone."""
        told = self._told.pop(binding, None)
        if told is not None and told.asked is not None:
            self._requests.cancel(told.asked)

    def sync(self, sessions: Sequence[Binding], now: float) -> list[Action]:
        """Tell those gateways of a mobile node's ``sessions`` for whom something has changed."""
        actions: list[Action] = []
        present = [session for session in sessions if not self._table.is_out(session)]
        for session in sessions:
            others = tuple(
                Alternative(b.care_of, b.technology) for b in present if b is not session
            )
            told = self._told.get(session)
            if told is not None and told.alternatives != others:
                actions += self._tell(session, told, others, now)
        return actions

    def withdraw(
        self, entry: FlowEntry, outcome: Outcome, now: float, gateway: Address | None = None
    ) -> list[Action]:
        """Tell the gateway of a flow's own interface that it is bound no longer."""
        option = withdrawal(self._layout, entry.selector, entry.priority, entry.identifier, outcome)
        serving = entry.serving
        _, actions = self._requests.ask(
            gateway or serving.care_of,
            serving.identifier,
            Purpose.WITHDRAWAL,
            (*serving.prefix_options, option),
            lambda answer, at: [],
            now,
        )
        return actions

    def _tell(
        self, session: Binding, told: Told, others: tuple[Alternative, ...], now: float
    ) -> list[Action]:
        if told.asked is not None:
            self._requests.cancel(told.asked)  # it would bring back what is outdated
        new = [other for other in others if other not in (told.alternatives or ())]
        told.alternatives = others
        told.asked, actions = self._requests.ask(
            session.care_of,
            session.identifier,
            Purpose.INTERFACES,
            (*session.prefix_options, *map(indicator, others)),
            lambda answer, at: self._answered(told, answer),
            now,
        )
        return actions + [_notified(session, other) for other in new]

    def _answered(self, told: Told, answer: Answer | None) -> list[Action]:
        told.asked = None
        if answer is not Answer.ACCEPTED:
            told.alternatives = None
        return []


def _notified(session: Binding, other: Alternative) -> Record:
    details = {
        "node": session.identifier.decode(errors="replace"),
        "technology": other.technology,
        "gateway": spelled(other.gateway),
        "notified": spelled(session.care_of),
    }
    return Record("interface_notified", details)
