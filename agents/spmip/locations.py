"""What a gateway knows of where an address is: one state for each, bounded in number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agents.core.deadlines import Deadlines
from agents.spmip.by_prefix import ByPrefix
from agents.spmip.config import Bounds
from agents.wire.address import Address, Prefix


@dataclass(frozen=True, slots=True)
class Querying:
    """Asked about for the first time: packets are kept."""


@dataclass(frozen=True, slots=True)
class Located:
    """Behind the gateway ``care_of``, to which a tunnel route leads, until ``expires_at``."""

    care_of: Address
    expires_at: float


@dataclass(frozen=True, slots=True)
class Confirming:
    """Known to have moved from ``care_of``, whose route stays while it is asked where to."""

    care_of: Address
    expires_at: float


@dataclass(frozen=True, slots=True)
class Absent:
    """Nobody's: packets are dropped and nothing is asked until ``expires_at``."""

    expires_at: float


State = Querying | Located | Confirming | Absent

ROUTED = (Located, Confirming)
"""The states in which a tunnel route leads to the address."""


class Locations:
    """The states of all addresses, with the time at which each ends of itself."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = {Located: bounds.routes, Absent: bounds.absences}
        self._states: ByPrefix[State] = ByPrefix()
        self._aged: dict[type, dict[Address, None]] = {Located: {}, Absent: {}}
        self._deadlines: Deadlines[Address] = Deadlines()
        self.deadline = self._deadlines.next
        self.expired = self._deadlines.due

    def __iter__(self) -> Iterator[tuple[Address, State]]:
        for address in self._states:
            state = self._states.get(address)
            assert state is not None
            yield address, state

    def of(self, address: Address) -> State | None:
        """Return the state of ``address``, None where nothing is known of it."""
        return self._states.get(address)

    def within(self, prefix: Prefix) -> list[Address]:
        """Return the addresses in ``prefix`` that something is known of."""
        return self._states.within(prefix)

    def enter(self, address: Address, state: State) -> Address | None:
        """Give ``address`` its next state; return the oldest address that must go for it, if any.

        Located and Confirming count as one: both have a route.
        """
        self.forget(address)
        self._states.set(address, state)
        if isinstance(state, Querying):
            return None
        self._deadlines.set(address, state.expires_at)
        kind = Absent if isinstance(state, Absent) else Located
        aged = self._aged[kind]
        aged[address] = None
        return next(iter(aged)) if len(aged) > self._bounds[kind] else None

    def forget(self, address: Address) -> None:
        """Know nothing of ``address`` any more."""
        self._states.remove(address)
        self._deadlines.clear(address)
        for aged in self._aged.values():
            aged.pop(address, None)
