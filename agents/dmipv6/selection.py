"""Choosing a home proxy by its status: what a flow requires, then by what policy.

draft-liu-dmm-flows-distribution-and-handoff-01 §4.3.3.2, §5.1.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agents.core.configuration import ConfigurationError
from agents.wire.dmipv6_messages import DhpRecord, ServerDhpRequirements

CAPABILITY_STEPS = 16
"""Units of a query's processing capability in one unit of a record's."""

LOAD_STEP = 17
"""Units of a record's load in one unit of a query's: 15 of them are 255."""

WORST = 255
"""The highest load and distance of a record: no requirement at all."""

_HIGHER_IS_BETTER = {"security": True, "load": False, "distance": False, "capability": True}

CRITERIA = tuple(_HIGHER_IS_BETTER)
"""What a policy may go by, in the order of the default one."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a flow asks of a home proxy, in the units of a record (0 to 255 each).

    ``capability`` and ``security`` are the lowest, ``load`` and ``distance`` the highest ones
    accepted; ``business`` is the class of the flow's traffic, 0 for none in particular.
    """

    business: int = 0
    capability: int = 0
    load: int = WORST
    distance: int = WORST
    security: int = 0

    @classmethod
    def asked(cls, query: ServerDhpRequirements) -> Requirements:
        """Return what a passive query asks for (§4.3.3.2.1)."""
        return cls(
            business=query.business,
            capability=-(-query.capability // CAPABILITY_STEPS),
            load=query.load * LOAD_STEP,
            distance=query.routing,
            security=query.security,
        )

    def query(self) -> ServerDhpRequirements:
        """Return the passive query that asks for no less than this."""
        return ServerDhpRequirements(
            business=self.business,
            capability=self.capability * CAPABILITY_STEPS,
            load=self.load // LOAD_STEP,
            routing=self.distance,
            security=self.security,
        )

    def met_by(self, record: DhpRecord) -> bool:
        """Say whether a home proxy of this status will do."""
        return (
            record.process >= self.capability
            and record.load <= self.load
            and record.distance <= self.distance
            and record.security >= self.security
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """Which of the home proxies that will do is the best one.

    With ``order``, the best by its first criterion, among equals by the second and so on. With
    ``weights``, the one with the highest weighted sum, each criterion counted from 0 (worst) to
    1 (best). Equals are told apart by their addresses.
    """

    order: tuple[str, ...] = CRITERIA
    weights: tuple[tuple[str, float], ...] = ()

    def best_first(
        self, records: Iterable[DhpRecord], requirements: Requirements
    ) -> list[DhpRecord]:
        """Return those that meet ``requirements``, the best one first."""
        rank: Callable[[DhpRecord], Any] = self._sum if self.weights else self._ordered
        fitting = sorted(filter(requirements.met_by, records), key=lambda record: record.address)
        return sorted(fitting, key=rank)

    def _ordered(self, record: DhpRecord) -> tuple[float, ...]:
        return tuple(-goodness(record, criterion) for criterion in self.order)

    def _sum(self, record: DhpRecord) -> float:
        return -sum(weight * goodness(record, criterion) for criterion, weight in self.weights)


def goodness(record: DhpRecord, criterion: str) -> float:
    """Return how good a home proxy is by one criterion: 0 is the worst and 1 the best."""
    value = {
        "security": record.security,
        "load": record.load,
        "distance": record.distance,
        "capability": record.process,
    }[criterion]
    return (value if _HIGHER_IS_BETTER[criterion] else WORST - value) / WORST


RULES: Mapping[int, Policy] = {
    0: Policy(),
    1: Policy(("distance", "load", "capability", "security")),  # conversational: short ways
    2: Policy(("capability", "load", "distance", "security")),  # streaming: throughput
    3: Policy(("load", "distance", "capability", "security")),  # interactive: quick service
    4: Policy(("load", "capability", "security", "distance")),  # background: nobody's way
}
"""By what a management server chooses for each business class, unless it is told otherwise."""


def read_policy(value: Any, where: str) -> Policy:
    """Return the policy that ``value`` spells; ConfigurationError says ``where`` it is not one.

    A list of criteria is an order, a mapping of criteria to positive numbers are weights.
    """
    criteria = list(value) if isinstance(value, list | tuple | Mapping) else []
    known = criteria and set(criteria) <= set(CRITERIA) and len(set(criteria)) == len(criteria)
    if known and not isinstance(value, Mapping):
        return Policy(order=tuple(criteria))
    if known and all(_is_weight(weight) for weight in value.values()):
        return Policy(weights=tuple((name, float(weight)) for name, weight in value.items()))
    raise ConfigurationError(
        f"{where} is {value!r}: give a list of some of {', '.join(CRITERIA)}, the most important "
        "first, or a positive weight for each of some of them"
    )


def read_rules(rules: Any, where: str) -> dict[int, Policy]:
    """Return the policy of each business class: the ones that ``rules`` gives, else the default."""
    if not isinstance(rules, Mapping):
        raise ConfigurationError(f"{where} is {rules!r}: give a policy for each business class")
    return {**RULES, **{_business(k, where): read_policy(v, where) for k, v in rules.items()}}


def _business(key: Any, where: str) -> int:
    try:
        number = int(key)
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number <= WORST:
        raise ConfigurationError(f"{where} has {key!r}: give a business class of 0 to {WORST}")
    return number


def _is_weight(weight: Any) -> bool:
    return isinstance(weight, int | float) and not isinstance(weight, bool) and weight > 0
