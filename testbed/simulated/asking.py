"""Flows that ask: agents name the addresses that a flow is to run between, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from testbed.simulated.agent import AgentProcess
from testbed.simulated.clock import Clock
from testbed.simulated.refusals import ANY, PROTOCOLS
from testbed.topology.network import Flow

PATIENCE = 30.0  # s that a flow waits for the answer of each agent

Opened = Callable[[Flow, Mapping[str, Any]], None]
"""Is given the flow with the addresses that were named, and the details of the last reply."""

Failed = Callable[[str], None]


@dataclass(slots=True)
class _Opening:
    """A flow as far as it is known, and who is still to be asked about it."""

    flow: Flow
    left: tuple[str, ...]
    opened: Opened
    failed: Failed


class Asking:
    """Asks agents for the addresses of flows, and tells them when these have ended."""

    def __init__(self, clock: Clock, agents: Mapping[str, AgentProcess]) -> None:
        self._clock = clock
        self._agents = agents
        self._pending: dict[str, _Opening] = {}

    def open(self, flow: Flow, opened: Opened, failed: Failed) -> None:
        """Ask for ``flow``; it comes once with its addresses, or why there are none."""
        opening = self._pending[flow.name] = _Opening(flow, flow.asks, opened, failed)
        self._ask(opening)

    def cancel(self, flow: Flow) -> bool:
        """Wait no longer for the answers about ``flow``; say whether that was so."""
        return self._pending.pop(flow.name, None) is not None

    def close(self, flow: Flow) -> None:
        """Tell the agents that ``flow`` has ended."""
        for node in flow.asks:
            agent = self._agents.get(node)
            if agent is not None:
                agent.command("close_flow", {"flow": flow.name})

    def _ask(self, opening: _Opening) -> None:
        node, *left = opening.left
        opening.left = turn = tuple(left)
        flow, agent = opening.flow, self._agents.get(node)

        def answered(details: Mapping[str, Any]) -> None:
            if self._pending.get(flow.name) is opening and opening.left is turn:
                self._answered(opening, node, details)

        if agent is None or not agent.running:
            answered({"error": f"{node} has no agent that runs"})
            return
        late = f"the agent of {node} does not answer within {PATIENCE:g} s"
        self._clock.after(PATIENCE, answered, {"error": late})
        agent.ask("open_flow", _question(flow, node, left), answered)

    def _answered(self, opening: _Opening, node: str, details: Mapping[str, Any]) -> None:
        flow = opening.flow
        if "error" in details:
            del self._pending[flow.name]
            opening.failed(str(details["error"]))
            return
        opening.flow = flow.at(node, str(details["source"]))
        if opening.left:
            self._ask(opening)
        else:
            del self._pending[flow.name]
            opening.opened(opening.flow, details)


def _question(flow: Flow, node: str, unknown: list[str]) -> Mapping[str, Any]:
    """Return what ``node`` is asked; of the ``unknown`` ends no address has been named yet."""
    peer = flow.peer_of(node)
    return {
        "flow": flow.name,
        "service": flow.service or "",
        "destination": "" if peer in unknown else flow.address_of(peer),
        "protocol": PROTOCOLS.get(flow.kind, ANY),
        "port": ANY if flow.kind == "ping" else flow.identifier,
    }
