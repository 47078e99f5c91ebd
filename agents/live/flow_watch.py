"""Flows that come out of another tunnel than they should, told of as they come.

nftables finds the flow in a tunnelled packet, compares the tunnel's other end, and copies one
packet of each single flow to the agent in a while: the rest stay in the kernel.
"""

from __future__ import annotations

import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator

from agents.core.actions import StopWatching, WatchFlow
from agents.core.events import Event, FlowStrayed
from agents.core.flows import FlowSelector
from agents.live import nft
from agents.live.exit import Watch
from agents.live.flow_claims import Class, places_of
from agents.live.flow_keys import (
    HEADER,
    WITH_PORTS,
    ends,
    matches,
    ports,
    protocol,
    single,
    source,
    tunnel,
)
from agents.live.flow_table import FlowTable, beside, seek
from agents.live.nft_chains import Base, at_most, constant
from agents.live.nft_sets import Kind, remember
from agents.live.packet_log import PacketLog
from agents.wire.address import Address

TABLE, GROUP = "dmm-watched", 6089
_PEERS, _PORTED, _TOLD = "peers", "ported", "told"
_THROUGH = 16  # octets of the other end of a tunnel
_SINGLE = 44  # octets of a single flow and of the interval in which it was told of
_MOST_TOLD, _PER_SECOND = 8192, 200
_LONGEST, _COPIED = 1232, 1232 + 3 * HEADER
_IPV6 = socket.IPPROTO_IPV6
_HEADERS = (0, 43, 60)  # that may stand between those of a tunnel


class FlowWatch:
    """Tells of strayed flows by ``tell``; what else to wait for it asks ``watch``."""

    def __init__(self, watch: Watch, tell: Callable[[Event], None]) -> None:
        self._watch, self._tell = watch, tell
        self._log: PacketLog | None = None
        self._watched: dict[FlowSelector, WatchFlow] = {}
        self._ends: Counter[Address] = Counter()
        self._peers: set[tuple[Address, Address]] = set()
        ported = {_PORTED: [bytes([each]) for each in WITH_PORTS]}
        self._table = FlowTable(TABLE, _BASES, (1, 2), _conclude, _SETS, ported, compared=_THROUGH)
        self.flush = self._table.flush

    def watch(self, action: WatchFlow) -> None:
        """Watch a flow from the next flush on; OSError where that cannot be."""
        if self._log is None:
            self._log = PacketLog(GROUP)
            self._watch(self._log.fileno(), self._take)
        places = places_of(action.selector, action.interval)
        self._table.want(action.selector, places, action.through)
        self._watched[action.selector] = action

    def stop(self, action: StopWatching) -> None:
        """Watch it no longer."""
        if self._watched.pop(action.selector, None) is not None:
            self._table.drop(action.selector)

    def peer(self, local: Address, remote: Address, *, gone: bool = False) -> None:
        """Know the other end of a tunnel, or that it has ``gone``: others are not heard."""
        if ((remote, local) in self._peers) is not gone:
            return
        change = self._peers.discard if gone else self._peers.add
        change((remote, local))
        self._ends[local] += -1 if gone else 1
        key = [remote + local]
        self._table.change(_PEERS, *((), key) if gone else (key,))

    def _take(self) -> None:
        assert self._log is not None
        for logged in self._log.burst():
            for event in self._strayed(logged.octets, logged.prefix):
                self._tell(event)

    def _strayed(self, packet: bytes, interval: str) -> Iterator[FlowStrayed]:
        through, inner = Address(packet[8:24]), self._inside(packet)
        flow = single(inner)
        if flow is None:
            return
        for selector, action in list(self._watched.items()):
            asked = action.through != through and _text(action.interval) == interval
            if asked and matches(selector, flow, inner):
                yield FlowStrayed(selector, through, flow.selector(), inner[:_LONGEST])

    def _inside(self, packet: bytes) -> bytes:
        """Return what the tunnels that end here hold."""
        inner = _first_inside(packet)
        if inner[6:7] == bytes([_IPV6]) and self._ends[Address(inner[24:40])]:
            return inner[HEADER:]
        return inner


def _first_inside(packet: bytes) -> bytes:
    kind, offset = packet[6], HEADER
    while kind in _HEADERS and offset + 2 <= len(packet):
        kind, offset = packet[offset], offset + 8 * packet[offset + 1] + 8
    return packet[offset:] if kind == _IPV6 else b""


def _text(interval: float) -> str:
    return f"{interval:g}"


def _conclude(name: str, among: Class, depth: int) -> list[nft.Rule]:
    """Tell of a packet whose tunnel is not the right one, once in a while of its flow."""
    through = nft.load(source(0), among.shape.octets // 4)
    strayed = [nft.in_set(name), through, nft.in_set(beside(name), absent=True)]
    milliseconds = constant(struct.pack("=I", round(among.rank * 1000)), 10)
    flow = [nft.load(ends(depth)), protocol(depth, 8), milliseconds]
    untold = [nft.in_set(_TOLD, absent=True), at_most(_PER_SECOND), remember(_TOLD, among.rank)]
    tell = [*untold, *nft.log_to(GROUP, _text(among.rank), _COPIED)]
    carried = protocol(depth)
    return [
        [*strayed, carried, nft.in_set(_PORTED), *flow, nft.load(ports(depth), 9), *tell],
        [*strayed, carried, nft.in_set(_PORTED, absent=True), *flow, constant(bytes(4), 9), *tell],
    ]


def _from_peer(depth: int) -> list[bytes]:
    return [*tunnel(depth), nft.load(ends(depth)), nft.in_set(_PEERS)]


_SETS = {
    _PEERS: Kind(32),
    _PORTED: Kind(1),
    _TOLD: Kind(_SINGLE, by_packets=True, most=_MOST_TOLD),
}
_BASES = (
    Base(
        "arriving",
        nft.Hook.ENTRY,
        [[*_from_peer(0), *_from_peer(1), seek(2)], [*_from_peer(0), seek(1)]],
    ),
)
