"""The roles of RFC 5213 in virtual time: handovers take what the delays say, and repeat."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from testbed.evidence.result import Result, as_json, measure
from testbed.protocols import load
from testbed.simulated.folder import write_folder
from testbed.simulated.run import Run, simulate
from testbed.simulated.world import World
from testbed.topology.network import Network, Step

MANY = """
name: three
protocol: pmipv6
protocols: {pmipv6: {ordering: %s}}
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  cn: {place: correspondent, domain: home}
  core: {place: router, domain: away}
  mag1: {place: access-router, domain: away}
  mag2: {place: access-router, domain: away}
  mag3: {place: access-router, domain: away}
  mn1: {place: mobile, anchor: lma}
  mn2: {place: mobile, anchor: lma}
links:
  - {ends: [cn, lma], delay: 1ms}
  - {ends: [lma, core], delay: 4ms}
  - {ends: [core, mag1], delay: 6ms}
  - {ends: [core, mag2], delay: 26ms}
  - {ends: [core, mag3], delay: 1ms}
access:
  wlan1: {router: mag1, delay: 2ms}
  wlan2: {router: mag2, delay: 3ms}
  wlan3: {router: mag3, delay: 4ms}
flows:
  one: {kind: udp, from: cn, to: mn1, direction: both, interval: 4ms}
  two: {kind: udp, from: cn, to: mn2, direction: both, interval: 4ms}
  between: {kind: ping, from: mn1, to: mn2, interval: 10ms}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 0, attach: mn2, to: wlan2}
  - {at: 1, start: [one, two, between]}
  - {at: 3, move: mn1, to: wlan2, gap: 20ms}
  - {at: 3.01, move: mn2, to: wlan1, gap: 20ms}
  - {at: 5, move: mn1, to: wlan3, gap: 20ms}
  - {at: 7, stop: [one, two, between]}
