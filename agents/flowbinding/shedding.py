"""What a gateway does on measurements: flows that are large enough, links that are too full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agents.core.actions import Action, Drop, MeterFlows, Record
from agents.core.events import FlowsMetered
from agents.core.flows import FlowSelector, Metered
from agents.flowbinding.admission import BITS, Admission, Load
from agents.flowbinding.alternatives import Alternative
from agents.flowbinding.config import FlowSettings
from agents.flowbinding.gateway_registration import FlowRegistration
from agents.flowbinding.guests import Guest
from agents.flowbinding.planner import Wish
from agents.flowbinding.policy import Rule
from agents.flowbinding.selectors import exact, host
from agents.pmipv6.forwarding import interface_address
from agents.pmipv6.profile import VisitorProfile
from agents.wire.address import UNSPECIFIED, Address, Prefix

_ANY = Prefix(UNSPECIFIED, 64)
_IDENTIFIER = slice(8, 16)


@dataclass(slots=True)
class Candidate:
    """Flows of one rule and one address on a link: ``rate`` in bit/s together."""

    guest: Guest
    rule: Rule
    selector: FlowSelector
    rate: float
    foreign: bool


class Shedder:
    """Reads the meters of a gateway's access links (xia §5: congestion occurs in the SMAG)."""

    def __init__(
        self,
        settings: FlowSettings,
        registration: FlowRegistration,
        admission: Admission,
        visitors: Mapping[bytes, VisitorProfile],
    ) -> None:
        self._settings = settings
        self._registration = registration
        self._admission = admission
        self._owners = dict(_identifiers(visitors))

    def meters(self, rates: Mapping[str, float | None]) -> list[Action]:
        """Return what has the links measured of which the policy needs to know."""
        policy, interval = self._settings.policy, self._settings.congestion.interval
        known = [name for name, rate in rates.items() if rate or policy.by_rate]
        return [] if policy.is_empty else [MeterFlows(name, interval) for name in known]

    def metered(self, event: FlowsMetered, now: float) -> list[Action]:
        """Take one measurement of one link."""
        load = self._admission.measured(event)
        if load is None:
            return [Drop("measurement of no access link", {"interface": event.interface})]
        actions = self._congestion(event, load, now)
        return actions + self._by_rate(event, now) if self._settings.policy.by_rate else actions

    def _here(self, interface: str) -> list[Guest]:
        guests = self._registration.guests()
        return [g for g in guests if g.visit.interface == interface and not g.is_out]

    # --- flows that are large enough ---

    def _by_rate(self, event: FlowsMetered, now: float) -> list[Action]:
        """Ask for single flows that have come to the rate from which they belong elsewhere."""
        actions: list[Action] = []
        here = self._here(event.interface)
        guests = {flow.destination: _host_of(here, flow.destination) for flow in event.flows}
        for flow in event.flows:
            guest = guests[flow.destination]
            if guest is not None:
                actions += self._large(guest, flow, event, now)
        for guest in filter(None, dict.fromkeys(guests.values())):
            actions += self._registration.say(guest, now)
        return actions

    def _large(self, guest: Guest, flow: Metered, event: FlowsMetered, now: float) -> list[Action]:
        rule = self._settings.policy.rule_of(guest.identifier, _classified(flow))
        if rule is None or rule.min_rate is None or _rate(flow, event) < rule.min_rate:
            return []
        target = self._registration.planner.target(guest, rule)
        if target is None:
            return []
        selector, wish = _tied(flow, rule), Wish(target, rule, "rate")
        if selector not in guest.offloads and len(guest.offloads) >= self._settings.max_flows:
            return []  # the anchor would bind no more
        return self._registration.planner.want(guest, selector, wish, now)

    # --- links that are too full ---

    def _congestion(self, event: FlowsMetered, load: Load, now: float) -> list[Action]:
        details = {"interface": event.interface, "utilisation": round(load.utilisation, 3)}
        if not load.over and load.congested:
            load.congested = False
            return [Record("congestion_ended", details)]
        if load.over < self._settings.congestion.consecutive:
            return []
        load.over = 0  # the effect of this is to be measured first
        actions: list[Action] = [] if load.congested else [Record("congestion_began", details)]
        load.congested = True
        return actions + self._shed(event, load, now)

    def _shed(self, event: FlowsMetered, load: Load, now: float) -> list[Action]:
        """Send flows elsewhere, in the order of policy, until the rest is expected to fit."""
        assert load.rate is not None
        excess = load.measured - load.rate * self._settings.congestion.threshold
        actions: list[Action] = []
        changed: dict[int, Guest] = {}
        for candidate in sorted(self._candidates(event), key=_order):
            if excess < 0:
                break
            moved = self._move(candidate, load.rate / 2, now)
            if moved:
                excess -= candidate.rate
                actions += moved
                changed[id(candidate.guest)] = candidate.guest
        for guest in changed.values():
            actions += self._registration.say(guest, now)
        return actions

    def _move(self, candidate: Candidate, most: float, now: float) -> list[Action]:
        """Ask for it elsewhere; it may return once its rate fits, or ``most`` if that is less.

        What takes all that there is may do with less.
        """
        guest = candidate.guest
        target = _elsewhere(guest, candidate.rule)
        if target is None:
            return []
        known = guest.offloads.get(candidate.selector)
        wish = Wish(target, candidate.rule, "congestion")
        actions = self._registration.planner.want(guest, candidate.selector, wish, now)
        offload = guest.offloads[candidate.selector]
        if known is None:
            offload.foreign = candidate.foreign
        rate = min(candidate.rate, most)
        if offload.foreign:
            self._admission.sent_away(guest.visit.interface, candidate.selector, rate)
        elif actions:
            offload.until = now + self._settings.congestion.hold_down
            offload.rate = rate
        return actions

    def _candidates(self, event: FlowsMetered) -> Iterable[Candidate]:
        found: dict[tuple[int, FlowSelector], Candidate] = {}
        here = self._here(event.interface)
        for flow in event.flows:
            guest = self._guest(here, flow.destination)
            if guest is None:
                continue
            rule = self._settings.policy.rule_of(guest.identifier, _classified(flow))
            if rule is None or rule.shed is None:
                continue
            selector = _service(flow, rule)
            foreign = not _served(guest, flow.destination)
            fresh = Candidate(guest, rule, selector, 0.0, foreign)
            found.setdefault((id(guest), selector), fresh).rate += _rate(flow, event)
        return found.values()

    def _guest(self, here: list[Guest], destination: Address) -> Guest | None:
        """Return whose flow it is: an interface's own, or of the same node's other interfaces."""
        found = _host_of(here, destination)
        if found is not None:
            return found
        owner = self._owners.get(destination[_IDENTIFIER])
        return next((guest for guest in here if guest.identifier == owner), None)


