"""How flows end: closed by who opened them, or refused where they cannot go on.

draft-liu-dmm-flows-distribution-and-handoff-01 §5.2.2.
"""

from __future__ import annotations

from agents.core.actions import (
    Action,
    Record,
    Refuse,
    StopPreferring,
    StopRefusing,
)
from agents.core.deadlines import Deadlines
from agents.dmipv6.flow import Ended, Flow, Flows, Open
from agents.dmipv6.seeker_config import SeekerConfig
from agents.mipv6.mobile_node import MobileNode


class Ender:
    """Ends flows that have an address, and gives back what they had, some time later."""

    def __init__(self, config: SeekerConfig, node: str, mobile: MobileNode, flows: Flows) -> None:
        self._config = config
        self._node = node
        self._mobile = mobile
        self._flows = flows
        self._due: Deadlines[Flow] = Deadlines()
        self.deadline = self._due.next

    def close(self, flow: Flow, state: Open, now: float) -> list[Action]:
        """Its program is done with it; what is still under way may pass for a while."""
        address = state.source if state.proxy is not None else None
        self._leave(flow, Ended(now + self._config.linger, address), closed=True)
        return [self._ended(flow, "closed"), *_unprefer(flow)]

    def refuse(self, flow: Flow, state: Open, why: str, now: float) -> list[Action]:
        """Tell both ends that it is over, in the way of its transport; do not bind it again.

        What leads from its DHoA stays for as long as it is refused: programs that send by no
        route would not hear of it. Nothing is refused where that would hit other flows.
        """
        refusal = Refuse(state.source, flow.destination, flow.protocol, flow.port)
        address = state.source if state.proxy is not None else None
        shared = not flow.port and self._has_company(flow, state)
        refused = Ended(now + self._config.refuse, address, None if shared else refusal)
        self._leave(flow, refused, closed=False)
        held = [] if address is None else self._mobile.hold_home(address, now)
        said: list[Action] = [] if shared else [refusal]
        return [self._ended(flow, why), *said, *_unprefer(flow), *held]

    def tick(self, now: float) -> list[Action]:
        """Give back what is due: DHoAs by updates with lifetime 0."""
        return [action for flow in self._due.due(now) for action in self._release(flow, now)]

    def _has_company(self, flow: Flow, state: Open) -> bool:
        """Say whether another flow has the same two addresses."""
        return any(
            other is not flow
            and where.source == state.source
            and other.destination == flow.destination
            for other, where in self._flows.open()
        )

    def _leave(self, flow: Flow, state: Ended, *, closed: bool) -> None:
        self._flows.end(flow, state, closed=closed)
        self._due.set(flow, state.until)

    def _release(self, flow: Flow, now: float) -> list[Action]:
        state = flow.state
        assert isinstance(state, Ended)
        self._flows.forget(flow)
        actions: list[Action] = []
        if state.refusal is not None:
            refused = state.refusal
            actions.append(
                StopRefusing(refused.local, refused.peer, refused.protocol, refused.port)
            )
        if state.address is not None:
            self._flows.take(state.address)
            actions += self._mobile.remove_home(state.address, now)
        return actions

    def _ended(self, flow: Flow, why: str) -> Record:
        return Record("flow_ended", {"node": self._node, "flow": flow.name, "why": why})


def _unprefer(flow: Flow) -> list[Action]:
    return [] if flow.user is None else [StopPreferring(flow.user)]
