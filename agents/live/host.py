"""What an agent does for the programs of its own host, beside their routes."""

from __future__ import annotations

from collections.abc import Callable

from agents.core.actions import Action, ForgetPeer, Refuse, StopRefusing, WatchPeers
from agents.core.events import Event
from agents.live.carried import Carried
from agents.live.exit import Exit, Watch
from agents.live.journal import Journal
from agents.live.netlink import Netlink
from agents.live.peer_watch import PeerWatch
from agents.live.refusal import Refusals

HOST_ACTIONS = (WatchPeers, ForgetPeer, Refuse, StopRefusing)


class Host:
    """Has the exit for packets that the agent sends, watches peers, refuses flows.

    ``watch`` is told what to wait for and what to call then, ``tell`` what the core must know,
    ``unknown`` of packets whose home address is no optimized peer's.
    """

    def __init__(
        self,
        netlink: Netlink,
        journal: Journal,
        watch: Watch,
        tell: Callable[[Event], None],
        unknown: Callable[[Carried], None],
    ) -> None:
        self.exit = Exit(netlink, journal, watch, unknown)
        self._watch, self._tell = watch, tell
        self._peers: PeerWatch | None = None
        self._refusals = Refusals()

    def perform(self, action: Action) -> None:
        """Perform one of ``HOST_ACTIONS``; OSError where the kernel cannot."""
        match action:
            case WatchPeers():
                self._watched().watch(action)
            case ForgetPeer():
                self._watched().forget(action)
            case Refuse():
                self._refusals.refuse(action)
            case StopRefusing():
                self._refusals.stop(action)

    def counters(self) -> dict[str, int]:
        """Return what was counted of packets."""
        refused = self._refusals.counted()
        return {**self.exit.counters(), **({"packets refused": refused} if refused else {})}

    def _watched(self) -> PeerWatch:
        if self._peers is None:
            self._peers = PeerWatch(self.exit.device(), self._tell)
            self._watch(self._peers.fileno(), self._peers.take)
        return self._peers