def _identifiers(visitors: Mapping[bytes, VisitorProfile]) -> Iterable[tuple[bytes, str]]:
    """By its policy store a gateway knows the addresses of all interfaces (RFC 5213 §6.2)."""
    for octets, profile in visitors.items():
        address = interface_address(_ANY, octets)
        if address is not None:
            yield address[_IDENTIFIER], profile.identifier


def _served(guest: Guest, address: Address) -> bool:
    return any(prefix.contains(address) for prefix in guest.visit.served)


def _host_of(here: list[Guest], address: Address) -> Guest | None:
    """Return the interface that ``address`` belongs to."""
    return next((guest for guest in here if _served(guest, address)), None)


def _elsewhere(guest: Guest, rule: Rule) -> Alternative | None:
    """Return the best other interface that the rule allows."""
    others = [each for each in guest.alternatives if each.technology != guest.visit.technology]
    best = rule.best(each.technology for each in others)
    return next((each for each in others if each.technology == best), None)


def _classified(flow: Metered) -> FlowSelector:
    return replace(exact(flow), traffic_class=flow.traffic_class & 0xFC)


def _tied(flow: Metered, rule: Rule) -> FlowSelector:
    """Return the selector of a single flow, with what else makes it one of the service."""
    selector = rule.service.selector_of(_classified(flow))
    assert selector is not None
    return replace(exact(flow), traffic_class=selector.traffic_class)


def _service(flow: Metered, rule: Rule) -> FlowSelector:
    """Return the selector of all flows of the service to the same address."""
    selector = rule.service.selector_of(_classified(flow))
    assert selector is not None
    return replace(selector, destination=host(flow.destination))


def _rate(flow: Metered, event: FlowsMetered) -> float:
    return flow.octets * BITS / event.interval


def _order(candidate: Candidate) -> tuple[float, float]:
    shed = candidate.rule.shed
    return (float("inf") if shed is None else shed, -candidate.rate)
