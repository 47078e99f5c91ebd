"""What leaves for optimized pairs: out of the agent's device, headers put in, on its way."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic

from agents.live import offload, too_big
from agents.live.journal import Journal, Level
from agents.live.shortcut import ROUTING, Shortcut
from agents.live.tun import Tun
from agents.live.ways import Way, Ways
from agents.wire.address import Address

_BURST = 64  # packets taken at once, before timers and other sockets have their turn
_FIXED, _FRAME, _LARGEST = 40, 14, 1 << 16
_START = offload.SIZE + _FRAME  # of the IPv6 header in what is sent at the front
_LENGTH, _NEXT, _ADDRESSES = _START + 4, _START + 6, _START + 8
_LENGTH_AND_NEXT = struct.Struct("!HB")
_HOP_BY_HOP, _MULTICAST = 0, 0xFF
_LONGEST = 0xFFFF


class Departures:
    """Sends what comes out of ``tun`` as ``shortcuts`` say, which are known by what they take.

    A packet of no pair is that of a confined source: it is dropped, without a word to its sender,
    and counted. The buffer begins with what leaves before the headers that are put in: what the
    kernel is told beside the packet, the frame's header and the fixed one.
    """

    def __init__(
        self, tun: Tun, ways: Ways, shortcuts: Mapping[bytes, Shortcut], journal: Journal
    ) -> None:
        self._tun = tun
        self._ways = ways
        self._shortcuts = shortcuts
        self._journal = journal
        self._front = memoryview(bytearray(_START + _FIXED))
        self._header = self._front[: offload.SIZE]
        self._frame = self._front[offload.SIZE : _START]
        self._ip, self._ends = self._front[_START:], self._front[_ADDRESSES:]
        self._rest = memoryview(bytearray(_LARGEST))
        self.sent = 0

    def take(self) -> None:
        """Send on what waits in the device, up to a burst."""
        tun, into = self._tun.fileno(), (self._header, self._ip, self._rest)
        now = monotonic()
        for _ in range(_BURST):
            try:
                size = os.readv(tun, into) - offload.SIZE - _FIXED
            except BlockingIOError:
                return
            shortcut = self._shortcuts.get(self._ends.tobytes())
            if shortcut is None:
                self._stray()
                continue
            try:
                self._send(shortcut, size, now)
            except OSError as error:
                self._failed(shortcut, size, error)

    def _send(self, shortcut: Shortcut, size: int, now: float) -> None:
        way, front, headers = shortcut.way, self._front, shortcut.headers
        if way is None or now > way.until:
            way = shortcut.way = self._ways.find(shortcut.wire)
        next_header, length = front[_NEXT], size + len(headers)
        if way.frame is None or next_header in (_HOP_BY_HOP, ROUTING):
            self._send_slowly(shortcut, size, way)
            return
        if length > _LONGEST:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        if front[0]:
            offload.move(self._header, _FRAME + len(headers))
        headers[shortcut.last] = next_header
        _LENGTH_AND_NEXT.pack_into(front, _LENGTH, length, shortcut.first)
        self._frame[:] = way.frame
        self._ends[:] = shortcut.wire
        os.writev(way.descriptor, (front, headers, self._rest[:size]))
        self.sent += 1

    def _send_slowly(self, shortcut: Shortcut, size: int, way: Way) -> None:
        """Send a packet with headers before the new ones, or whose neighbour is unknown."""
        packet = shortcut.insert(bytearray(self._ip) + self._rest[:size])
        header = bytearray(self._header)
        offload.move(header, len(shortcut.headers))
        if way.frame is None:
            self._ways.raw(header, packet)
        else:
            offload.move(header, _FRAME)
            os.writev(way.descriptor, (header, way.frame, packet))
        self.sent += 1

    def _stray(self) -> None:
        source, destination = Address(self._ends[:16]), Address(self._ends[16:])
        if destination[0] == _MULTICAST:
            return  # the kernel's own chatter on a device that is up
        self._journal.counters["packets confined"] += 1
        self._journal.log(Level.DEBUG, lambda: f"confined: {source} to {destination}")

    def _failed(self, shortcut: Shortcut, size: int, error: OSError) -> None:
        """Count a packet that cannot leave; one too large is told to its sender, as it is ours."""
        if error.errno == errno.EMSGSIZE:
            self._tell_too_big(shortcut, size)
        elif error.errno == errno.EOPNOTSUPP and not (shortcut.way and shortcut.way.by_frames):
            self._tun.segment()
        else:
            self._ways.forget()
        why = error.strerror or str(error)
        self._journal.counters["packets lost on leaving"] += 1
        self._journal.log(Level.DEBUG, lambda: f"a packet to {shortcut.destination}: {why}")

    def _tell_too_big(self, shortcut: Shortcut, size: int) -> None:
        if self._ends == shortcut.wire:
            self._front[_NEXT], self._ends[:] = shortcut.headers[shortcut.last], shortcut.home
        mtu = (shortcut.way.mtu if shortcut.way else 0) - len(shortcut.headers)
        answer = too_big.answer(bytes(self._ip) + bytes(self._rest[:size]), mtu)
        with suppress(OSError):  # no memory: its sender hears of it when it tries again
            os.writev(self._tun.fileno(), (offload.WHOLE, answer))
