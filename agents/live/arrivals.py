"""What arrives for an optimized pair, and is given to this host's programs as they know it.

A packet socket gets the packets and a rule of nftables drops them behind it, so that the kernel,
which would refuse them, sees them only once they come back by the agent's device. All others with
such headers, and messages, are left to ``agents.live.carried``.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Mapping

from agents.live import filters, nft, offload
from agents.live.carried import OPTION, OPTION_AT, TYPE_2, Carried, split
from agents.live.delivery import delivered, translated
from agents.live.interfaces import holder_of
from agents.live.nftables import Table
from agents.live.packet_log import Logged
from agents.live.shortcut import (
    EACH,
    OPTIONS,
    ROUTING,
    Shortcut,
    arriving,
)
from agents.live.sockets import ICMPV6, MOBILITY, enlarge
from agents.live.tun import Tun

TABLE = "dmm-optimized"
_PAIRS = "pairs"
_BURST = 64  # packets taken at once, before timers and other sockets have their turn
_FRAME = 14
_START = offload.SIZE + _FRAME  # of the IPv6 header
_PAYLOAD = _START + 40
_NEXT = _START + 6
_LENGTH, _LENGTH_AND_NEXT = struct.Struct("!H"), struct.Struct("!HB")
_FIRST_MESSAGE, _LAST_MESSAGE = 144, 147  # of Mobile IPv6 (RFC 6275 §6.5 to §6.8)
_LAST_ERROR = 4
_ETHERTYPE_IPV6 = socket.htons(0x86DD)
_PACKET, _OFFLOAD_HEADER = 263, 15  # SOL_PACKET, PACKET_VNET_HDR
_BUFFER_FORCE = 33
_LARGEST = 1 << 17


class Arrivals:
    """Takes what arrives for pairs out of the kernel, and gives it back by ``tun``.

    ``shortcuts`` are the optimized pairs by what leaves for them. ``unknown`` is told of a packet
    whose headers are no pair's. NetlinkError where the kernel does not let go of the packets.
    """

    def __init__(
        self, tun: Tun, shortcuts: Mapping[bytes, Shortcut], unknown: Callable[[Carried], None]
    ) -> None:
        self._tun = tun
        self._shortcuts = shortcuts
        self._unknown = unknown
        self._known: dict[bytes, Shortcut] = {}
        self._octets = bytearray(_LARGEST)
        self._view = memoryview(self._octets)
        self._header = self._view[: offload.SIZE]
        self._ip, self._ends = self._view[_START:_PAYLOAD], self._view[_START + 8 : _PAYLOAD]
        self._table = Table(TABLE, nft.Hook.ENTRY, _rules(), {_PAIRS: 32})
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, _ETHERTYPE_IPV6)
        self._socket.setblocking(False)
        self._socket.setsockopt(_PACKET, _OFFLOAD_HEADER, 1)
        enlarge(self._socket, _BUFFER_FORCE, socket.SO_RCVBUF)
        filters.attach(self._socket, _program(tun.index))
        self.received = self.lost = 0

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def refresh(self) -> None:
        """Take what arrives for the pairs that there are now; NetlinkError if that fails."""
        before = {each.came for each in self._known.values()}
        self._known = {each.arriving: each for each in self._shortcuts.values() if each.headers}
        now = {each.came for each in self._known.values()}
        self._table.change(_PAIRS, sorted(now - before), sorted(before - now))

    def take(self) -> None:
        """Deliver what waits, up to a burst."""
        for _ in range(_BURST):
            try:
                size = self._socket.recv_into(self._octets)
            except BlockingIOError:
                return
            self._judge(size)

    def deliver(self, packet: Carried) -> bool:
        """Deliver a packet that came another way, if its headers are a pair's (RFC 6275 §6.4).

        A correspondent may use a binding before this node knows that it stands: a routing header
        needs to lead on to another address of this node, and no more.
        """
        if packet.home_address is None:
            addresses = bytes(packet.source + (packet.routed_to or packet.destination))
            mine = _leads_on(packet)
        else:
            shortcut = self._known.get(_key(packet)) or self._led_here(packet)
            mine, addresses = shortcut is not None, shortcut.returning if shortcut else b""
        if mine:
            self._give(*delivered(packet, addresses))
        return mine

    def _led_here(self, packet: Carried) -> Shortcut | None:
        """Return the pair of a peer that uses a binding which this node has yet to hear of."""
        routed, home = packet.routed_to, packet.home_address
        if routed is None or home is None or not _leads_on(packet):
            return None
        return self._known.get(arriving(packet.source + routed, b"", home))

    def _judge(self, size: int) -> None:
        octets, first = self._octets, self._octets[_NEXT]
        (length,) = _LENGTH.unpack_from(octets, _START + 4)
        if first in (ROUTING, OPTIONS):
            both = first == ROUTING and octets[_PAYLOAD] == OPTIONS
            for taken in (2 * EACH, EACH) if both else (EACH,):
                if not taken <= length <= size - _PAYLOAD:  # what is behind is an earlier packet's
                    continue
                end = _PAYLOAD + taken
                protocol, octets[end - EACH] = octets[end - EACH], 0
                shortcut = self._known.get(self._view[_START + 8 : end].tobytes())
                octets[end - EACH] = protocol
                if shortcut is not None and shortcut.expected == first:
                    if not _is_message(protocol, self._view[end : _PAYLOAD + length]):
                        self._strip(shortcut, protocol, taken, length)
                    return
        if length <= size - _PAYLOAD:
            self._judge_slowly(size)

    def _strip(self, shortcut: Shortcut, protocol: int, taken: int, length: int) -> None:
        """Take off the first ``taken`` of ``length`` octets behind the fixed header."""
        _LENGTH_AND_NEXT.pack_into(self._octets, _START + 4, length - taken, protocol)
        self._ends[:] = shortcut.returning
        if self._octets[0]:
            offload.move(self._header, -_FRAME - taken)
        payload = self._view[_PAYLOAD + taken : _PAYLOAD + length]
        self._give(self._header, self._ip, payload)

    def _give(self, *parts: bytes | memoryview) -> None:
        try:
            os.writev(self._tun.fileno(), parts)
        except OSError:  # the kernel has no memory for it, or takes no such packet
            self.lost += 1
        else:
            self.received += 1

    def _judge_slowly(self, size: int) -> None:
        octets = bytes(self._view[_START:size])
        if octets[6] == ICMPV6 and octets[40] <= _LAST_ERROR:
            answer = translated(octets, self._shortcuts.values())
            if answer:
                self._give(offload.WHOLE, answer)
            return
        packet = split(Logged(octets, 0))
        if packet is None or _is_message(packet.protocol, packet.octets[packet.payload :]):
            return
        ends = packet.source + packet.destination
        if any(each.came == ends for each in self._known.values()) and not self.deliver(packet):
            self._unknown(packet)


def _leads_on(packet: Carried) -> bool:
    """Say whether a type 2 routing header leads from a care-of address to a home address here."""
    routed = packet.routed_to
    return routed is not None and routed != packet.destination and holder_of(routed) != 0


def _key(packet: Carried) -> bytes:
    ends = packet.source + packet.destination
    return arriving(ends, packet.routed_to, packet.home_address)


def _is_message(protocol: int, payload: bytes | memoryview) -> bool:
    if protocol == ICMPV6:
        return len(payload) > 0 and _FIRST_MESSAGE <= payload[0] <= _LAST_MESSAGE
    return protocol == MOBILITY


def _rules() -> list[nft.Rule]:
    """Drop data of the pairs that has a Home Address option or a type 2 routing header."""
    kind = nft.load(nft.Octets(0, 1, nft.Base.TRANSPORT))
    messages = nft.between(bytes([_FIRST_MESSAGE]), bytes([_LAST_MESSAGE]))
    others = [nft.load(nft.Octets(8, 32)), nft.in_set(_PAIRS, absent=True)]
    leads = nft.with_header(nft.Header.ROUTING, nft.Octets(1, 3), TYPE_2)
    homes = (
        nft.with_header(nft.Header.DESTINATION_OPTIONS, nft.Octets(at, 2), OPTION)
        for at in OPTION_AT
    )
    return [
        [*nft.of_protocol(MOBILITY), *nft.accept()],
        [*nft.of_protocol(ICMPV6), kind, *messages, *nft.accept()],
        [*others, *nft.accept()],
        *([*each, *nft.drop()] for each in (leads, *homes)),
    ]


def _program(own: int) -> list[filters.Instruction]:
    """Let through extension headers and ICMPv6 errors, but not what comes out of ``own``."""
    return [
        (filters.LOAD_WORD, 0, 0, filters.INTERFACE),
        (filters.JUMP_EQUAL, 8, 0, own),
        (filters.LOAD_OCTET, 0, 0, filters.NETWORK + 6),
        (filters.JUMP_EQUAL, 5, 0, OPTIONS),
        (filters.JUMP_EQUAL, 4, 0, ROUTING),
        (filters.JUMP_EQUAL, 3, 0, 0),
        (filters.JUMP_EQUAL, 0, 3, ICMPV6),
        (filters.LOAD_OCTET, 0, 0, filters.NETWORK + 40),
        (filters.JUMP_GREATER, 1, 0, _LAST_ERROR),
        filters.ALL,
        filters.NOTHING,
    ]
