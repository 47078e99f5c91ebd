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


@dataclass(slots=True)
class Load:
    """What one access link carries, in bit/s; ``rate`` is what it can, None where nobody knows.

    ``promised`` are flows let in whose packets no measurement can have seen: rate, and until when.
    """

    rate: float | None
    measured: float = 0.0
    over: int = 0
    congested: bool = False
    promised: dict[FlowSelector, tuple[float, float]] = field(default_factory=dict)

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

    def admits(self, guest: Guest, selector: FlowSelector | None, now: float) -> Answer:
        """Say whether a flow of another interface may come to that of ``guest``.

        The flow counts with the rate that is expected of it.
        """
        if selector is None or guest.is_out:
            return Answer.PROHIBITED
        rule = self._policy.rule_of(guest.identifier, selector)
        if rule is None or guest.visit.technology not in rule.prefer:
            return Answer.PROHIBITED
        load = self._loads[guest.visit.interface]
        load.promised = {flow: each for flow, each in load.promised.items() if each[1] > now}
        load.promised.pop(selector, None)  # the question may come twice
        expected = load.measured + sum(rate for rate, _ in load.promised.values()) + rule.rate
        if self._is_too_much(load, expected):
            return Answer.INSUFFICIENT
        load.promised[selector] = rule.rate, now + 2 * self._congestion.interval
        return Answer.ACCEPTED

    def _is_too_much(self, load: Load, expected: float) -> bool:
        return load.rate is not None and expected > load.rate * self._congestion.threshold
