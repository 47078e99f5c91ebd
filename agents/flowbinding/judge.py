"""Whether an anchor lets a flow go where a gateway wants it (xia §4 step 6, §6, §9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agents.core.flows import FlowSelector
from agents.core.rate import TokenBucket
from agents.flowbinding.alternatives import Alternative
from agents.flowbinding.config import FlowSettings, Inquire, Link
from agents.flowbinding.flow_table import FlowEntry, FlowTable
from agents.flowbinding.layouts import Said
from agents.flowbinding.policy import WHOLE_PRIORITY, Rule
from agents.flowbinding.selectors import is_whole
from agents.flowbinding.statuses import Outcome
from agents.flowbinding.steering import own_address
from agents.pmipv6.binding_cache import Binding
from agents.wire.address import Address


class Case(NamedTuple):
    """A flow that the gateway of ``asking`` wants at one of ``alternatives``.

    ``sessions`` are all interfaces of the mobile node that are registered, ``owner`` is the one
    that the flow's address belongs to.
    """

    said: Said
    selector: FlowSelector
    asking: Binding
    owner: Binding
    sessions: Sequence[Binding]
    alternatives: Sequence[Alternative]


class Inquiry(NamedTuple):
    """The verdict that only the target's gateway can tell."""

    entry: FlowEntry


class Judge:
    """Decides by what the anchor knows: policy, links' rates, the flows that are bound already."""

    def __init__(
        self, settings: FlowSettings, capacities: Mapping[Link, float], table: FlowTable
    ) -> None:
        self._settings = settings
        self._capacities = capacities
        self._table = table
        self._doubtful: set[Link] = set()
        self._buckets: dict[Address, TokenBucket] = {}

    def doubt(self, target: Binding) -> None:
        """Believe the gateway of ``target`` that its link is congested, until it says otherwise."""
        self._doubtful.add((target.care_of, target.technology))

    def trust(self, target: Binding) -> None:
        """The gateway of ``target`` has accepted a flow."""
        self._doubtful.discard((target.care_of, target.technology))

    def service_of(self, owner: Binding, selector: FlowSelector | None) -> str:
        """Return the name of the service that a flow to an interface belongs to."""
        if selector is None or is_whole(selector, owner.prefixes):
            return ""
        rule = self._rule(owner, selector)
        return "" if rule is None else rule.service.name

    def decide(self, case: Case, now: float) -> FlowEntry | Outcome | Inquiry:
        """Return the entry to make, or why there is none, or what to ask the target's gateway."""
        target = self._target(case)
        if target is None:
            return Outcome.TARGET
        entry = self._entry(case, target)
        if entry is None:
            return Outcome.POLICY
        known = self._table.get(case.selector)
        if known is not None and known.target is target:
            return entry  # goes on as it is
        if not self._within_limits(case, entry, known, now):
            return Outcome.LIMIT
        # What stays costs nothing. All that an interface had has nowhere else to go: to wait for
        # an answer would lose it.
        settled = entry.whole or target is case.owner
        return entry if settled else self._by_bandwidth(entry)

    def _target(self, case: Case) -> Binding | None:
        """Return the interface in service that is named, and that packets can be sent to.

        It may be the flow's own: then less important flows, of which this is a part, leave it.
        """
        whole = is_whole(case.selector, case.owner.prefixes)
        for session in case.sessions:
            named = Alternative(session.care_of, session.technology) in case.alternatives
            usable = own_address(session) is not None and not self._table.is_out(session)
            if named and usable and not (session is case.owner and whole):
                return session
        return None

    def _entry(self, case: Case, target: Binding) -> FlowEntry | None:
        """Return the entry as policy has it; all of an interface may go anywhere (xia §5)."""
        entry = FlowEntry(
            case.owner, target, case.selector, case.said.priority, case.said.identifier
        )
        if entry.whole:
            entry.priority = max(WHOLE_PRIORITY, entry.priority)
            return entry
        rule = self._rule(case.owner, case.selector)
        stays = target is case.owner
        if rule is None or not (stays or target.technology in rule.prefer):
            return None
        entry.service = rule.service.name
        if not stays:
            entry.rate = rule.rate
            entry.idle_timeout = 0.0 if rule.min_rate is None else rule.idle_timeout
        return entry

    def _rule(self, owner: Binding, selector: FlowSelector) -> Rule | None:
        identifier = owner.identifier.decode(errors="replace")
        return self._settings.policy.rule_of(identifier, selector)

    def _within_limits(
        self, case: Case, entry: FlowEntry, known: FlowEntry | None, now: float
    ) -> bool:
        """A gateway that offloads everything to one victim does not get far (xia §9).

        All that an interface had is one entry for each prefix, whatever else is bound.
        """
        bound = sum(len(self._table.of(session)) for session in case.sessions)
        if known is None and not entry.whole and bound >= self._settings.max_flows:
            return False
        most = self._settings.max_requests
        bucket = self._buckets.setdefault(case.asking.care_of, TokenBucket(most, most))
        return bucket.take(now)

    def _by_bandwidth(self, entry: FlowEntry) -> FlowEntry | Outcome | Inquiry:
        link = entry.target.care_of, entry.target.technology
        inquire, capacity = self._settings.inquire, self._capacities.get(link)
        certain = capacity is not None and link not in self._doubtful
        if inquire is Inquire.ALWAYS or (inquire is Inquire.UNKNOWN and not certain):
            return Inquiry(entry)
        if capacity is not None and self._load(link, entry) + entry.rate > capacity:
            return Outcome.BANDWIDTH
        return entry

    def _load(self, link: Link, entry: FlowEntry) -> float:
        known = self._table.get(entry.selector)
        here = known is not None and (known.target.care_of, known.target.technology) == link
        return self._table.load(link) - (known.rate if known is not None and here else 0.0)


def owner_of(selector: FlowSelector, sessions: Sequence[Binding]) -> Binding | None:
    """Return the interface whose prefix the flow's destination lies in."""
    wanted = selector.destination
    for session in sessions:
        for prefix in session.prefixes:
            if prefix.length <= wanted.length and prefix.contains(wanted.network):
                return session
    return None
