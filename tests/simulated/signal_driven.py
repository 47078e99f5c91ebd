"""A network on which mobiles are asked for: four gateways on two routers, the anchor far away."""

from __future__ import annotations

from pathlib import Path

from testbed.evidence.observed import Sighting
from testbed.evidence.result import Result, measure
from testbed.protocols import load
from testbed.simulated.run import Run
from testbed.topology.network import Network

SCHEMES = ("spmip", "sdpmip")
AIR = 0.002  # s
NETWORK = """
name: asked
protocol: spmip
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  core1: {place: router, domain: away}
  core2: {place: router, domain: away}
  mag1: {place: access-router, domain: away}
  mag2: {place: access-router, domain: away}
  mag3: {place: access-router, domain: away}
  mag4: {place: access-router, domain: away}
  cn: {place: correspondent}
  mn1: {place: mobile, anchor: lma}
  mn2: {place: mobile, anchor: lma}
links:
  - {ends: [core1, lma], delay: 20ms}
  - {ends: [core1, core2], delay: 3ms}
  - {ends: [core1, mag1], delay: 2ms}
  - {ends: [core1, mag2], delay: 2ms}
  - {ends: [core2, mag3], delay: 2ms}
  - {ends: [core2, mag4], delay: 2ms}
  - {ends: [cn, mag1], delay: 1ms}
access:
  wlan1: {router: mag1, delay: 2ms}
  wlan2: {router: mag2, delay: 2ms}
  wlan3: {router: mag3, delay: 2ms}
  wlan4: {router: mag4, delay: 2ms}
"""
PLAY = """
flows:
  call: {kind: udp, from: cn, to: mn1, direction: both, interval: 2ms, size: 160}
  peers: {kind: udp, from: mn2, to: mn1, direction: both, interval: 4ms, size: 160}
timeline:
  - {at: 0, attach: mn1, to: wlan2}
  - {at: 0, attach: mn2, to: wlan3}
  - {at: 1, start: [call, peers]}
"""
AFTERWARDS = "  - {at: 3, stop: [call, peers]}\n"
ONE_MOVES = "  - {at: 2, move: mn1, to: wlan4, gap: 20ms}\n"
OTHER_MOVES = "  - {at: 2, move: mn2, to: wlan1, gap: 20ms}\n"
BOTH_MOVE = "  - {at: 2, move: mn1, to: wlan3, gap: 20ms}\n" + OTHER_MOVES


def network(folder: Path, scheme: str, steps: str = "") -> Network:
    """Return the network with two calls, and moves in their midst."""
    file = folder / "topology.yaml"
    file.write_text(NETWORK + PLAY + steps + AFTERWARDS)
    return load(file, scheme)


def judged(plan: Network, run: Run) -> Result:
    """Return what the evidence says of ``run``."""
    return measure(plan, run.sightings, run.events, run.captures, "simulated")


Way = tuple[str, bool]
"""A flow, and whether its packets are those from its source to its destination."""


def by_packet(run: Run, way: Way) -> dict[object, list[Sighting]]:
    """Return where each packet of one way was seen, in order."""
    packets: dict[object, list[Sighting]] = {}
    for seen in run.sightings:
        if (seen.flow, seen.downward) == way:
            packets.setdefault(seen.identity, []).append(seen)
    return packets


def arrived(run: Run, way: Way, node: str) -> list[int]:
    """Return the numbers of the packets that came to ``node``, in the order of their arrival."""
    return [
        seen.identity  # type: ignore[misc]
        for seen in run.sightings
        if (seen.flow, seen.downward) == way and seen.node == node and not seen.outgoing
    ]
