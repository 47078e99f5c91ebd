"""Which selectors claim which keys, and what has changed of that since it was last asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from agents.core.flows import FlowSelector
from agents.live.flow_keys import Shape, pieces
from agents.wire.address import Prefix


class Class(NamedTuple):
    """The flows that are looked up at the same time and by the same bits."""

    rank: float
    shape: Shape


class Place(NamedTuple):
    """Where packets are found that a selector claims."""

    among: Class
    key: bytes


def places_of(selector: FlowSelector, rank: float) -> list[Place]:
    """Return where packets of ``selector`` are found; OSError where that is too many places."""
    return [Place(Class(rank, shape), key) for shape, key in pieces(selector)]


class Claims:
    """Selectors with a value each; where two claim the same place, the later one has it."""

    def __init__(self) -> None:
        self._places: dict[FlowSelector, Sequence[Place]] = {}
        self._owners: dict[Place, dict[FlowSelector, bytes]] = {}
        self._destinations: Counter[Prefix] = Counter()
        self._changed: dict[Place, None] = {}
        self._touched: dict[Prefix, None] = {}

    def __bool__(self) -> bool:
        return bool(self._places)

    def want(self, selector: FlowSelector, places: Sequence[Place], value: bytes) -> None:
        """Claim the places of ``selector``: see ``places_of``."""
        self.drop(selector)
        self._places[selector] = places
        self._guard(selector.destination, 1)
        for place in places:
            self._owners.setdefault(place, {})[selector] = value
            self._changed[place] = None

    def drop(self, selector: FlowSelector) -> None:
        """Claim them no longer."""
        places = self._places.pop(selector, None)
        if places is None:
            return
        self._guard(selector.destination, -1)
        for place in places:
            owners = self._owners[place]
            del owners[selector]
            if not owners:
                del self._owners[place]
            self._changed[place] = None

    def value(self, place: Place) -> bytes | None:
        """Return what belongs there, None where nobody claims it."""
        owners = self._owners.get(place)
        return next(reversed(owners.values())) if owners else None

    def is_destination(self, prefix: Prefix) -> bool:
        """Say whether a selector has this very destination."""
        return prefix in self._destinations

    def changes(self) -> tuple[list[Place], list[Prefix]]:
        """Return the places and the destinations that may have changed since this was asked."""
        found = list(self._changed), list(self._touched)
        self._changed, self._touched = {}, {}
        return found

    def all_changed(self) -> None:
        """Take all that is claimed as changed."""
        self._changed = dict.fromkeys(self._owners)
        self._touched = dict.fromkeys(self._destinations)

    def sums(
        self, counted: Mapping[Place, tuple[int, int]]
    ) -> Iterator[tuple[FlowSelector, tuple[int, int]]]:
        """Yield each selector with the octets and packets that its places have counted."""
        for selector, places in self._places.items():
            counts = [counted.get(place, (0, 0)) for place in places]
            yield selector, (sum(each[0] for each in counts), sum(each[1] for each in counts))

    def _guard(self, destination: Prefix, more: int) -> None:
        self._touched[destination] = None
        self._destinations[destination] += more
        if not self._destinations[destination]:
            del self._destinations[destination]
