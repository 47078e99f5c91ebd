"""What this host's own programs send and the kernel leaves to the agent."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from agents.core.actions import Optimize, StopOptimizing
from agents.live import offload, too_big
from agents.live.arrivals import Arrivals
from agents.live.carried import Carried
from agents.live.host_routing import Pair
from agents.live.journal import Journal, Level
from agents.live.netlink import Netlink
from agents.live.shortcut import ROUTING, Shortcut
from agents.live.tun import EXIT_NAME, Tun
from agents.live.tunnel_source import chosen_source
from agents.live.ways import Way, Ways
from agents.wire.address import Address

_BURST = 64  # packets taken at once, before timers and sockets have their turn
_FIXED, _LARGEST = 40, 1 << 16
_FRAME = 14  # octets of a frame's header
_MULTICAST = 0xFF

Watch = Callable[[int, Callable[[], None]], None]


class Exit:
    """Takes packets out of the device ``EXIT_NAME`` and sends them as their pair is optimized.

    The device is opened when it is first routed to. A packet whose pair is not optimized is that
    of a confined source: it is dropped, without a word to its sender, and counted.
    """

    def __init__(
        self, netlink: Netlink, journal: Journal, watch: Watch, unknown: Callable[[Carried], None]
    ) -> None:
        self._netlink = netlink
        self._journal = journal
        self._watch = watch
        self._unknown = unknown
        self._tun: Tun | None = None
        self._arrivals: Arrivals | None = None
        self._ways = Ways(netlink)
        self._shortcuts: dict[bytes, Shortcut] = {}
        self._header, self._ip = bytearray(offload.SIZE), bytearray(_FIXED)
        self._rest = memoryview(bytearray(_LARGEST))
        self._sent = 0
        self.forget_ways = self._ways.forget

    def device(self) -> int:
        """Return the index of the device; OSError where this machine permits none."""
        return self.open().index

    def open(self) -> Tun:
        """Return the device; OSError where this machine permits none."""
        if self._tun is None:
            self._tun = Tun(self._netlink, EXIT_NAME, offload=True)
            self._watch(self._tun.fileno(), self.take)
        return self._tun

    def optimize(self, action: Optimize) -> Pair:
        """Send the packets of a pair as ``action`` says; return what is to be routed here.

        OSError where this host has no way to the peer.
        """
        self._ways.forget()
        shortcut = Shortcut(action)
        before = self._shortcuts.get(shortcut.home)
        by_default = before is not None or chosen_source(action.peer) == action.local
        mtu = self._ways.find(shortcut.wire).mtu - len(shortcut.headers)
        self._shortcuts[shortcut.home] = shortcut
        self._expect().refresh()
        return Pair(action.local, action.peer, mtu, by_default)

    def stop_optimizing(self, action: StopOptimizing) -> None:
        """Send nothing more for a pair."""
        self._shortcuts.pop(bytes(action.local + action.peer), None)
        if self._arrivals is not None:
            self._arrivals.refresh()

    def deliver(self, packet: Carried) -> bool:
        """Give a packet with home addresses to this host's programs, if it is for a pair."""
        return self._arrivals is not None and self._arrivals.deliver(packet)

    def take(self) -> None:
        """Send on what waits in the device, up to a burst."""
        tun = self.open().fileno()
        into: list[bytearray | memoryview] = [self._header, self._ip, self._rest]
        for _ in range(_BURST):
            try:
                size = os.readv(tun, into) - offload.SIZE - _FIXED
            except BlockingIOError:
                return
            shortcut = self._shortcuts.get(bytes(self._ip[8:]))
            if shortcut is None:
                self._stray()
                continue
            try:
                self._send(shortcut, size)
            except OSError as error:
                self._failed(shortcut, size, error)

    def counters(self) -> dict[str, int]:
        """Return how many packets were sent, and lost as they came faster than they were taken."""
        if self._tun is None:
            return {}
        received = self._arrivals.received if self._arrivals is not None else 0
        return {
            "packets sent optimized": self._sent,
            "packets received optimized": received,
            "packets not optimized": self._tun.overflow(),
        }

    def _expect(self) -> Arrivals:
        if self._arrivals is None:
            self._arrivals = Arrivals(self.open(), self._shortcuts, self._unknown)
            self._watch(self._arrivals.fileno(), self._arrivals.take)
        return self._arrivals

    def _send(self, shortcut: Shortcut, size: int) -> None:
        way = self._ways.find(shortcut.wire)
        ip, headers, head = self._ip, shortcut.headers, way.head
        if head is None or ip[6] in (0, ROUTING):
            self._send_slowly(shortcut, size, way)
            return
        head[: offload.SIZE] = self._header
        if self._header[0]:
            offload.move(head, _FRAME + len(headers))
        headers[shortcut.last] = ip[6]
        ip[6] = shortcut.first
        ip[4:6] = (size + len(headers)).to_bytes(2, "big")
        ip[8:] = shortcut.wire
        os.writev(way.descriptor, (head, ip, headers, self._rest[:size]))
        self._sent += 1

    def _send_slowly(self, shortcut: Shortcut, size: int, way: Way) -> None:
        """Send a packet with headers before the new ones, or whose neighbour is unknown."""
        packet = shortcut.insert(self._ip + self._rest[:size])
        header = bytearray(self._header)
        offload.move(header, len(shortcut.headers))
        if way.head is None:
            self._ways.raw(header, packet)
        else:
            offload.move(header, _FRAME)
            os.writev(way.descriptor, (header, way.head[offload.SIZE :], packet))
        self._sent += 1

    def _stray(self) -> None:
        source, destination = Address(self._ip[8:24]), Address(self._ip[24:])
        if destination[0] == _MULTICAST:
            return  # the kernel's own chatter on a device that is up
        self._journal.counters["packets confined"] += 1
        self._journal.log(Level.DEBUG, lambda: f"confined: {source} to {destination}")

    def _failed(self, shortcut: Shortcut, size: int, error: OSError) -> None:
        """Count a packet that cannot leave; one too large is told to its sender, as it is ours."""
        if error.errno == errno.EMSGSIZE:
            if self._ip[8:] == shortcut.wire:
                self._ip[6], self._ip[8:] = shortcut.headers[shortcut.last], shortcut.home
            mtu = self._ways.find(shortcut.wire).mtu - len(shortcut.headers)
            answer = too_big.answer(bytes(self._ip) + bytes(self._rest[:size]), mtu)
            os.writev(self.open().fileno(), (offload.WHOLE, answer))
        elif error.errno == errno.EOPNOTSUPP:
            self.open().segment()
        else:
            self._ways.forget()
        why = error.strerror or str(error)
        self._journal.counters["packets lost on leaving"] += 1
        self._journal.log(Level.DEBUG, lambda: f"a packet to {shortcut.destination}: {why}")
