"""What a gateway's links bear: how much they carry, and whether one flow more fits (xia §4, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.core.events import FlowsMetered
from agents.core.flows import FlowSelector
from agents.flowbinding.carriers import Answer
from agents.flowbinding.config import Congestion
from agents.flowbinding.guests import Guest
from agents.flowbinding.policy import Policy

BITS = 8

MOST_PAST = 1024
"""Flows that had to leave whose rates are remembered, on each link."""


@dataclass(slots=True)
class Load:
    """What one access link carries, in bit/s; ``rate`` is what it can, None where nobody knows.

    ``promised`` are flows let in whose packets no measurement can have seen: rate, and until when.
    ``past`` are the rates of those that had to leave.
    """

    rate: float | None
    measured: float = 0.0
    over: int = 0
    congested: bool = False
    promised: dict[FlowSelector, tuple[float, float]] = field(default_factory=dict)
    past: dict[FlowSelector, float] = field(default_factory=dict)

    @property
    def utilisation(self) -> float:
        """Return the share of the rate that is used, 0 where the rate is unknown."""
        return self.measured / self.rate if self.rate else 0.0


class Admission:
    """Watches the access links of a gateway."""

    def __init__(
        self, rates: Mapping[str, float | None], policy: Policy, congestion: Congestion
    ) -> None:
        self._loads = {interface: Load(rate) for interface, rate in rates.items()}
        self._policy = policy
        self._congestion = congestion

    def load(self, interface: str) -> Load:
        """Return what is known of an access link; KeyError where it is none."""
        return self._loads[interface]

    def measured(self, event: FlowsMetered) -> Load | None:
        """Take a measurement; None where it is of no access link."""
        load = self._loads.get(event.interface)
        if load is not None:
            load.measured = event.octets * BITS / event.interval
            over = load.rate is not None and load.utilisation >= self._congestion.threshold
            load.over = load.over + 1 if over else 0
        return load

    def fits(self, interface: str, rate: float, now: float) -> bool:
        """Say whether ``rate`` bit/s more than is measured and promised would not be too much."""
        load = self._loads[interface]
        load.promised = {flow: each for flow, each in load.promised.items() if each[1] > now}
        promised = sum(each for each, _ in load.promised.values())
        most = None if load.rate is None else load.rate * self._congestion.threshold
        return most is None or load.measured + promised + rate <= most

    def sent_away(self, interface: str, selector: FlowSelector, rate: float) -> None:
        """Take note of what flows of other interfaces needed that had to leave."""
        past = self._loads[interface].past
        past.pop(selector, None)
        past[selector] = rate
        if len(past) > MOST_PAST:
            del past[next(iter(past))]

    def admits(self, guest: Guest, selector: FlowSelector | None, now: float) -> Answer:
        """Say whether a flow of another interface may come to that of ``guest``.

        The flow counts with the rate that is expected of it, or that it had when it had to leave.
        """
        if selector is None or guest.is_out:
            return Answer.PROHIBITED
        rule = self._policy.rule_of(guest.identifier, selector)
        if rule is None or guest.visit.technology not in rule.prefer:
            return Answer.PROHIBITED
        load = self._loads[guest.visit.interface]
        load.promised.pop(selector, None)  # the question may come twice
        rate = max(rule.rate, load.past.get(selector, 0.0))
        if not self.fits(guest.visit.interface, rate, now):
            return Answer.INSUFFICIENT
        load.promised[selector] = rate, now + 2 * self._congestion.interval
        return Answer.ACCEPTED
