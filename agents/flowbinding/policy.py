"""Which services there are, and where the flows of each belong (xia §3, §4 step 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.core.configuration import ConfigurationError, Reader, parse_prefix
from agents.core.flows import ANY_PORT, FlowSelector
from agents.flowbinding.selectors import covers
from agents.wire.address import ALL_ZERO

WHOLE_PRIORITY = 255
"""Of all that an interface out of service had: every other flow comes first."""

_MOST_RULES = (WHOLE_PRIORITY - 1) // 2
_KEYS = {"protocol", "source_ports", "destination_ports", "source", "traffic_class"}


@dataclass(frozen=True, slots=True)
class Service:
    """The flows of one service, by what travels to mobile nodes, and what one needs in bit/s."""

    name: str
    selectors: tuple[FlowSelector, ...]
    rate: float | None

    def selector_of(self, flow: FlowSelector) -> FlowSelector | None:
        """Return which of the selectors ``flow`` lies in."""
        return next((each for each in self.selectors if covers(each, flow)), None)


@dataclass(frozen=True, slots=True)
class Rule:
    """Where the flows of a service belong: on the first of ``prefer`` that there is, nowhere else.

    With ``min_rate`` only single flows of at least so many bit/s, for as long as they go on:
    ``idle_timeout`` seconds without a packet end them. Of a congested link those with the lowest
    ``shed`` leave first, those with None never. ``place`` is where the rule stands, from 1.
    """

    service: Service
    prefer: tuple[int, ...]
    place: int
    min_rate: float | None
    shed: float | None
    idle_timeout: float

    @property
    def priority(self) -> int:
        """Return the priority of the service's flows, of which the lowest number wins."""
        return 2 * self.place

    @property
    def single_priority(self) -> int:
        """Return that of single flows, which come before the service as a whole."""
        return self.priority - 1

    @property
    def rate(self) -> float:
        """Return what a flow of it is expected to need, in bit/s; 0 where nobody says."""
        return self.service.rate or self.min_rate or 0.0

    def best(self, technologies: Iterable[int]) -> int | None:
        """Return which of ``technologies`` is preferred, None where none may be used."""
        present = set(technologies)
        return next((each for each in self.prefer if each in present), None)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of the operator, and those of the profiles of single mobile nodes."""

    rules: tuple[Rule, ...] = ()
    profiles: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)

    def rules_for(self, identifier: str) -> tuple[Rule, ...]:
        """Return the rules for a mobile node, the most important first."""
        return self.profiles.get(identifier, self.rules)

    def rule_of(self, identifier: str, flow: FlowSelector) -> Rule | None:
        """Return the first rule for the service that ``flow`` belongs to."""
        return next(
            (r for r in self.rules_for(identifier) if r.service.selector_of(flow) is not None), None
        )

    @property
    def is_empty(self) -> bool:
        """Say whether no flow belongs anywhere but on its own interface."""
        return not (self.rules or any(self.profiles.values()))

    @property
    def by_rate(self) -> bool:
        """Say whether any rule wants the rate of flows measured."""
        everyone = (self.rules, *self.profiles.values())
        return any(rule.min_rate is not None for rules in everyone for rule in rules)


def read_policy(config: Mapping[str, Any]) -> Policy:
    """Return the policy in ``config``; ConfigurationError names what is wrong."""
    services = {name: _service(name, each) for name, each in config.get("services", {}).items()}
    return Policy(
        _rules("flows: policy", config.get("policy", ()), services),
        {
            identifier: _rules(f"flows: profiles: {identifier}", rules, services)
            for identifier, rules in config.get("profiles", {}).items()
        },
    )


def _service(name: str, config: Mapping[str, Any]) -> Service:
    where = f"flows: services: {name}"
    selectors = tuple(_selector(where, each) for each in Reader(where, config).value("selectors"))
    return Service(name, selectors, _rate(where, config, "rate"))


def _selector(where: str, config: Mapping[str, Any]) -> FlowSelector:
    strange = set(config) - _KEYS
    if strange:
        raise ConfigurationError(f"{where}: a selector has no {sorted(strange)[0]!r}")
    source = config.get("source")
    traffic_class = config.get("traffic_class")
    if traffic_class is not None and (traffic_class & 3 or not 0 <= traffic_class <= 252):
        raise ConfigurationError(
            f"{where}: 'traffic_class' is {traffic_class}: give 0 to 252, its 2 low bits 0"
        )
    selector = FlowSelector(
        source=ALL_ZERO if source is None else parse_prefix(source, f"{where}: 'source'"),
        protocol=config.get("protocol") or 0,
        source_ports=_ports(where, config.get("source_ports")),
        destination_ports=_ports(where, config.get("destination_ports")),
        traffic_class=traffic_class,
    )
    if not selector.protocol and (selector.source_ports, selector.destination_ports) != (
        ANY_PORT,
        ANY_PORT,
    ):
        raise ConfigurationError(f"{where}: ports without a 'protocol' that has them")
    return selector


def _ports(where: str, ports: Any) -> tuple[int, int]:
    if ports is None:
        return ANY_PORT
    first, last = ports
    if not 0 <= first <= last <= 0xFFFF:
        raise ConfigurationError(f"{where}: {ports!r} is no range of ports: give [first, last]")
    return first, last


def _rules(
    where: str, configs: Iterable[Mapping[str, Any]], services: Mapping[str, Service]
) -> tuple[Rule, ...]:
    rules = tuple(_rule(where, each, services, place) for place, each in enumerate(configs, 1))
    if len(rules) > _MOST_RULES:
        raise ConfigurationError(f"{where}: {len(rules)} rules: {_MOST_RULES} can be told apart")
    return rules


def _rule(
    where: str, config: Mapping[str, Any], services: Mapping[str, Service], place: int
) -> Rule:
    reader = Reader(where, config)
    name = reader.value("service")
    if name not in services:
        known = ", ".join(sorted(services)) or "none"
        raise ConfigurationError(f"{where}: no service {name!r}: there is {known}")
    prefer = tuple(reader.value("prefer"))
    if not prefer:
        raise ConfigurationError(f"{where}: 'prefer' of {name!r} is empty: give technologies")
    return Rule(
        service=services[name],
        prefer=prefer,
        place=place,
        min_rate=_rate(where, config, "min_rate"),
        shed=config.get("shed"),
        idle_timeout=reader.seconds("idle_timeout", 10.0),
    )


def _rate(where: str, config: Mapping[str, Any], key: str) -> float | None:
    return None if config.get(key) is None else Reader(where, config).seconds(key, 0.0)
