"""Packets that come to the core before their route is known, and go back to the kernel later."""

from __future__ import annotations

from collections.abc import Callable

from agents.core.events import PacketArrived
from agents.live.journal import Journal, Level
from agents.live.netlink import Netlink
from agents.live.tun import Tun
from agents.wire.address import Address

_FIXED_HEADER = 40
_HOP_LIMIT, _HIGHEST = 7, 255
_IPV6, _MULTICAST = 6, 0xFF


class Diversion:
    """The agent's TUN device, opened when the first prefix is diverted.

    ``watch`` is told the descriptor to wait on.
    """

    def __init__(self, netlink: Netlink, journal: Journal, watch: Callable[[int], None]) -> None:
        self._netlink = netlink
        self._journal = journal
        self._watch = watch
        self._tun: Tun | None = None

    def device(self) -> int:
        """Return the index of the device; OSError where this machine permits none."""
        if self._tun is None:
            self._tun = Tun(self._netlink)
            self._watch(self._tun.fileno())
        return self._tun.index

    def take(self) -> PacketArrived | None:
        """Return the next packet that was diverted, None where none is waiting."""
        while self._tun is not None and (packet := self._tun.read()) is not None:
            if len(packet) < _FIXED_HEADER or packet[0] >> 4 != _IPV6 or packet[24] == _MULTICAST:
                continue  # the kernel's own chatter on a device that is up
            self._journal.counters["packets diverted"] += 1
            source, destination = Address(packet[8:24]), Address(packet[24:40])
            return PacketArrived(packet, source, destination, len(packet))
        return None

    def forward(self, packet: bytes) -> None:
        """Put ``packet`` back; where the kernel refuses, count and log it.

        The way through the agent is no hop, so it gets back the one that it has spent.
        """
        if self._tun is None:
            raise ValueError("nothing was diverted, so nothing can be put back")
        hops = min(packet[_HOP_LIMIT] + 1, _HIGHEST)
        try:
            self._tun.write(packet[:_HOP_LIMIT] + bytes([hops]) + packet[_HOP_LIMIT + 1 :])
        except OSError as error:
            why = error.strerror or str(error)
            self._journal.counters["failed: Forward"] += 1
            self._journal.log(Level.ERROR, lambda: f"a packet cannot be put back: {why}")
            return
        self._journal.counters["packets forwarded"] += 1

    def counters(self) -> dict[str, int]:
        """Return the packets that were lost because they came faster than they were read."""
        return {"packets not diverted": self._tun.overflow()} if self._tun else {}
