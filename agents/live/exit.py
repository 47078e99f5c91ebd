"""What this host's own programs send and the kernel leaves to the agent, and what answers it."""

from __future__ import annotations

from collections.abc import Callable

from agents.core.actions import Optimize, StopOptimizing
from agents.live.arrivals import Arrivals
from agents.live.carried import Carried
from agents.live.departures import Departures
from agents.live.host_routing import Pair
from agents.live.journal import Journal
from agents.live.netlink import Netlink
from agents.live.shortcut import Shortcut
from agents.live.tun import EXIT_NAME, Tun
from agents.live.tunnel_source import chosen_source
from agents.live.ways import Ways

Watch = Callable[[int, Callable[[], None]], None]


class Exit:
    """The device ``EXIT_NAME``, opened when it is first routed to, and the pairs that use it.

    ``unknown`` is told of packets whose home address is no pair's.
    """

    def __init__(
        self, netlink: Netlink, journal: Journal, watch: Watch, unknown: Callable[[Carried], None]
    ) -> None:
        self._netlink = netlink
        self._journal = journal
        self._watch = watch
        self._unknown = unknown
        self._tun: Tun | None = None
        self._departures: Departures | None = None
        self._arrivals: Arrivals | None = None
        self._ways = Ways(netlink)
        self._shortcuts: dict[bytes, Shortcut] = {}
        self._by_default: dict[bytes, bool] = {}
        self.forget_ways = self._ways.forget

    def device(self) -> int:
        """Return the index of the device; OSError where this machine permits none."""
        return self.open().index

    def open(self) -> Tun:
        """Return the device; OSError where this machine permits none."""
        if self._tun is None:
            self._tun = Tun(self._netlink, EXIT_NAME, offload=True)
            departures = Departures(self._tun, self._ways, self._shortcuts, self._journal)
            self._watch(self._tun.fileno(), departures.take)
            self._departures = departures
        return self._tun

    def optimize(self, action: Optimize) -> Pair:
        """Send the packets of a pair as ``action`` says; return what is to be routed here.

        OSError where this host has no way to the peer.
        """
        self._ways.forget()
        shortcut = Shortcut(action)
        if shortcut.home not in self._shortcuts:  # whose own route would answer
            self._by_default[shortcut.home] = chosen_source(action.peer) == action.local
        mtu = self._ways.find(shortcut.wire).mtu - len(shortcut.headers)
        self._shortcuts[shortcut.home] = shortcut
        self._expect().refresh()
        return Pair(action.local, action.peer, mtu, self._by_default[shortcut.home])

    def stop_optimizing(self, action: StopOptimizing | Optimize) -> None:
        """Send nothing more for a pair."""
        home = bytes(action.local + action.peer)
        self._shortcuts.pop(home, None)
        self._by_default.pop(home, None)
        if self._arrivals is not None:
            self._arrivals.refresh()

    def deliver(self, packet: Carried) -> bool:
        """Give a packet with home addresses to this host's programs, if it is for a pair."""
        return self._arrivals is not None and self._arrivals.deliver(packet)

    def counters(self) -> dict[str, int]:
        """Return how many packets were sent, and lost as they came faster than they were taken."""
        if self._tun is None or self._departures is None:
            return {}
        found = {
            "packets sent optimized": self._departures.sent,
            "packets not sent optimized": self._tun.overflow(),
        }
        if self._arrivals is not None:
            found["packets received optimized"] = self._arrivals.received
            found["packets lost on arriving"] = self._arrivals.lost
        return found

    def _expect(self) -> Arrivals:
        if self._arrivals is None:
            self._arrivals = Arrivals(self.open(), self._shortcuts, self._unknown)
            self._watch(self._arrivals.fileno(), self._arrivals.take)
        return self._arrivals
