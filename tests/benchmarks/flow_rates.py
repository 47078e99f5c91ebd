"""Measures how fast a router forwards while it steers flows: to be run in namespaces of its own.

    unshare -mnpf --kill-child python tests/benchmarks/flow_rates.py

The router is this very namespace, and what steers is the agents' own layer, so that few flows and
many can take turns. A sender in a second namespace sends small datagrams through it, and a sink
in a third counts and drops them. Each figure is the best of its rounds, in packets a second.
"""

from __future__ import annotations

import ctypes
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from agents.core.actions import Delivery, SteerFlow, StopSteering
from agents.core.flows import FlowSelector
from agents.live.netlink import Netlink
from agents.live.seg6 import SegmentRouting
from agents.live.steering import Steering
from agents.live.tunnels import Place
from agents.wire.address import Address, Prefix

ANCHOR, TARGET = Address.parse("2001:db8:b::1"), Address.parse("2001:db8:100:3::7")
SOURCE = "2001:db8:c::2"
MOBILES, MANY = 50, (10, 100, 1000)
SENT, BATCH = 1000, 200  # datagrams in turn, and to a system call
UDP, FIRST_PORT, SOURCE_PORT, UNSTEERED = 17, 4000, 5000, 9
ROUNDS, WINDOWS, SECONDS = 16, 6, 0.01
_SETUP = """
set -e
mount -t tmpfs none /run; mount -t sysfs none /sys; ip link set lo up
sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0
for n in cn sink; do
  ip netns add $n
  ip link add to-$n type veth peer name wan netns $n
  ip link set to-$n up
  ip -n $n link set wan address 02:00:00:00:00:0a up
done
ip address add 2001:db8:b::1/128 dev lo
ip address add 2001:db8:c::1/64 dev to-cn nodad
ip -n cn address add 2001:db8:c::2/64 dev wan nodad
ip -n cn -6 route add default via 2001:db8:c::1
ip -6 route add default via fe80::a dev to-sink
ip -6 neigh add fe80::a lladdr 02:00:00:00:00:0a dev to-sink
ip netns exec sink nft add table ip6 sink
ip netns exec sink nft -f - <<.
table ip6 sink {
  chain in { type filter hook prerouting priority -400; policy drop; }
}
.
ip -6 route add 2001:db8:100:1::/64 encap seg6 mode encap.red segs 2001:db8:d::1 dev to-sink
"""
_libc = ctypes.CDLL(None, use_errno=True)

Flow = tuple[str, int]
"""Where datagrams go: an address and a port."""


class Vector(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_char_p), ("length", ctypes.c_size_t))


