"""What the kernel does with single flows: steers them, watches them, meters them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from agents.core.actions import Action, MeterFlows, SteerFlow, StopSteering, StopWatching, WatchFlow
from agents.core.events import Event
from agents.core.flows import FlowSelector
from agents.live.exit import Watch
from agents.live.flow_meter import FlowMeter
from agents.live.flow_watch import FlowWatch
from agents.live.loop import Later
from agents.live.netlink import Netlink, Request
from agents.live.steering import FindWay, Steering
from agents.wire.address import Address

FLOW_ACTIONS = (SteerFlow, StopSteering, WatchFlow, StopWatching, MeterFlows)


class Flows:
    """Performs the actions about flows; ``find`` finds the way into a tunnel.

    ``watch`` is told what to wait for and what to call then, ``later`` what to call after a time,
    ``tell`` what the core must know.
    """

    def __init__(
        self,
        netlink: Netlink,
        find: FindWay,
        is_host: bool,
        watch: Watch,
        later: Later,
        tell: Callable[[Event], None],
    ) -> None:
        self._steering = Steering(netlink, find, is_host, watch, later, tell)
        self._watch = FlowWatch(watch, tell)
        self._meter = FlowMeter(later, tell)
        self.peer = self._watch.peer

    def requests(self, action: Action) -> list[Request]:
        """Return what must be done before the next flush; OSError where that cannot be."""
        match action:
            case SteerFlow():
                return self._steering.steer(action)
            case StopSteering():
                self._steering.stop(action)
            case WatchFlow():
                self._watch.watch(action)
            case StopWatching():
                self._watch.stop(action)
            case MeterFlows():
                self._meter.meter(action)
        return []

    def end_at(self, local: Address) -> None:
        """Know that tunnels end at ``local`` whose packets are routed from here."""
        self._steering.end_at([local])

    def counters(self) -> dict[str, int]:
        """Return what was counted of packets."""
        beyond = self._meter.uncounted()
        return {"packets of flows not metered": beyond} if beyond else {}

    def flush(self) -> None:
        """Bring the kernel up to date; OSError where it refuses that."""
        self._steering.flush()
        self._watch.flush()


def steered(action: SteerFlow) -> Mapping[str, Any]:
    """Return what the log says of a flow's way."""
    if action.interface:
        way = {"interface": action.interface, "next_hop": action.next_hop}
    else:
        way = {"local": action.local, "remote": action.remote}
    return {**selected(action.selector), **way, "priority": action.priority}


def selected(selector: FlowSelector) -> Mapping[str, Any]:
    """Return what the log says of a selector: its fields."""
    return {each.name: getattr(selector, each.name) for each in fields(selector)}
