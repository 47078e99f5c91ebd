"""What an interface carries towards mobile nodes, flow by flow, as the kernel counts it.

A rule of nftables keeps a counter for each flow that leaves, in a set that packets themselves
fill; one in a tunnel counts as the flow inside it. The agent reads the set now and then.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from agents.core.actions import MeterFlows
from agents.core.events import Event, FlowsMetered
from agents.core.flows import Metered
from agents.live import nft
from agents.live.flow_keys import (
    HEADER,
    WITH_PORTS,
    ends,
    ports,
    protocol,
    traffic_class,
    traffic_class_of,
    tunnel,
)
from agents.live.interfaces import index_of
from agents.live.loop import Later
from agents.live.netlink import Netlink, NetlinkError, Request
from agents.live.nft_chains import (
    Base,
    constant,
    go_to,
    new_base,
    new_chain,
    new_table,
    to_interface,
)
from agents.live.nft_sets import Kind, counters, new_set, put, remember
from agents.wire.address import Address

TABLE = "dmm-meter"
_INTERFACES, _PORTED = "interfaces", "ported"
_KEY = struct.Struct("!16s16sB3xHH2s2xB3x")  # ends, protocol, ports, traffic class, depth
_MOST = 4096  # flows of an interface that are counted one by one
_KEPT = 10.0  # seconds that a counter stays after the last packet of its flow
_IPV6 = socket.IPPROTO_IPV6

Count = tuple[int, int]
"""Octets and packets."""


@dataclass(slots=True)
class _Meter:
    action: MeterFlows
    index: int
    read_at: float
    octets: int = 0
    flows: dict[bytes, Count] = field(default_factory=dict)


class FlowMeter:
    """Tells of interfaces' loads; ``later`` calls back after a time."""

    def __init__(self, later: Later, tell: Callable[[Event], None]) -> None:
        self._later, self._tell = later, tell
        self._meters: dict[str, _Meter] = {}
        self._netlink: Netlink | None = None

    def meter(self, action: MeterFlows) -> None:
        """Tell of an interface from now on; OSError where it is not there or cannot be metered."""
        known = self._meters.get(action.interface)
        if known is not None:
            known.action = action
            return
        meter = _Meter(action, index_of(action.interface), monotonic())
        self._install(meter)
        self._meters[action.interface] = meter
        self._later(action.interval, lambda: self._read(meter))

    def uncounted(self) -> int:
        """Return how many packets were of flows beyond those that are counted one by one."""
        return nft.counted(self._netlink, TABLE) if self._netlink is not None else 0

    def _install(self, meter: _Meter) -> None:
        first = self._netlink is None
        netlink = self._netlink or Netlink(nft.NETFILTER)
        try:
            nft.transact(netlink, [*(_table() if first else ()), *_rules(meter)])
        except NetlinkError as error:
            if first:
                netlink.close()
            what = f"nftables, which must count flows: {error.strerror}"
            raise NetlinkError(error.errno, what) from error
        self._netlink = netlink

    def _read(self, meter: _Meter) -> None:
        self._later(meter.action.interval, lambda: self._read(meter))
        assert self._netlink is not None
        try:
            totals = {key: octets for key, octets, _ in counters(self._netlink, TABLE, _INTERFACES)}
            counted = list(counters(self._netlink, TABLE, _flows(meter.index)))
        except NetlinkError:  # more came than the kernel could tell: the next reading has it
            return
        now, octets = monotonic(), totals.get(struct.pack("=I", meter.index), 0)
        elapsed, meter.read_at = now - meter.read_at, now
        passed, meter.octets = octets - meter.octets, octets
        flows = tuple(_told(_since(meter, counted)))
        self._tell(FlowsMetered(meter.action.interface, elapsed, passed, flows))


def _since(meter: _Meter, counted: list[tuple[bytes, int, int]]) -> Iterator[tuple[bytes, Count]]:
    """Yield what flows have had since the last reading."""
    now = {key: (octets, packets) for key, octets, packets in counted}
    before, meter.flows = meter.flows, now
    for key, (octets, packets) in now.items():
        old_octets, old_packets = before.get(key, (0, 0))
        if packets < old_packets:  # a counter that had gone and has come back
            old_octets = old_packets = 0
        if packets > old_packets:
            yield key, (octets - old_octets, packets - old_packets)


def _told(flows: Iterator[tuple[bytes, Count]]) -> Iterator[Metered]:
    """Yield each flow once, without the headers of the tunnel that some of it came in."""
    sums: dict[bytes, Count] = {}
    for key, (octets, packets) in flows:
        *_, depth = _KEY.unpack(key)
        bare, inside = key[:-4], octets - HEADER * depth * packets
        before = sums.get(bare, (0, 0))
        sums[bare] = before[0] + inside, before[1] + packets
    for bare, count in sums.items():
        source, destination, carried, first, second, octets_, _ = _KEY.unpack(bare + bytes(4))
        ends_ = Address(source), Address(destination)
        yield Metered(*ends_, carried, first, second, traffic_class_of(octets_), *count)


def _table() -> Iterator[Request]:
    yield new_table(TABLE)
    yield new_set(TABLE, _INTERFACES, Kind(4, counts=True), 1)
    yield new_set(TABLE, _PORTED, Kind(1), 2)
    yield from put(TABLE, _PORTED, [(bytes([each]), b"") for each in WITH_PORTS])
    yield new_base(TABLE, _LEAVING)
    for rule in _LEAVING.rules:
        yield nft.new_rule(TABLE, rule, chain=_LEAVING.name)


def _rules(meter: _Meter) -> Iterator[Request]:
    """Yield what counts what leaves by an interface, in a chain of its own."""
    name, key = _flows(meter.index), struct.pack("=I", meter.index)
    yield new_set(TABLE, name, Kind(_KEY.size, by_packets=True, most=_MOST), 2 + meter.index)
    yield from put(TABLE, _INTERFACES, [(key, b"")])
    yield new_chain(TABLE, name)
    for depth, which in ((1, tunnel(0)), (0, nft.of_protocol(_IPV6, other=True))):
        for rule in _counting(name, depth, max(_KEPT, 3 * meter.action.interval)):
            yield nft.new_rule(TABLE, [*which, *rule], chain=name)
    yield nft.new_rule(TABLE, nft.count(), chain=name)
    leaves = [to_interface(), nft.equal(key), go_to(name)]
    yield nft.new_rule(TABLE, leaves, chain=_LEAVING.name)


def _counting(name: str, depth: int, kept: float) -> Iterator[nft.Rule]:
    """Yield what counts flows with ports, and without: those of fragments stand in the first."""
    flow = [nft.load(ends(depth)), protocol(depth, 8), *traffic_class(depth, 10)]
    flow.append(constant(bytes([depth, 0, 0, 0]), 11))
    tally = [remember(name, kept, counts=True), *nft.accept()]
    ported = [protocol(depth), nft.in_set(_PORTED)]
    yield [*ported, *flow, nft.load(ports(depth), 9), *tally]
    yield [*flow, constant(bytes(4), 9), *tally]


def _flows(index: int) -> str:
    return f"flows{index}"


_LEAVING = Base(
    "leaving",
    nft.Hook.EXIT,
    [[to_interface(), nft.in_set(_INTERFACES)]],  # which counts it
)