class Message(ctypes.Structure):
    """struct mmsghdr."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("name_length", ctypes.c_uint32),
        ("vector", ctypes.POINTER(Vector)),
        ("vectors", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("sent", ctypes.c_uint32),
    )


class Sender:
    """Sends datagrams of 18 octets to many destinations, a batch to a system call."""

    def __init__(self) -> None:
        self._vector = Vector(bytes(18), 18)
        thread = threading.Thread(target=self._open)  # a namespace belongs to a thread
        thread.start()
        thread.join()

    def batches(self, flows: Sequence[Flow]) -> list[ctypes.Array[Message]]:
        """Return what sends to all ``flows`` in turn."""
        made = [self._message(flows[n % len(flows)]) for n in range(SENT)]
        return [(Message * BATCH)(*made[n : n + BATCH]) for n in range(0, SENT, BATCH)]

    def rate(self, batches: Sequence[ctypes.Array[Message]]) -> float:
        """Return how many packets a second reach the sink."""
        before, began = received(), time.thread_time()
        while time.thread_time() - began < SECONDS:
            for batch in batches:
                _libc.sendmmsg(self._socket.fileno(), batch, BATCH, 0)
        took = time.thread_time() - began
        return (received() - before) / took

    def _open(self) -> None:
        with Path("/run/netns/cn").open() as namespace:
            assert _libc.setns(namespace.fileno(), 0) == 0
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self._socket.bind((SOURCE, SOURCE_PORT))

    def _message(self, flow: Flow) -> Message:
        address = socket.inet_pton(socket.AF_INET6, flow[0])
        name = struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", flow[1], 0) + address
        return Message(name + bytes(4), 28, ctypes.pointer(self._vector), 1)


class Router:
    """Steers as many flows as it is told."""

    def __init__(self) -> None:
        self._netlink = Netlink()
        tunnels = SegmentRouting(self._netlink, Place())
        tunnels.accept(ANCHOR, Delivery.ROUTED)
        self._netlink.require(tunnels.add(ANCHOR, TARGET))
        ignore = lambda *ignored: None  # noqa: E731
        self._steering = Steering(self._netlink, tunnels.way, True, ignore, ignore, ignore)
        self._steering.end_at([ANCHOR])
        self._held: list[FlowSelector] = []

    def steer(self, selectors: list[FlowSelector]) -> None:
        """Steer these flows and no others."""
        for selector in self._held:
            self._steering.stop(StopSteering(selector))
        requests = []
        for selector in selectors:
            requests += self._steering.steer(SteerFlow(selector, ANCHOR, TARGET))
        self._netlink.execute(requests)
        self._steering.flush()
        self._held = selectors


def received() -> int:
    """Return how many packets have left for the sink."""
    return int(Path("/sys/class/net/to-sink/statistics/tx_packets").read_text())


def flows(count: int) -> list[Flow]:
    """Return flows to the mobiles, as many to each."""
    return [
        (f"2001:db8:100:1::{1 + n % MOBILES:x}", FIRST_PORT + n // MOBILES) for n in range(count)
    ]


def single(flow: Flow) -> FlowSelector:
    """Return the selector of one flow alone."""
    address, port = flow
    ports = (SOURCE_PORT, SOURCE_PORT), (port, port)
    return FlowSelector(Prefix.parse(SOURCE), Prefix.parse(address), UDP, *ports)


def service(flow: Flow) -> FlowSelector:
    """Return the selector of what goes to eleven ports of a mobile: four entries of three kinds."""
    address, port = flow
    lowest = FIRST_PORT + 11 * (port - FIRST_PORT)
    ports = (0, 0xFFFF), (lowest, lowest + 10)
    return FlowSelector(
        destination=Prefix.parse(address),
        protocol=UDP,
        source_ports=ports[0],
        destination_ports=ports[1],
    )


def compare(
    router: Router, sender: Sender, ways: dict[str, tuple[list[FlowSelector], list[Flow]]]
) -> dict[str, float]:
    """Return the best rate of each way, which take turns."""
    best = dict.fromkeys(ways, 0.0)
    batches = {name: sender.batches(to) for name, (_, to) in ways.items()}
    for _ in range(ROUNDS):
        for name, (selectors, _) in ways.items():
            router.steer(selectors)
            sender.rate(batches[name])  # the first packets find their routes
            best[name] = max(best[name], *(sender.rate(batches[name]) for _ in range(WINDOWS)))
    return best


def main() -> None:
    """Print the rates of all rows as JSON."""
    subprocess.run(["bash", "-c", _SETUP], check=True)
    router, sender = Router(), Sender()
    strangers = [(f"2001:db8:100:1:ffff::{n:x}", UNSTEERED) for n in range(MOBILES)]
    mobiles = [(address, UNSTEERED) for address, _ in flows(MOBILES)]
    rows = {}
    for row, to in (("to others", strangers), ("to the same mobiles, not steered", mobiles)):
        ways = {str(count): ([*map(single, flows(count))], to) for count in (0, *MANY)}
        rows[row] = compare(router, sender, ways)
    for row, make in (("steered", single), ("steered by ranges of ports", service)):
        ways = {str(count): ([*map(make, flows(count))], flows(count)) for count in (1, *MANY)}
        rows[row] = compare(router, sender, ways)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
