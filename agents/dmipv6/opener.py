"""The workflow of a new flow, from the question whether it needs mobility to its address.

draft-liu-dmm-flows-distribution-and-handoff-01 §5.1; the sections are cited at each step.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from agents.core.actions import Action, PreferSource, Record, Reply
from agents.core.deadlines import earliest
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.dmipv6.applicant import PATIENCE, Applicant
from agents.dmipv6.finder import Finder
from agents.dmipv6.flow import Flow, Flows, Open, Opening, Step, Via
from agents.dmipv6.proxies import Doubtful
from agents.dmipv6.seeker_config import SeekerConfig
from agents.dmipv6.whereabouts import Whereabouts
from agents.mipv6.mobile_node import MobileNode
from agents.wire.address import Address
from agents.wire.dmipv6_messages import DhpRecord
from agents.wire.options import AlternateCareOfAddress


class Opener:
    """Gives each flow its address: of a home proxy if it can, else the home address."""

    def __init__(
        self,
        config: SeekerConfig,
        node: str,
        place: Whereabouts,
        mobile: MobileNode,
        flows: Flows,
        doubtful: Doubtful,
    ) -> None:
        self._config = config
        self._node = node
        self._place = place
        self._mobile = mobile
        self._flows = flows
        self._doubtful = doubtful
        self._limit = TokenBucket(config.flow_limit.rate, config.flow_limit.burst)
        self.finder = Finder(config, place, node)
        self.applicant = Applicant(config, place, self._is_ours)

    def open(self, flow: Flow, now: float) -> list[Action]:
        """Begin with a new flow (§5.1.1, §5.1.2)."""
        self._flows.add(flow)
        return self._decide(flow, _opening(flow), now)

    def abandon(self, flow: Flow, now: float) -> list[Action]:
        """Stop looking for an address for ``flow``."""
        opening = _opening(flow)
        waits_for, opening.waits_for = opening.waits_for, None
        actions = self._give_back(opening, now)
        if opening.step is Step.FINDING:
            actions += self.finder.withdraw(waits_for, now)
        elif opening.step is Step.APPLYING:
            actions += self.applicant.withdraw(waits_for, now)
        return actions

    def moved(self, now: float) -> list[Action]:
        """Go on from a new care-of address."""
        actions = [*self.finder.moved(now), *self.applicant.moved(now)]
        for flow, opening in self._flows.opening():
            if opening.step is Step.ADDRESS:
                actions += self._decide(flow, opening, now)
        return actions

    def home_registered(self, now: float) -> list[Action]:
        """Let flows go that wait for the home address."""
        waiting = [f for f, opening in self._flows.opening() if opening.step is Step.HOME]
        return [action for flow in waiting for action in self._from_home(flow, now)]

    def registered(self, flow: Flow, now: float) -> list[Action]:
        """The DHoA of ``flow`` is bound: connect from it, and by the better mode (§5.1.7)."""
        opening = _opening(flow)
        assert opening.address is not None and opening.proxy is not None
        actions = self._complete(flow, Open(Via.PROXY, opening.address, opening.proxy))
        if self._config.route_optimization:
            actions += self._mobile.optimize(opening.address, flow.destination, now)
        return [*actions, *self.applicant.settled(opening.proxy, opening.address, now)]

    def failed(self, flow: Flow, why: str, now: float) -> list[Action]:
        """The DHoA of ``flow`` cannot be bound: try the next home proxy."""
        opening = _opening(flow)
        if opening.proxy is not None:
            self._doubtful.add(opening.proxy, now)
        return [*self._give_back(opening, now), *self._next(flow, opening, why, now)]

    def tick(self, now: float) -> list[Action]:
        """Do what has become due; no flow waits for longer than its time."""
        actions = [*self.finder.tick(now), *self.applicant.tick(now)]
        for flow, opening in self._flows.opening():
            if now >= opening.until:
                actions += self._too_late(flow, opening, now)
            elif now >= opening.due_at:
                actions += self.failed(flow, "the home proxy does not bind it", now)
        return actions

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        ends = [opening.due_at for _, opening in self._flows.opening()]
        parts = [self.finder.deadline(), self.applicant.deadline()]
        return earliest([*ends, *parts])

    def _decide(self, flow: Flow, opening: Opening, now: float) -> list[Action]:
        if not flow.service.mobility:  # §5.1.1
            return self._from_care_of(flow)
        if flow.incoming:  # §5.1.2
            return self._from_home(flow, now)
        zone = self._config.zone_of(flow.destination)
        if zone is None:
            return self._fall_back(flow, "no home proxies are known there", now)
        if self._place.at_home:
            return self._fall_back(flow, "at home", now)
        if self._place.care_of is None:
            return []
        if not self._limit.take(now):
            return self._fall_back(flow, "too many new flows", now)
        opening.step = Step.FINDING
        opening.waits_for = partial(self._found, flow, opening)
        requirements = flow.service.requirements
        return self.finder.find(zone, flow.destination, requirements, now, opening.waits_for)

    def _found(
        self, flow: Flow, opening: Opening, records: list[DhpRecord], why: str, now: float
    ) -> list[Action]:
        """Choose among the home proxies (§5.1.4)."""
        sure = [record for record in records if not self._doubtful.holds(record.address, now)]
        opening.candidates = self._config.policy.best_first(sure, flow.service.requirements)
        return self._next(flow, opening, why or "no home proxy will do", now)

    def _next(self, flow: Flow, opening: Opening, why: str, now: float) -> list[Action]:
        """Ask the best that is left for an address, or do without (§5.1.5)."""
        if not opening.candidates:
            return self._fall_back(flow, why, now)
        chosen = opening.candidates.pop(0)
        opening.step, opening.proxy = Step.APPLYING, chosen.address
        opening.waits_for = partial(self._given, flow, opening)
        selected = self._record("proxy_selected", flow, proxy=spelled(chosen.address))
        return [selected, *self.applicant.apply(chosen.address, opening.waits_for, now)]

    def _given(
        self, flow: Flow, opening: Opening, address: Address | None, why: str, now: float
    ) -> list[Action]:
        """Bind the DHoA to where this node is, and the flow to the DHoA (§5.1.5, §5.1.6)."""
        proxy = opening.proxy
        assert proxy is not None
        if address is None:
            self._doubtful.add(proxy, now)
            return self._next(flow, opening, why, now)
        opening.step, opening.address = Step.BINDING, address
        opening.patient_until = now + PATIENCE * self._config.open_timeout
        self._flows.give(flow, address)
        details = {"address": spelled(address), "proxy": spelled(proxy)}
        lifetime, options = self._config.proxy_lifetime, partial(self._options, flow)
        return [
            self._record("address_assigned", flow, **details),
            *self._mobile.add_home(address, proxy, now, options=options, lifetime=lifetime),
        ]

    def _options(self, flow: Flow) -> list[Any]:
        """Return what a DHP Binding Update says besides: the care-of address, the flow (§4.5)."""
        care_of = self._place.care_of
        alternate = [] if care_of is None else [AlternateCareOfAddress(care_of)]
        return [*alternate, *flow.attributes()]

    def _give_back(self, opening: Opening, now: float) -> list[Action]:
        address, proxy = opening.address, opening.proxy
        if address is None or proxy is None:
            return []
        opening.address = None
        self._flows.take(address)
        removed = self._mobile.remove_home(address, now)
        return [*removed, *self.applicant.settled(proxy, address, now)]

    def _fall_back(self, flow: Flow, why: str, now: float) -> list[Action]:
        """Use the home address, and then plain MIPv6 (§5.1.6)."""
        return [self._record("flow_fell_back", flow, why=why), *self._from_home(flow, now)]

    def _from_home(self, flow: Flow, now: float) -> list[Action]:
        opening = _opening(flow)
        opening.step = Step.HOME
        if self._place.home_address is None and now < opening.until:
            return []
        return self._complete(flow, Open(Via.HOME, self._place.first_home))

    def _from_care_of(self, flow: Flow) -> list[Action]:
        care_of = self._place.care_of
        if care_of is None:
            return []
        via = Via.HOME if self._place.at_home else Via.CARE_OF
        return self._complete(flow, Open(via, care_of))

    def _too_late(self, flow: Flow, opening: Opening, now: float) -> list[Action]:
        if opening.step is Step.HOME:
            return self._from_home(flow, now)
        if not flow.service.mobility:
            self._flows.forget(flow)
            return reply(flow.token, {"error": "there is no care-of address"})
        step, proxy = opening.step, opening.proxy
        if proxy is not None:
            self._doubtful.add(proxy, now)
        actions = self.abandon(flow, now)
        return [*actions, *self._fall_back(flow, f"waited too long for: {step}", now)]

    def _complete(self, flow: Flow, state: Open) -> list[Action]:
        """Let the flow connect from its address (§5.1.6)."""
        flow.state = state
        proxy = "" if state.proxy is None else spelled(state.proxy)
        told = {"source": spelled(state.source), "via": str(state.via), "proxy": proxy}
        preferred = [] if flow.user is None else [PreferSource(flow.user, state.source)]
        opened = self._record("flow_opened", flow, service=flow.service.name, **told)
        return [opened, *preferred, *reply(flow.token, told)]

    def _is_ours(self, address: Address) -> bool:
        return address == self._place.first_home or self._flows.of(address) is not None

    def _record(self, event: str, flow: Flow, **details: str) -> Record:
        return Record(event, {"node": self._node, "flow": flow.name, **details})


def reply(token: str, details: dict[str, str]) -> list[Action]:
    """Return the answer to a command, if somebody waits for it."""
    return [Reply(token, details)] if token else []


def _opening(flow: Flow) -> Opening:
    assert isinstance(flow.state, Opening)
    return flow.state
