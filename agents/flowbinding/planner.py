"""Which flows of an interface belong on another one, by policy and by what is there (xia §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from agents.core.actions import Action
from agents.core.flows import FlowSelector
from agents.flowbinding import gateway_records as records
from agents.flowbinding.alternatives import Alternative
from agents.flowbinding.guests import FOREVER, Guest, Offload, Stage
from agents.flowbinding.policy import WHOLE_PRIORITY, Policy, Rule
from agents.flowbinding.selectors import host, overlap
from agents.pmipv6.forwarding import interface_address
from agents.wire.address import Address, Prefix

Fits = Callable[[str, float, float], bool]
"""Whether an access interface bears so many bit/s more than it carries, at a time."""

_AWAY = (Stage.ASKING, Stage.BOUND, Stage.RENEWING)


class Wish(NamedTuple):
    """Where a flow belongs, by which rule, and what has made it so."""

    target: Alternative
    rule: Rule | None
    cause: str


class Planner:
    """Keeps what a gateway asks for in step with policy."""

    def __init__(self, policy: Policy, address: Address, hold_down: float, fits: Fits) -> None:
        self._policy = policy
        self._address = address
        self._hold_down = hold_down
        self._fits = fits

    def plan(self, guest: Guest, now: float) -> list[Action]:
        """Change what is asked for an interface to what is wanted now."""
        self._prolong(guest, now)
        wishes = self._wishes(guest)
        actions: list[Action] = []
        for selector, wish in wishes.items():
            actions += self.want(guest, selector, wish, now)
        for offload in list(guest.offloads.values()):
            if offload.selector not in wishes and not self._stays(guest, offload, now):
                actions += self._unwant(guest, offload)
        return actions

    def want(self, guest: Guest, selector: FlowSelector, wish: Wish, now: float) -> list[Action]:
        """Ask for a flow, unless it is there already or was refused not long ago."""
        known = guest.offloads.get(selector)
        if known is None:
            number, priority = guest.number(), _priority(wish)
            known = Offload(selector, wish.target, wish.rule, priority, number, wish.cause)
            guest.offloads[selector] = known
            return [records.requested(guest, known)]
        waiting = known.stage in (Stage.DENIED, Stage.HELD)
        if known.target == wish.target and (now < known.until if waiting else True):
            if known.stage is Stage.REMOVING:
                known.stage = Stage.RENEWING
            return []
        known.target, known.cause = wish.target, wish.cause
        known.stage, known.until = Stage.ASKING, FOREVER
        return [records.requested(guest, known)]

    def destinations(self, guest: Guest) -> tuple[Prefix, ...]:
        """Return the addresses of an interface, or its prefixes where nobody can tell them."""
        octets = guest.visit.profile.maker
        found = ((p, interface_address(p, octets)) for p in guest.visit.served)
        return tuple(prefix if each is None else host(each) for prefix, each in found)

    def target(self, guest: Guest, rule: Rule) -> Alternative | None:
        """Return where else flows of ``rule`` belong; None where they are right."""
        present = [each.technology for each in guest.alternatives]
        own = [] if guest.is_out else [guest.visit.technology]
        best = rule.best([*present, *own])
        if best is None or best in own:
            return None
        return next(each for each in guest.alternatives if each.technology == best)

    def _wishes(self, guest: Guest) -> dict[FlowSelector, Wish]:
        if guest.is_out:
            return self._everything(guest)
        wishes: dict[FlowSelector, Wish] = {}
        decided = list(self._decided(guest))
        for place, (selector, rule, target) in enumerate(decided):
            if target is not None:
                wishes.setdefault(selector, Wish(target, rule, "policy"))
            elif any(t is not None and overlap(selector, s) for s, _, t in decided[place:]):
                # It belongs here, and would go along with a less important one that does not.
                wishes.setdefault(selector, Wish(self._own(guest), rule, "policy"))
        return wishes

    def _decided(self, guest: Guest) -> Iterator[tuple[FlowSelector, Rule, Alternative | None]]:
        """Yield where each service belongs, None for here; the most important comes first."""
        for rule in self._policy.rules_for(guest.identifier):
            target = None if rule.min_rate is not None else self.target(guest, rule)
            for destination in self.destinations(guest):
                for selector in rule.service.selectors:
                    yield replace(selector, destination=destination), rule, target

    def _own(self, guest: Guest) -> Alternative:
        return Alternative(self._address, guest.visit.technology)

    def _everything(self, guest: Guest) -> dict[FlowSelector, Wish]:
        """Out of service: all that goes to the interface, by its prefixes."""
        if not guest.alternatives:
            return {}
        wish = Wish(guest.alternatives[0], None, "out of service")
        return {FlowSelector(destination=prefix): wish for prefix in guest.visit.served}

    def _prolong(self, guest: Guest, now: float) -> None:
        """Keep away what congestion has moved, as long as its link would be full with it again."""
        returning = 0.0
        for offload in guest.offloads.values():
            if offload.cause != "congestion" or offload.stage not in _AWAY or now < offload.until:
                continue
            if self._fits(guest.visit.interface, returning + offload.rate, now):
                returning += offload.rate
            else:
                offload.until = now + self._hold_down

    def _stays(self, guest: Guest, offload: Offload, now: float) -> bool:
        """Say whether a flow that policy does not name goes on as it is."""
        if offload.foreign:
            return offload.stage not in (Stage.DENIED, Stage.HELD)
        if offload.stage in (Stage.DENIED, Stage.HELD):
            return now < offload.until
        if offload.rule is None or offload.target not in guest.alternatives:
            return False
        if guest.is_out:
            return True
        if offload.cause == "congestion":
            return now < offload.until
        if offload.rule.min_rate is None:
            return False
        return self.target(guest, offload.rule) == offload.target

    def _unwant(self, guest: Guest, offload: Offload) -> list[Action]:
        """Have a flow come back, or forget it where the anchor has done that already."""
        bound = offload.stage in (*_AWAY, Stage.REMOVING)
        here = offload.target == self._own(guest) and not guest.is_out
        reachable = here or offload.target in guest.alternatives or offload.rule is None
        if not (bound and reachable):
            del guest.offloads[offload.selector]
            return [records.withdrawn(guest, offload, "target lost")] if bound else []
        if offload.stage is Stage.REMOVING:
            return []
        offload.stage, offload.until = Stage.REMOVING, FOREVER
        return [records.withdrawn(guest, offload, "policy")]


def _priority(wish: Wish) -> int:
    if wish.rule is None:
        return WHOLE_PRIORITY
    return wish.rule.single_priority if wish.cause == "rate" else wish.rule.priority
