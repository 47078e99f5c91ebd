"""Flows that ask: the agent of the initiator names the address that the flow is to run from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from testbed.simulated.agent import AgentProcess
from testbed.simulated.clock import Clock
from testbed.simulated.refusals import ANY, PROTOCOLS
from testbed.topology.network import Flow

PATIENCE = 30.0  # s that a flow waits for the answer of an agent

Opened = Callable[[Mapping[str, Any]], None]
Failed = Callable[[str], None]


class Asking:
    """Asks agents for the addresses of flows, and tells them when these have ended."""

    def __init__(self, clock: Clock, agents: Mapping[str, AgentProcess]) -> None:
        self._clock = clock
        self._agents = agents
        self._pending: dict[str, object] = {}  # the flow -> what tells this wait from others

    def open(self, flow: Flow, opened: Opened, failed: Failed) -> None:
        """Ask for ``flow``; the details of the reply, or why there is none, come once."""
        agent = self._agents.get(flow.initiator)
        if agent is None or not agent.running:
            failed(f"{flow.initiator} has no agent that runs")
            return
        wait = self._pending[flow.name] = object()

        def answered(details: Mapping[str, Any]) -> None:
            if self._pending.get(flow.name) is wait:
                del self._pending[flow.name]
                if "error" in details:
                    failed(str(details["error"]))
                else:
                    opened(details)

        def expired() -> None:
            late = f"the agent of {flow.initiator} does not answer within {PATIENCE:g} s"
            answered({"error": late})

        self._clock.after(PATIENCE, expired)
        agent.ask("open_flow", _question(flow), answered)

    def cancel(self, flow: Flow) -> bool:
        """Wait no longer for the answer about ``flow``; say whether that was so."""
        return self._pending.pop(flow.name, None) is not None

    def close(self, flow: Flow) -> None:
        """Tell the agent that ``flow`` has ended."""
        agent = self._agents.get(flow.initiator)
        if agent is not None:
            agent.command("close_flow", {"flow": flow.name})


def _question(flow: Flow) -> Mapping[str, Any]:
    begins = flow.initiator == flow.source
    return {
        "flow": flow.name,
        "service": flow.service or "",
        "destination": flow.destination_address if begins else flow.source_address,
        "protocol": PROTOCOLS.get(flow.kind, ANY),
        "port": ANY if flow.kind == "ping" else flow.identifier,
    }