"""
ONE_WAY = {"mag1": 0.010, "mag2": 0.030, "mag3": 0.005}
AIR = {"mag1": 0.002, "mag2": 0.003, "mag3": 0.004}


@pytest.fixture(params=["timestamp", "sequence"])
def three(request: pytest.FixtureRequest, tmp_path: Path) -> Network:
    file = tmp_path / "topology.yaml"
    file.write_text(MANY % request.param)
    return load(file)


def judged(network: Network, run: Run) -> Result:
    return measure(network, run.sightings, run.events, run.captures, "simulated")


@pytest.mark.parametrize("three", ["timestamp"], indirect=True)
def test_a_handover_takes_the_delays_that_its_exchange_must_cross(three: Network) -> None:
    handovers = judged(three, simulate(three)).document["handovers"]
    assert [(each["node"], each["to"]) for each in handovers] == [
        ("mn1", "wlan2"),
        ("mn2", "wlan1"),
        ("mn1", "wlan3"),
    ]
    for each in handovers:
        gateway = "mag" + each["to"][-1]
        round_trip, air = 2 * ONE_WAY[gateway], AIR[gateway]
        phases = each["phases"]
        up = phases["link_up"]
        assert phases["binding_sent"] == pytest.approx(up)
        assert phases["binding_acknowledged"] - up == pytest.approx(round_trip, abs=1e-5)
        assert phases["route_installed"] - up == pytest.approx(round_trip, abs=1e-5)
        # The first datagram after the binding comes within their interval of 4 ms.
        assert round_trip + air <= each["latency"] + 1e-5 <= round_trip + air + 0.0041


def test_all_flows_outlive_all_moves(three: Network) -> None:
    run = simulate(three)
    last = {
        (seen.flow, seen.downward): seen.at
        for seen in run.sightings
        if seen.flow and not seen.outgoing and seen.node in ("cn", "mn1", "mn2")
    }
    assert {flow for flow, _ in last} == {"one", "two", "between"}
    assert min(last.values()) > 6.9


def test_equal_seeds_give_equal_bytes(three: Network, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("first", "second")]
    for folder, date in zip(folders, ("2026-01-01", "2027-02-02"), strict=True):
        run = simulate(three)
        write_folder(folder, three, run, judged(three, run), date)
    for name in ("result.json", "events.jsonl", "topology.yaml"):
        first, second = ((folder / name).read_bytes() for folder in folders)
        assert first == second
        assert len(first) > 1000
        assert str(tmp_path).encode() not in first


def test_encoding_every_message_changes_nothing(three: Network) -> None:
    objects, octets = simulate(three), simulate(three, encode=True)
    assert as_json(judged(three, objects).document) == as_json(judged(three, octets).document)
    assert list(objects.events) == list(octets.events)


def test_authenticated_messages_are_encoded_and_bind(tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    secured = (
        "protocols: {pmipv6: {authentication: {spi: 256, key: 00112233445566778899aabbccddeeff}}}"
    )
    file.write_text(MANY.replace("protocols: {pmipv6: {ordering: %s}}", secured))
    network = load(file)
    result = judged(network, simulate(network))
    assert len(result.document["handovers"]) == 3
    assert all(each["latency"] for each in result.document["handovers"])
    assert not result.document["drops"]


def bindings(world: World) -> list[Any]:
    core = world.agents["lma"].core
    assert core is not None
    return core.bindings(world.clock.now)


def test_unwatched_messages_take_shortcuts_to_the_same_bindings(three: Network) -> None:
    silent = dataclasses.replace(
        three, timeline=tuple(step for step in three.timeline if step.kind != "start")
    )
    watched, unwatched = World(silent), World(silent, watch=False)
    for until in (0.005, 0.5, 3.021, 3.031, 3.06, 5.03, 30.0):
        for world in (watched, unwatched):
            if world.clock.now == 0.0:
                world.start()
            world.clock.run(until)
        assert bindings(watched) == bindings(unwatched)
    assert not unwatched.recorder.sightings
    assert not unwatched.recorder.events


def test_a_lost_binding_update_is_sent_again_after_a_second(three: Network) -> None:
    world = World(three)
    world.start()
    world.clock.run(2.9)
    channel = world.ports["mag2-eth0"].channel
    assert channel is not None
    channel.change(dataclasses.replace(channel.settings, loss=1.0))
    world.clock.run(3.5)
    channel.change(dataclasses.replace(channel.settings, loss=0.0))
    world.clock.run(5.0)
    sent = [
        event.at
        for event in world.recorder.events
        if event.node == "mag2" and event.event == "message_sent" and event.at > 3.019
        if event.details["message"] == "ProxyBindingUpdate" and event.at < 5.0
    ]
    assert sent[:1] == [pytest.approx(3.02)]
    assert pytest.approx(4.02) in sent


def test_a_link_that_changes_delays_what_follows(three: Network, tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    slower = "timeline:\n  - {at: 0, change: core-mag3, delay: 51ms}\n"
    file.write_text((MANY % "timestamp").replace("timeline:\n", slower))
    network = load(file)
    last = judged(network, simulate(network)).document["handovers"][-1]
    phases = last["phases"]
    assert phases["binding_acknowledged"] - phases["link_up"] == pytest.approx(0.110, abs=1e-5)


def test_a_gateway_that_is_started_again_hears_who_is_attached(three: Network) -> None:
    plan = dataclasses.replace(
        three,
        timeline=(
            *(step for step in three.timeline if step.at <= 1.0),
            Step(2.0, "kill", node="mag1"),
            Step(2.5, "restart", node="mag1"),
            Step(4.0, "stop", target="one"),
        ),
    )
    run = simulate(plan)
    attached = [event for event in run.events if event.event == "attached" and event.at > 2.0]
    assert [(event.at, event.node) for event in attached] == [(2.5, "mag1")]
    assert not [event for event in run.events if event.event == "dropped"]
    for node, downward in (("mn1", True), ("cn", False)):
        way = ("one", downward, node, False)
        times = [s.at for s in run.sightings if (s.flow, s.downward, s.node, s.outgoing) == way]
        assert len([at for at in times if 2.0 < at < 2.5]) == 125  # its routes have outlived it
        silent = max(later - earlier for earlier, later in pairwise(times))
        assert 0.020 < silent < 1.0  # at least the round trip of a registration
        assert times[-1] > 3.99
