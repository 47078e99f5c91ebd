"""Flows that a host refuses: who is told, and what stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from host_world import host_world, own, tell, visit

from agents.core.actions import Refuse, RemoveRoute, StopRefusing
from agents.wire.address import ALL_ZERO, Prefix
from agents.wire.icmpv6 import DestinationUnreachable
from testbed.simulated.packet import HEADER
from testbed.simulated.world import World

FLOWS = """
flows:
  both: {kind: udp, from: mn1, to: cn, direction: both, interval: 20ms, size: 100}
  down: {kind: udp, from: cn, to: mn1, direction: down, interval: 20ms, size: 100}
  fetch: {kind: tcp, from: cn, to: mn1, rate: 1Mbit/s}
  store: {kind: tcp, from: mn1, to: cn, rate: 1Mbit/s}
  echo: {kind: ping, from: mn1, to: cn, interval: 50ms}
  echoed: {kind: ping, from: cn, to: mn1, interval: 50ms}
timeline:
  - {at: 1s, start: [FLOW]}
  - {at: 8s, stop: [FLOW]}
  - {at: 9s, start: [FLOW]}
"""
PROTOCOLS = {"both": 17, "down": 17, "fetch": 6, "store": 6, "echo": 58, "echoed": 58}


def told(world: World, event: str) -> list[tuple[float, int | None]]:
    return [(e.at, e.details.get("status")) for e in world.recorder.events if e.event == event]


def running(folder: Path, flow: str) -> World:
    """Return a world in which ``flow`` runs between the mobile's home and the correspondent."""
    built = host_world(folder, FLOWS.replace("FLOW", flow))
    visit(built)
    built.clock.run(3.0)
    assert told(built, "flow_stopped") == []
    return built


def refuse(
    world: World, flow: str, *, port: int | None = None, protocol: int | None = None
) -> None:
    local, peer = own(world, "mn1"), own(world, "cn")
    identifier = world.network.flows[flow].identifier
    number = PROTOCOLS[flow] if protocol is None else protocol
    tell(world, "mn1", Refuse(local, peer, number, identifier if port is None else port))


def packets(world: World, node: str, since: float, until: float) -> int:
    return sum(
        1
        for s in world.recorder.sightings
        if s.node == node and s.flow and since < s.at <= until and s.identity is not None
    )


@pytest.mark.parametrize("flow", PROTOCOLS)
def test_both_ends_stop_and_may_start_again_when_it_is_over(tmp_path: Path, flow: str) -> None:
    built = running(tmp_path, flow)
    refuse(built, flow)
    built.clock.run(8.5)
    ((ended_at, status),) = told(built, "flow_stopped")
    assert status == 1
    assert 3.0 <= ended_at < 4.0
    assert [at for at, _ in told(built, "flow_refused")] == [ended_at]
    assert packets(built, "cn", ended_at + 0.1, 9.0) == 0
    identifier = built.network.flows[flow].identifier
    pair = own(built, "mn1"), own(built, "cn")
    tell(built, "mn1", StopRefusing(*pair, PROTOCOLS[flow], identifier))
    built.clock.run(12.0)
    assert packets(built, "cn", 10.0, 12.0) > 0
    assert packets(built, "mn1", 10.0, 12.0) > 0


@pytest.mark.parametrize(("protocol", "port"), [(0, 0), (17, 0), (0, None)])
def test_any_protocol_and_any_port_may_be_meant(
    tmp_path: Path, protocol: int, port: int | None
) -> None:
    built = running(tmp_path, "both")
    refuse(built, "both", protocol=protocol, port=port)
    built.clock.run(5.0)
    assert len(told(built, "flow_stopped")) == 1


@pytest.mark.parametrize(("protocol", "port"), [(6, None), (17, 1)])
def test_other_flows_are_left_alone(tmp_path: Path, protocol: int, port: int | None) -> None:
    built = running(tmp_path, "both")
    refuse(built, "both", protocol=protocol, port=port)
    built.clock.run(5.0)
    assert told(built, "flow_stopped") == []


def test_the_peer_of_datagrams_is_told_by_an_error_from_the_address_it_knows(
    tmp_path: Path,
) -> None:
    built = running(tmp_path, "down")
    refuse(built, "down")
    built.clock.run(5.0)
    errors = [s for s in built.recorder.sightings if isinstance(s.message, DestinationUnreachable)]
    assert {(s.source, s.destination) for s in errors} == {(own(built, "mn1"), own(built, "cn"))}
    assert {s.message.code for s in errors} == {4}
    assert "ha" in {s.node for s in errors}  # through the tunnel, as all that leaves from home


def test_the_peer_of_a_connection_is_told_by_a_reset(tmp_path: Path) -> None:
    built = running(tmp_path, "fetch")
    refuse(built, "fetch")
    built.clock.run(5.0)
    resets = [s for s in built.recorder.sightings if s.length == HEADER + 20 and s.node == "cn"]
    assert resets
    assert {(s.source, s.flow) for s in resets} == {(own(built, "mn1"), "fetch")}


@pytest.mark.parametrize("flow", ["fetch", "store"])
def test_a_connection_is_reset_at_once(tmp_path: Path, flow: str) -> None:
    built = running(tmp_path, flow)
    built.recorder.sightings.clear()
    refuse(built, flow)
    reset = next(s for s in built.recorder.sightings if s.flow == flow)
    assert (reset.at, reset.node, reset.length) == (3.0, "mn1", 2 * HEADER + 20)  # in its tunnel
    built.clock.run(3.1)
    ((ended_at, _),) = told(built, "flow_stopped")
    assert ended_at < 3.0 + 0.04  # it takes that long to the correspondent, over the home agent


def test_a_peer_that_cannot_be_told_goes_on_until_it_is_stopped(tmp_path: Path) -> None:
    built = running(tmp_path, "down")
    refuse(built, "down")
    home = Prefix(own(built, "mn1"), 128)
    tell(built, "mn1", RemoveRoute(ALL_ZERO, home), RemoveRoute(ALL_ZERO))
    built.clock.run(8.5)
    assert told(built, "flow_stopped") == [(8.0, 0)]
    assert built.nodes["mn1"].drops["refused"] > 200
