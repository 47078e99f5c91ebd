"""What a mobile node knows of its sessions: opened by command, or heard of by packets."""

from __future__ import annotations

from dataclasses import dataclass, field

from agents.core.actions import Action, ForgetPeer
from agents.core.deadlines import Deadlines
from agents.romip.lists import Pair
from agents.wire.address import Address

SESSIONS = 4096
"""Sessions at once; what begins beyond that is not kept across moves."""

LAST_PACKETS = 1.0
"""Seconds for which packets of a closed flow do not count as a new session."""


@dataclass(eq=False, slots=True)
class Known:
    """A session: the flows that were opened in it, and whether packets are being listened for."""

    flows: set[str] = field(default_factory=set)
    listening: bool = False
    over: bool = False


class MobileSessions:
    """The sessions of one node, each until its flows are closed or its peer is silent.

    A peer is reported once, so it is forgotten half of ``timeout`` after it was heard; when it is
    not heard in the other half either, the session is over.
    """

    def __init__(self, timeout: float) -> None:
        self._half = timeout / 2
        self._known: dict[Pair, Known] = {}
        self._deadlines: Deadlines[Pair] = Deadlines()
        self.deadline = self._deadlines.next

    def pairs(self) -> list[Pair]:
        """Return the sessions that go on."""
        return [pair for pair, known in self._known.items() if not known.over]

    def uses(self, home: Address) -> bool:
        """Say whether a session goes on that began with the address ``home``."""
        return any(pair.home == home for pair in self.pairs())

    def opened(self, pair: Pair, flow: str, now: float) -> None:
        """Note a flow that this node is about to begin."""
        known = self._known.get(pair)
        if known is None or known.over:
            if len(self._known) >= SESSIONS:
                return
            known = self._known[pair] = Known()
            self._deadlines.set(pair, now + self._half)
        known.flows.add(flow)

    def heard(self, pair: Pair, now: float) -> None:
        """Note that a peer has sent a packet."""
        known = self._known.get(pair)
        if known is None and len(self._known) >= SESSIONS:
            return
        if known is None:
            known = self._known[pair] = Known()
        if not known.over:
            known.listening = False
            self._deadlines.set(pair, now + self._half)

    def closed(self, flow: str, now: float) -> None:
        """End the session of a flow, unless it has others."""
        for pair, known in self._known.items():
            if flow in known.flows:
                known.flows.discard(flow)
                if not known.flows:
                    known.over = True
                    self._deadlines.set(pair, now + LAST_PACKETS)

    def tick(self, now: float) -> list[Action]:
        """Listen again for those who may have fallen silent, and end what is over."""
        actions: list[Action] = []
        for pair in self._deadlines.due(now):
            known = self._known[pair]
            if known.over or (known.listening and not known.flows):
                del self._known[pair]
                if known.over:
                    actions.append(ForgetPeer(*pair))
                continue
            if not known.listening:
                actions.append(ForgetPeer(*pair))
            known.listening = True
            self._deadlines.set(pair, now + self._half)
        return actions
