"""The flows that an anchor sends elsewhere than their prefixes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agents.core.flows import FlowSelector
from agents.flowbinding import selectors
from agents.flowbinding.config import Link
from agents.pmipv6.binding_cache import Binding


@dataclass(eq=False, slots=True)
class FlowEntry:
    """A flow of the interface ``serving`` that goes to the interface ``target``.

    ``identifier`` is the number that the gateway gave it, 0 in the layout of 2009. ``rate`` in
    bit/s is what it is expected to need. A ``stale`` one ends unless its gateway names it again.
    """

    serving: Binding
    target: Binding
    selector: FlowSelector
    priority: int
    identifier: int = 0
    service: str = ""
    rate: float = 0.0
    idle_timeout: float = 0.0
    stale: bool = False

    @property
    def whole(self) -> bool:
        """Say whether this is all that an interface out of service had."""
        return selectors.is_whole(self.selector, self.serving.prefixes)

    @property
    def text(self) -> str:
        """Return the flow as people read it."""
        return selectors.text(self.selector, self.service)


class FlowTable:
    """All entries of an anchor, found by selector and by interface in constant time.

    A selector names one mobile node's address, so no two nodes have the same.
    """

    def __init__(self) -> None:
        self._entries: dict[FlowSelector, FlowEntry] = {}
        self._from: dict[Binding, dict[FlowSelector, FlowEntry]] = {}
        self._to: dict[Binding, dict[FlowSelector, FlowEntry]] = {}
        self._out: set[Binding] = set()
        self._links: dict[Binding, Link] = {}
        self._loads: dict[Link, tuple[int, float]] = {}

    def __iter__(self) -> Iterator[FlowEntry]:
        return iter(list(self._entries.values()))

    def get(self, selector: FlowSelector) -> FlowEntry | None:
        """Return the entry of this very selector."""
        return self._entries.get(selector)

    def numbered(self, serving: Binding, identifier: int) -> FlowEntry | None:
        """Return the entry that the gateway of ``serving`` gave this number."""
        return next((e for e in self.of(serving) if e.identifier == identifier), None)

    def of(self, serving: Binding) -> list[FlowEntry]:
        """Return the flows of an interface that go elsewhere."""
        return list(self._from.get(serving, {}).values())

    def at(self, target: Binding) -> list[FlowEntry]:
        """Return the flows of other interfaces that go to this one."""
        return list(self._to.get(target, {}).values())

    def is_out(self, binding: Binding) -> bool:
        """Say whether an interface is out of service."""
        return binding in self._out

    def mark(self, binding: Binding, out: bool) -> None:
        """Take an interface for ``out`` of service, or for one that is in service."""
        if out:
            self._out.add(binding)
        else:
            self._out.discard(binding)

    def load(self, link: Link) -> float:
        """Return what all flows that go to a link are expected to need there, in bit/s."""
        return self._loads.get(link, (0, 0.0))[1]

    def moved(self, target: Binding) -> None:
        """Take note that an interface is on another link now, with all flows that go there."""
        entries = self.at(target)
        for entry in entries:
            self._count(entry, -1)
        self._links.pop(target, None)
        for entry in entries:
            self._count(entry, 1)

    def add(self, entry: FlowEntry) -> None:
        """Enter ``entry``, in place of the one with the same selector."""
        known = self._entries.get(entry.selector)
        if known is not None:
            self.remove(known)
        self._entries[entry.selector] = entry
        self._from.setdefault(entry.serving, {})[entry.selector] = entry
        self._to.setdefault(entry.target, {})[entry.selector] = entry
        self._count(entry, 1)

    def remove(self, entry: FlowEntry) -> None:
        """Delete ``entry``; KeyError where it is not there."""
        del self._entries[entry.selector]
        self._count(entry, -1)
        for table, binding in ((self._from, entry.serving), (self._to, entry.target)):
            del table[binding][entry.selector]
            if not table[binding]:
                del table[binding]
        if entry.target not in self._to:
            self._links.pop(entry.target, None)

    def _count(self, entry: FlowEntry, sign: int) -> None:
        """Add ``entry`` to the load of its target's link, or take it off."""
        target = entry.target
        link = self._links.setdefault(target, (target.care_of, target.technology))
        flows, rate = self._loads.pop(link, (0, 0.0))
        if flows + sign:
            self._loads[link] = flows + sign, rate + sign * entry.rate
