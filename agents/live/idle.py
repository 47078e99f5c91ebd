"""Steered flows that no packet takes any more, found by what the kernel has counted of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from agents.core.events import Event, FlowIdle
from agents.core.flows import FlowSelector
from agents.live.loop import Later
from agents.live.netlink import NetlinkError

_LOOKS = 10  # within the shortest time that makes a flow idle
_LEAST = 0.01  # seconds between two looks


@dataclass(slots=True)
class _Life:
    timeout: float
    since: float
    packets: int = 0


class IdleFlows:
    """Tells of flows without packets; ``counted`` returns the octets and packets of all flows."""

    def __init__(
        self,
        later: Later,
        counted: Callable[[], Mapping[FlowSelector, tuple[int, int]]],
        tell: Callable[[Event], None],
    ) -> None:
        self._later, self._counted, self._tell = later, counted, tell
        self._lives: dict[FlowSelector, _Life] = {}
        self._due: float | None = None

    def expect(self, selector: FlowSelector, timeout: float) -> None:
        """Tell once that no packet of ``selector`` came for ``timeout`` seconds, 0 for never."""
        self.forget(selector)
        if timeout > 0:
            self._lives[selector] = _Life(timeout, monotonic())
            self._look_within(timeout / _LOOKS)

    def forget(self, selector: FlowSelector) -> None:
        """Tell nothing of it."""
        self._lives.pop(selector, None)

    def _look_within(self, delay: float) -> None:
        delay = max(delay, _LEAST)
        due = monotonic() + delay
        if self._due is None or due < self._due:
            self._due = due
            self._later(delay, lambda: self._look(due))

    def _look(self, due: float) -> None:
        if due != self._due:  # an earlier look was asked for meanwhile
            return
        self._due = None
        for selector in self._idle():
            self.forget(selector)
            self._tell(FlowIdle(selector))
        if self._lives:
            self._look_within(min(life.timeout for life in self._lives.values()) / _LOOKS)

    def _idle(self) -> list[FlowSelector]:
        try:
            counted = self._counted()
        except NetlinkError:  # the kernel was changing what it counts: the next look will tell
            return []
        now, found = monotonic(), []
        for selector, life in self._lives.items():
            _, packets = counted.get(selector, (0, 0))
            if packets != life.packets:
                life.packets, life.since = packets, now
            elif now - life.since >= life.timeout:
                found.append(selector)
        return found
