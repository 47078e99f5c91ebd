"""What makes no sense of services and rules: they are refused where they would change nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from testbed.protocols.flow_options import EVERYTHING, FlowBindingOptions, FlowRule
from testbed.protocols.protocol import Refused
from testbed.topology.document import Location, spell
from testbed.topology.errors import suggest
from testbed.topology.network import Network

HERE = ("protocols", "flowbinding")


def check(network: Network, options: FlowBindingOptions, services: Mapping[str, Any]) -> None:
    """Raise Refused for a rule or a service that can have no effect; ``services`` are all."""
    named = {flow.service for flow in network.flows.values() if flow.service is not None}
    hidden = {name for name in named & {*services} if not services[name]["selectors"]}
    _check_services(options, named)
    for rules, where in _all_rules(options):
        _check_rules(rules, services, hidden, where)
    _check_flows(network, options)


def _all_rules(options: FlowBindingOptions) -> Iterator[tuple[Sequence[FlowRule], Location]]:
    yield options.policy, (*HERE, "policy")
    for name, rules in options.profiles.items():
        yield rules, (*HERE, "profiles", name)


def _ruled(options: FlowBindingOptions) -> list[str]:
    """Return the services that have rules."""
    return [rule.service for rules, _ in _all_rules(options) for rule in rules]


def _check_rules(
    rules: Sequence[FlowRule], services: Mapping[str, Any], hidden: Set[str], where: Location
) -> None:
    """Raise Refused for a rule that never counts; ``hidden`` services are of commands alone."""
    places: dict[str, str] = {}
    for index, rule in enumerate(rules):
        here, name = (*where, index, "service"), rule.service
        if name not in services:
            raise Refused(here, f"unknown service {name!r}: {suggest(name, services)}")
        if name in places:
            said = f"{places[name]} is for {name} already, and a flow goes by the first"
            raise Refused(here, f"{said}: make them one rule")
        if EVERYTHING in places:
            said = f"{places[EVERYTHING]} is for {EVERYTHING}, every packet, and leaves none"
            raise Refused(here, f"{said}: put this one before it")
        if name in hidden:
            said = f"the service {name!r} has no packets: those of commands cannot be known"
            raise Refused(here, f"{said}, declare its `protocol` or `traffic_class`")
        places[name] = spell((*where[len(HERE) :], index))


def _check_flows(network: Network, options: FlowBindingOptions) -> None:
    """Raise Refused for a flow of a service that has neither a rule nor a declaration.

    Where there are no rules at all, services are those of another protocol, and mean nothing.
    """
    ruled = _ruled(options)
    known = [*options.services, *ruled, EVERYTHING]
    for flow in network.flows.values():
        if ruled and flow.service is not None and flow.service not in known:
            said = f"service {flow.service!r} is neither declared nor in a rule"
            said = f"{said}: {suggest(flow.service, dict.fromkeys(known))}"
            raise Refused(("flows", flow.name, "service"), said)


def _check_services(options: FlowBindingOptions, named: Set[str]) -> None:
    """Raise Refused for a service that nothing can be of, and for one that is not what it is.

    One with a rule may have its flows in another scenario.
    """
    ruled = _ruled(options)
    for name, service in options.services.items():
        where = (*HERE, "services", name)
        if name == EVERYTHING and not service.says_nothing:
            said = "is the service of every packet: give these a service of another name"
            raise Refused(where, said)
        if service.says_nothing and name not in {EVERYTHING, *named, *ruled}:
            said = "has no packets: no flow and no rule names it, and it has no `protocol` or"
            raise Refused(where, f"{said} `traffic_class`; leave it out, or give it one of these")
