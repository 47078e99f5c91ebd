"""The ways of single flows through an anchor, down and up (xia §4 steps 10, 11; §6)."""

from __future__ import annotations

from typing import NamedTuple

from agents.core.actions import (
    Action,
    AddTunnel,
    RemoveTunnel,
    SteerFlow,
    StopSteering,
    StopWatching,
    WatchFlow,
)
from agents.core.deadlines import Deadlines
from agents.core.flows import FlowSelector
from agents.flowbinding.flow_table import FlowEntry
from agents.pmipv6.binding_cache import Binding
from agents.pmipv6.forwarding import interface_address
from agents.wire.address import Address, Prefix

WATCH_INTERVAL = 1.0
"""Seconds between two reports of a flow that takes the wrong way up, at least."""

MOST_RETURNED = 128
"""Flows of one mobile node that are watched after their return, at most."""

RETURN_WATCH = 60.0
"""Seconds for which a flow that has returned is told to return upwards too."""


def own_address(binding: Binding) -> Address | None:
    """Return the address that an interface makes of its first prefix, if that can be told."""
    return interface_address(binding.prefixes[0], binding.link_layer)


def is_shared(entry: FlowEntry) -> bool:
    """Say whether both interfaces have the address: then one tunnel is enough (xia §7)."""
    return not set(entry.serving.prefixes).isdisjoint(entry.target.prefixes)


class Returned(NamedTuple):
    """A flow that is not elsewhere any more, and the interface that it has returned to."""

    entry: FlowEntry
    home: Binding


class Inner(NamedTuple):
    """The tunnel from an interface, and what else than its own may be inside."""

    remote: Address
    prefixes: tuple[Prefix, ...]


class Steering:
    """What the kernel of an anchor was asked for flows, kept in step with the table."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._inner: dict[Binding, Inner] = {}
        self._returned: dict[FlowSelector, Returned] = {}
        self._returned_of: dict[bytes, dict[FlowSelector, None]] = {}
        self._deadlines: Deadlines[FlowSelector] = Deadlines()
        self.deadline = self._deadlines.next

    def steer(self, entry: FlowEntry) -> list[Action]:
        """Send a flow to its target, or to where that is now."""
        remote = entry.target.care_of if is_shared(entry) else own_address(entry.target)
        assert remote is not None  # no entry is made without
        upwards = entry.selector.reverse()
        self._forget(upwards)
        return [
            SteerFlow(entry.selector, self._address, remote, entry.priority, entry.idle_timeout),
            WatchFlow(upwards, entry.target.care_of, WATCH_INTERVAL),
        ]

    def bring_back(self, entry: FlowEntry, home: Binding, now: float) -> list[Action]:
        """Let a flow go ``home`` again, and watch for a while that it comes from there."""
        upwards = entry.selector.reverse()
        self._forget(upwards)
        self._returned[upwards] = Returned(entry, home)
        others = self._returned_of.setdefault(home.identifier, {})
        others[upwards] = None
        self._deadlines.set(upwards, now + RETURN_WATCH)
        watch = WatchFlow(upwards, home.care_of, WATCH_INTERVAL)
        oldest = next(iter(others)) if len(others) > MOST_RETURNED else None
        over = [] if oldest is None else self._unwatch(oldest)
        return [StopSteering(entry.selector), watch, *over]

    def stop(self, entry: FlowEntry) -> list[Action]:
        """Forget a flow whose interface has gone."""
        return [StopSteering(entry.selector), StopWatching(entry.selector.reverse())]

    def returned(self, upwards: FlowSelector) -> Returned | None:
        """Return what a flow was that has returned not long ago."""
        return self._returned.get(upwards)

    def forget_returned(self, home: Binding) -> list[Action]:
        """Watch the flows no longer that have returned to an interface: it has moved."""
        actions: list[Action] = []
        for upwards in list(self._returned_of.get(home.identifier, ())):
            returned = self._returned[upwards]
            if home in (returned.home, returned.entry.serving):
                actions += self._unwatch(upwards)
        return actions

    def reach(self, sessions: list[Binding], gone: Binding | None = None) -> list[Action]:
        """Take what one interface sends for another out of both tunnels (xia §6, upstream)."""
        actions: list[Action] = []
        for binding in sessions:
            others = [b.prefixes for b in sessions if b is not binding]
            foreign = (p for prefixes in others for p in prefixes if p not in binding.prefixes)
            actions += self._accept(binding, tuple(dict.fromkeys(foreign)))
        return actions if gone is None else [*actions, *self._accept(gone, ())]

    def tick(self, now: float) -> list[Action]:
        """Watch flows no longer that have returned long ago."""
        actions: list[Action] = []
        for upwards in self._deadlines.due(now):
            actions += self._unwatch(upwards)
        return actions

    def _accept(self, binding: Binding, inner: tuple[Prefix, ...]) -> list[Action]:
        remote = own_address(binding)
        known = self._inner.pop(binding, None)
        wanted = None if remote is None or not inner else Inner(remote, inner)
        if wanted is not None:
            self._inner[binding] = wanted
        if wanted == known:
            return []
        actions: list[Action] = []
        if known is not None and (wanted is None or wanted.remote != known.remote):
            actions.append(RemoveTunnel(self._address, known.remote))
        if wanted is not None:
            actions.append(AddTunnel(self._address, wanted.remote, wanted.prefixes))
        return actions

    def _unwatch(self, upwards: FlowSelector) -> list[Action]:
        self._forget(upwards)
        return [StopWatching(upwards)]

    def _forget(self, upwards: FlowSelector) -> None:
        returned = self._returned.pop(upwards, None)
        if returned is None:
            return
        self._deadlines.clear(upwards)
        identifier = returned.home.identifier
        others = self._returned_of[identifier]
        del others[upwards]
        if not others:
            del self._returned_of[identifier]
