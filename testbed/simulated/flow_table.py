"""A table of flows that is looked up by a packet's headers, however many flows it has.

Selectors of one shape (the lengths of their prefixes, which of their fields name one value) share
a dictionary, so that a lookup takes one step for each shape, of which there are few.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, NamedTuple, Protocol, TypeVar

from agents.core.flows import FlowSelector
from testbed.simulated.recognition import Headers

_CLASS = 0xFC  # the bits of a traffic class that are compared (RFC 6088 §3.2)


class Entry(Protocol):
    """What a table holds: for which packets, and before which others it comes."""

    @property
    def selector(self) -> FlowSelector:
        """Which packets it is for."""

    @property
    def priority(self) -> int:
        """What decides where several cover a packet; the lower wins."""


Held = TypeVar("Held", bound=Entry)
_Key = tuple[int, int, int | None, int | None, int | None]


class _Shape(NamedTuple):
    """How long the prefixes are that selectors have in common, and what they say exactly."""

    source: int
    destination: int
    protocol: bool
    source_port: bool
    destination_port: bool

    def key(self, seen: Headers) -> _Key:
        """Return under what a selector of this shape would cover a packet."""
        return (
            int.from_bytes(seen.source) >> 128 - self.source,
            int.from_bytes(seen.destination) >> 128 - self.destination,
            seen.protocol if self.protocol else None,
            seen.source_port if self.source_port else None,
            seen.destination_port if self.destination_port else None,
        )


class FlowTable(Generic[Held]):
    """Entries by their selectors, at most one for each."""

    __slots__ = ("_entries", "_shapes")

    def __init__(self) -> None:
        self._entries: dict[FlowSelector, Held] = {}
        self._shapes: dict[_Shape, dict[_Key, list[Held]]] = {}

    def __bool__(self) -> bool:
        return bool(self._entries)

    def __iter__(self) -> Iterator[Held]:
        return iter(self._entries.values())

    def add(self, entry: Held) -> None:
        """Hold ``entry`` in place of what was held for the same selector."""
        self.remove(entry.selector)
        shape, key = _place(entry.selector)
        bucket = self._shapes.setdefault(shape, {}).setdefault(key, [])
        bucket.append(entry)
        bucket.sort(key=_priority)
        self._entries[entry.selector] = entry

    def remove(self, selector: FlowSelector) -> None:
        """Forget what is held for ``selector``, if there is something."""
        entry = self._entries.pop(selector, None)
        if entry is None:
            return
        shape, key = _place(selector)
        buckets = self._shapes[shape]
        buckets[key].remove(entry)
        if not buckets[key]:
            del buckets[key]
            if not buckets:
                del self._shapes[shape]

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._shapes.clear()

    def get(self, selector: FlowSelector) -> Held | None:
        """Return what is held for exactly ``selector``."""
        return self._entries.get(selector)

    def find(self, seen: Headers) -> Held | None:
        """Return what covers a packet with the headers ``seen``, of several the first in order."""
        found: Held | None = None
        for shape, buckets in self._shapes.items():
            for entry in buckets.get(shape.key(seen), ()):
                if _covers(entry.selector, seen):
                    if found is None or entry.priority < found.priority:
                        found = entry
                    break
        return found


def _priority(entry: Entry) -> int:
    return entry.priority


def _place(selector: FlowSelector) -> tuple[_Shape, _Key]:
    near, far = selector.source_ports, selector.destination_ports
    shape = _Shape(
        selector.source.length,
        selector.destination.length,
        selector.protocol != 0,
        near[0] == near[1],
        far[0] == far[1],
    )
    like = Headers(
        selector.source.network, selector.destination.network, selector.protocol, near[0], far[0]
    )
    return shape, shape.key(like)


def _covers(selector: FlowSelector, seen: Headers) -> bool:
    """Say whether the ranges of a selector under whose key a packet is found cover it too."""
    near, far = selector.source_ports, selector.destination_ports
    if not near[0] <= seen.source_port <= near[1]:
        return False
    if not far[0] <= seen.destination_port <= far[1]:
        return False
    wanted = selector.traffic_class
    return wanted is None or wanted & _CLASS == seen.traffic_class & _CLASS
