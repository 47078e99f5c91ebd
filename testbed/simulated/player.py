"""Plays a timeline: each step at its time, by the part of the world that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from agents.wire.address import Address
from testbed.simulated.access_ports import ResolvingPort
from testbed.simulated.agent import AgentProcess
from testbed.simulated.asking import Asking
from testbed.simulated.clock import Clock
from testbed.simulated.links import Channel
from testbed.simulated.mobility import Mobility
from testbed.simulated.observe import Log
from testbed.simulated.shortcuts import Shortcuts
from testbed.simulated.traffic.source import Source
from testbed.topology.network import Flow, Step


class Traffic(NamedTuple):
    """A flow and what sends its packets."""

    flow: Flow
    sources: tuple[Source, ...]


class Player:
    """Takes the steps of a timeline, which are in order of time."""

    def __init__(
        self,
        clock: Clock,
        mobility: Mobility,
        ports: Mapping[str, ResolvingPort],
        links: Mapping[str, tuple[Channel, Channel]],
        flows: Mapping[str, Traffic],
        agents: Mapping[str, AgentProcess],
        shortcuts: Shortcuts | None,
        log: Log | None,
    ) -> None:
        self._clock = clock
        self._mobility = mobility
        self._ports = ports
        self._links = links
        self._flows = flows
        self._agents = agents
        self._shortcuts = shortcuts
        self._log = log
        self._asking = Asking(clock, agents)
        self._running: dict[str, None] = {}
        self._takers = {
            "attach": self._attach,
            "detach": self._detach,
            "move": self._move,
            "start": self._start,
            "stop": self._stop,
            "change": self._change,
            "kill": self._kill,
            "restart": self._restart,
            "run": self._run,
            "tell": self._tell,
        }

    def play(self, timeline: Iterable[Step]) -> None:
        """Take the steps of ``timeline`` one after the other."""
        self._await(iter(timeline))

    def stop_all(self) -> None:
        """Stop the flows that still run."""
        for name, traffic in self._flows.items():
            if name in self._running:
                self._end(name)
            else:
                self._give_up(traffic)

    def _await(self, rest: Any) -> None:
        """Let the next step be taken at its time, and then the one after it."""
        step = next(rest, None)
        if step is not None:
            self._clock.at(step.at, self._take, step, rest)

    def _take(self, step: Step, rest: Any) -> None:
        self._takers[step.kind](step)
        self._await(rest)

    def _note(self, event: str, **details: Any) -> None:
        if self._log is not None:
            self._log("", event, **details)

    def _attach(self, step: Step) -> None:
        self._mobility.attach(self._ports[step.interface], step.target)

    def _detach(self, step: Step) -> None:
        self._mobility.detach(self._ports[step.interface])

    def _move(self, step: Step) -> None:
        self._mobility.move(self._ports[step.interface], step.target, step.gap)

    def _start(self, step: Step) -> None:
        traffic = self._flows.get(step.target)
        if traffic is None:
            self._note("not_simulated", flow=step.target)
        elif traffic.flow.asks:
            opened, failed = partial(self._opened, traffic), partial(self._failed, traffic)
            self._asking.open(traffic.flow, opened, failed)
        else:
            self._begin(traffic)

    def _opened(self, traffic: Traffic, flow: Flow, answer: Mapping[str, Any]) -> None:
        """Run a flow between the addresses that agents have named."""
        details = {key: answer[key] for key in ("via", "proxy") if key in answer}
        for source in traffic.sources:
            source.source_address = Address.parse(flow.source_address)
            source.destination_address = Address.parse(flow.destination_address)
        self._begin(traffic, **details)

    def _failed(self, traffic: Traffic, why: str) -> None:
        """Note that a flow has not begun."""
        about = {"flow": traffic.flow.name, "status": None, "succeeded": False}
        self._note("flow_stopped", **about, output_tail=[why])
        self._asking.close(traffic.flow)

    def _begin(self, traffic: Traffic, **details: Any) -> None:
        first = traffic.sources[0]
        self._note(
            "flow_started",
            flow=traffic.flow.name,
            source_address=str(first.source_address),
            destination_address=str(first.destination_address),
            **details,
        )
        self._running[traffic.flow.name] = None
        for source in traffic.sources:
            source.when_broken = partial(self._broken, traffic)
            source.start()

    def _broken(self, traffic: Traffic) -> None:
        """End a flow when each end that sends has learnt that it is refused."""
        name = traffic.flow.name
        if name in self._running and all(source.broken for source in traffic.sources):
            self._note("flow_refused", flow=name)
            self._end(name)

    def _stop(self, step: Step) -> None:
        if step.target in self._running:
            self._end(step.target)
        elif step.target in self._flows:
            self._give_up(self._flows[step.target])

    def _give_up(self, traffic: Traffic) -> None:
        if self._asking.cancel(traffic.flow):
            self._failed(traffic, "it was stopped before it had an address")

    def _end(self, name: str) -> None:
        del self._running[name]
        flow, sources = self._flows[name]
        for source in sources:
            source.stop()
        refused = any(source.broken for source in sources)
        self._note("flow_stopped", flow=name, status=int(refused))
        if flow.asks:
            self._asking.close(flow)

    def _change(self, step: Step) -> None:
        assert step.settings is not None
        for channel in self._links.get(step.target, ()):
            channel.change(step.settings)
        if step.target not in self._links:
            self._mobility.change(step.target, step.settings)
        if self._shortcuts is not None:
            self._shortcuts.clear()
        self._note("link_changed", link=step.target)

    def _kill(self, step: Step) -> None:
        self._agents[step.node].kill()
        self._note("agent_killed", subject=step.node)

    def _restart(self, step: Step) -> None:
        self._note("agent_restarted", subject=step.node)
        agent = self._agents[step.node]
        agent.start()
        self._mobility.report_again(agent.node)

    def _run(self, step: Step) -> None:
        self._note("not_simulated", subject=step.node, command=step.command)

    def _tell(self, step: Step) -> None:
        about = {"subject": step.node, "command": step.command, "arguments": dict(step.arguments)}
        self._note("agent_told", **about)
        agent = self._agents.get(step.node)
        if agent is not None:
            agent.command(step.command, step.arguments)
