"""What an agent has asked of its node about single flows: ways, watches, meters, rejections.

Ways outlive the agent, as in a kernel. What it must listen to itself does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agents.core import actions
from agents.core.events import Event, FlowIdle
from agents.core.flows import FlowSelector
from testbed.simulated.metering import Meter
from testbed.simulated.node import Node
from testbed.simulated.observe import Log
from testbed.simulated.performer import Performer
from testbed.simulated.recognition import Kinds
from testbed.simulated.steering import Steering, Way
from testbed.simulated.watching import Watch, Watches


class FlowInstallation:
    """Performs what a core asks about single flows on ``node``; ``handle`` takes what comes."""

    def __init__(
        self, node: Node, known: Kinds, handle: Callable[[Event], None], log: Log | None
    ) -> None:
        self._node = node
        self._kinds = known
        self._handle = handle
        self._log = log
        self._meters: dict[str, Meter] = {}
        self._steering = node.steering = Steering(node.clock, known, self._idle)
        self._watches = node.watches = Watches(node.clock, known, handle)
        self.performers: Mapping[type, Performer] = {
            actions.SteerFlow: self._steer,
            actions.StopSteering: self._stop_steering,
            actions.WatchFlow: self._watch,
            actions.StopWatching: self._stop_watching,
            actions.MeterFlows: self._meter,
            actions.TakeRejections: self._take_rejections,
        }

    def clear(self) -> None:
        """Take everything away, for an agent that begins anew."""
        self.stop_listening()
        self._steering.clear()

    def stop_listening(self) -> None:
        """Take away what goes with the process of the agent."""
        self._watches.clear()
        for meter in self._meters.values():
            meter.stop()
        self._meters.clear()
        self._node.icmpv6.leave_rejections()

    def _idle(self, selector: FlowSelector) -> None:
        self._handle(FlowIdle(selector))

    def _steer(self, action: actions.SteerFlow) -> None:
        port = self._node.ports[action.interface] if action.interface else None
        self._steering.steer(
            Way(
                action.selector,
                action.local,
                action.remote,
                action.priority,
                action.idle_timeout,
                port,
                action.next_hop,
            )
        )
        where = {"interface": action.interface} if port else {"remote": str(action.remote)}
        self._note("flow_steered", action.selector, **where)

    def _stop_steering(self, action: actions.StopSteering) -> None:
        self._steering.stop(action.selector)
        self._note("flow_unsteered", action.selector)

    def _watch(self, action: actions.WatchFlow) -> None:
        self._watches.watch(Watch(action.selector, action.through, action.interval))

    def _stop_watching(self, action: actions.StopWatching) -> None:
        self._watches.stop(action.selector)

    def _meter(self, action: actions.MeterFlows) -> None:
        if action.interface in self._meters:
            self._meters[action.interface].stop()
        port = self._node.ports[action.interface]
        self._meters[action.interface] = Meter(
            self._node.clock, self._kinds, port, action.interval, self._handle
        )

    def _take_rejections(self, action: actions.TakeRejections) -> None:
        self._node.icmpv6.take_rejections()

    def _note(self, event: str, selector: FlowSelector, **details: str) -> None:
        if self._log is not None:
            about = {
                "source": str(selector.source),
                "destination": str(selector.destination),
                "protocol": selector.protocol,
                "source_ports": list(selector.source_ports),
                "destination_ports": list(selector.destination_ports),
            }
            self._log(self._node.name, event, **about, **details)
