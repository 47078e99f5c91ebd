"""The mapping table of a home proxy: DHoA, mobile node, service flows.

draft-liu-dmm-flows-distribution-and-handoff-01 §5.1.5, §5.1.6.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.core.deadlines import Deadlines
from agents.core.text import spelled
from agents.wire.address import Address
from agents.wire.private_options import BusinessFlowAttribute

FLOWS = 64
"""Flows that one DHoA is known to be used for; a binding covers those beyond all the same."""

Flow = tuple[int, int]
"""A transport protocol, 0 for any, and the mobile node's port."""


def flows_of(options: Iterable[object]) -> set[Flow]:
    """Return the flows that the options of a Binding Update name (§4.5)."""
    return {(o.protocol, o.port) for o in options if isinstance(o, BusinessFlowAttribute)}


@dataclass(slots=True, eq=False)
class Lease:
    """A DHoA, where the mobile node is that has it, and the flows that it is used for.

    It is provisional until a Binding Update has ``confirmed`` it, which may name the mobile node.
    ``any_flow`` where an update named no flow: it covers all.
    """

    address: Address
    care_of: Address
    confirmed: bool = False
    identifier: str | None = None
    any_flow: bool = False
    flows: set[Flow] = field(default_factory=set)

    def use(self, flows: set[Flow]) -> None:
        """Take note that the mobile node has bound ``flows``, or all where it names none."""
        self.any_flow = self.any_flow or not flows
        room = FLOWS - len(self.flows)
        self.flows.update(sorted(flows - self.flows)[:room])


class Leases:
    """All DHoAs that are given to somebody, also counted for each care-of address."""

    def __init__(self) -> None:
        self._leases: dict[Address, Lease] = {}
        self._held: Counter[Address] = Counter()
        self._provisional: dict[Address, Lease] = {}
        self._deadlines: Deadlines[Address] = Deadlines()
        self.deadline = self._deadlines.next

    def __len__(self) -> int:
        return len(self._leases)

    def __iter__(self) -> Iterator[Lease]:
        return iter(tuple(self._leases.values()))

    def get(self, address: Address) -> Lease | None:
        """Return the lease of a DHoA."""
        return self._leases.get(address)

    def held_by(self, care_of: Address) -> int:
        """Return how many DHoAs the mobile node at ``care_of`` has."""
        return self._held[care_of]

    def provisional(self, care_of: Address) -> Lease | None:
        """Return the lease that was given to ``care_of`` last, if it has not been confirmed."""
        return self._provisional.get(care_of)

    def add(self, lease: Lease, expires_at: float) -> None:
        """Give out ``lease``, provisionally, until ``expires_at``."""
        self._leases[lease.address] = lease
        self._held[lease.care_of] += 1
        self._provisional[lease.care_of] = lease
        self._deadlines.set(lease.address, expires_at)

    def confirm(self, lease: Lease, care_of: Address) -> None:
        """Take note that the mobile node of ``lease`` has bound it to ``care_of``."""
        self._settle(lease)
        self._leave(lease.care_of)
        self._held[care_of] += 1
        lease.care_of = care_of
        lease.confirmed = True

    def remove(self, lease: Lease) -> None:
        """End ``lease``; KeyError where it is not there."""
        del self._leases[lease.address]
        self._settle(lease)
        self._leave(lease.care_of)

    def expired(self, now: float) -> Iterator[Lease]:
        """Return each provisional lease that nobody has confirmed in time; it stays."""
        for address in self._deadlines.due(now):
            yield self._leases[address]

    def _settle(self, lease: Lease) -> None:
        self._deadlines.clear(lease.address)
        if self._provisional.get(lease.care_of) is lease:
            del self._provisional[lease.care_of]

    def _leave(self, care_of: Address) -> None:
        self._held[care_of] -= 1
        if not self._held[care_of]:
            del self._held[care_of]


def row(lease: Lease, remaining: float | None) -> Mapping[str, Any]:
    """Return a line of the mapping table as a row of printable values."""
    return {
        "node": lease.identifier or spelled(lease.address),
        "address": spelled(lease.address),
        "care_of": spelled(lease.care_of),
        "state": "bound" if lease.confirmed else "provisional",
        "flows": [f"{protocol}/{port}" for protocol, port in sorted(lease.flows)],
        "remaining": None if remaining is None else round(remaining, 3),
    }
