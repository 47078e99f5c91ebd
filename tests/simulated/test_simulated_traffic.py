"""Flows of a whole world: sizes, directions, and how often they are started."""

from __future__ import annotations

import pytest
from simulated_world import PLAIN, MakeWorld

from testbed.evidence.observed import Sighting
from testbed.simulated.world import World


def out_of(built: World, flow: str, node: str) -> list[Sighting]:
    return [s for s in built.recorder.sightings if s.flow == flow and s.node == node and s.outgoing]


def into(built: World, flow: str, node: str) -> list[Sighting]:
    return [
        s for s in built.recorder.sightings if s.flow == flow and s.node == node and not s.outgoing
    ]


def test_a_ping_is_answered_with_its_own_size_and_number(world: MakeWorld) -> None:
    built = world(
        """
flows: {ping: {kind: ping, from: cn, to: mn1, interval: 100ms, size: 100}}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 1, start: ping}
  - {at: 1.95, stop: ping}
"""
    )
    built.clock.run(3.0)
    requests, replies = out_of(built, "ping", "cn"), into(built, "ping", "cn")
    assert [s.identity for s in requests] == [s.identity for s in replies]
    assert [s.at for s in requests] == [pytest.approx(1 + 0.1 * n) for n in range(10)]
    assert {(s.length, s.downward) for s in requests} == {(148, True)}
    assert {(s.length, s.downward) for s in replies} == {(148, False)}
    trips = [reply.at - request.at for request, reply in zip(requests, replies, strict=True)]
    assert trips == [pytest.approx(0.026)] * 10


def test_udp_goes_where_its_direction_says(world: MakeWorld) -> None:
    built = world(
        """
flows:
  up: {kind: udp, from: cn, to: mn1, direction: up, interval: 100ms, size: 200}
  down: {kind: udp, from: cn, to: mn1, direction: down, rate: 16kbit/s, size: 200}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 1, start: [up, down]}
  - {at: 1.95, stop: [up, down]}
"""
    )
    built.clock.run(3.0)
    assert len(into(built, "up", "cn")) == len(into(built, "down", "mn1")) == 10
    assert not out_of(built, "up", "cn") and not out_of(built, "down", "mn1")
    assert {s.length for s in into(built, "up", "cn")} == {248}


def test_a_flow_can_be_started_again(world: MakeWorld) -> None:
    built = world(
        """
flows:
  ping: {kind: ping, from: cn, to: mn1, interval: 100ms}
  load: {kind: tcp, from: cn, to: mn1, rate: 1Mbit/s}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 1, start: [ping, load]}
  - {at: 1.45, stop: [ping, load]}
  - {at: 1.48, start: [ping, load]}
  - {at: 2, stop: [ping, load]}
"""
    )
    built.clock.run(4.0)
    times = [s.at for s in out_of(built, "ping", "cn")]
    assert times == [
        pytest.approx(at) for at in (1, 1.1, 1.2, 1.3, 1.4, 1.48, 1.58, 1.68, 1.78, 1.88, 1.98)
    ]
    assert [s.identity for s in out_of(built, "ping", "cn")] == list(range(1, 12))
    assert [s.identity for s in into(built, "ping", "cn")] == list(range(1, 12))
    handshakes = [s for s in out_of(built, "load", "cn") if s.length == 80]
    assert [s.at for s in handshakes] == [1.0, 1.48]
    data = [s.identity for s in out_of(built, "load", "cn") if s.identity is not None]
    assert len(data) == len(set(data))
    octets = sum(s.length - 72 for s in into(built, "load", "mn1") if s.identity is not None)
    assert octets * 8 / 0.95 == pytest.approx(1e6, rel=0.1)


def test_segments_fit_the_tunnel_also_where_the_mobile_comes_late(world: MakeWorld) -> None:
    built = world(
        """
flows: {load: {kind: tcp, from: cn, to: mn1}}
timeline:
  - {at: 0, start: load}
  - {at: 0.5, attach: mn1, to: wlan1}
  - {at: 2, stop: load}
"""
    )
    built.clock.run(3.0)
    arrived = into(built, "load", "mn1")
    assert max(s.length for s in arrived) == 1460
    assert max(s.length for s in out_of(built, "load", "lma")) == 1500
    assert not [node for node in built.nodes.values() if node.drops["packet_too_big"]]


def test_segments_fit_the_smallest_link_between_fixed_nodes(world: MakeWorld) -> None:
    smaller = PLAIN.replace("lma, core], delay: 4ms", "lma, core], delay: 4ms, mtu: 1300")
    built = world(
        """
flows: {load: {kind: tcp, from: cn, to: mag1, rate: 1Mbit/s}}
timeline:
  - {at: 0, start: load}
  - {at: 1, stop: load}
""",
        base=smaller,
    )
    built.clock.run(2.0)
    assert max(s.length for s in into(built, "load", "mag1")) == 1300


def test_a_flow_stopped_at_the_end_says_so(world: MakeWorld) -> None:
    built = world(
        """
flows: {ping: {kind: ping, from: cn, to: mn1}}
timeline:
  - {at: 0, start: ping}
"""
    )
    built.clock.run(1.0)
    built.finish()
    built.clock.run(2.0)
    noted = [
        (e.at, e.event) for e in built.recorder.events if "flow" in e.event or e.event == "finished"
    ]
    assert noted == [(0.0, "flow_started"), (1.0, "flow_stopped"), (1.0, "finished")]
    assert max(s.at for s in out_of(built, "ping", "cn")) <= 1.0
