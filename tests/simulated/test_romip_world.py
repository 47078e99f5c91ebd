"""ROMIP in virtual time, with the cores that agents run: figures 1 and 2 of draft-ma-dmm-romip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agents.wire.address import Address
from agents.wire.icmpv6 import DestinationUnreachable
from agents.wire.names import message_name
from testbed.evidence.measure import measure
from testbed.evidence.observed import Sighting
from testbed.protocols import load
from testbed.protocols.shelf import FILE, SHELF
from testbed.simulated.run import Run, simulate
from testbed.simulated.world import World
from testbed.topology.network import Network, Step

FIGURE_1 = ["RouterSolicitation", "AA-Request", "AA-Answer", "RouterAdvertisement"]
FIGURE_1 += ["sDBU", "sDBA", "dDBU", "dDBA"]
THIRD = 10.05  # s, when a comes to its third MAAR


def judged(network: Network, run: Run) -> Mapping[str, Any]:
    return measure(network, run.sightings, run.events, run.captures, "simulated").document


@cache
def played(name: str = "romip") -> tuple[Network, Run, Mapping[str, Any]]:
    network = load(name, protocol="romip")
    run = simulate(network)
    return network, run, judged(network, run)


def changed(folder: Path, before: str, after: str) -> Network:
    """Return the topology with one part of its text exchanged."""
    text = (SHELF / "romip" / FILE).read_text()
    assert before in text
    path = folder / FILE
    path.write_text(text.replace(before, after))
    return load(path)


def failed(document: Mapping[str, Any]) -> list[str]:
    return [check["expect"] for check in document["checks"] if not check["holds"]]


def assigned(run: Run, network: Network, node: str, router: str) -> Address:
    """Return the address that ``router`` has assigned to ``node``."""
    mobile = network.nodes[node].mobile
    assert mobile is not None
    (found,) = {
        e.details["address"]
        for e in run.events
        if (e.event, e.node) == ("address_assigned", router)
        and e.details["subject"] == mobile.identifier
    }
    return Address.parse(found)


def messages(run: Run, begin: float, end: float) -> list[Sighting]:
    """Return the signalling that nodes sent, each message where it began."""
    seen: set[tuple[int, bytes]] = set()
    found = []
    for each in run.sightings:
        if each.message is None or not each.outgoing or not begin <= each.at < end:
            continue
        if (key := (id(each.message), each.source)) not in seen:
            seen.add(key)
            found.append(each)
    return found


@pytest.mark.parametrize("name", ["romip", "comparison"])
def test_what_a_topology_expects_holds(name: str) -> None:
    _, _, document = played(name)
    assert document["checks"]
    assert failed(document) == []


def test_every_move_is_acknowledged_and_followed_by_packets() -> None:
    _, _, document = played()
    for handover in document["handovers"]:
        phases = handover["phases"]
        assert handover["latency"] is not None
        assert phases["link_up"] <= phases["solicited"] <= phases["query_sent"]
        assert phases["query_sent"] < phases["query_answered"] <= phases["binding_sent"]
        assert phases["binding_sent"] < phases["binding_acknowledged"]


def test_a_handover_takes_the_steps_of_figure_1() -> None:
    network, run, _ = played()
    sent = [s for s in messages(run, THIRD, THIRD + 1.0) if message_name(s.message) in FIGURE_1]
    steps = [(message_name(s.message), s.node) for s in sent]
    once = list(dict.fromkeys(steps))
    peers = {"bmaar2", "bmaar1"}  # of the sessions with b, and with c
    assert once[:6] == [
        ("RouterSolicitation", "a"),
        ("AA-Request", "amaar3"),
        ("AA-Answer", "aaa"),
        *([("RouterAdvertisement", "amaar3"), ("sDBU", "amaar3")]),
        ("sDBA", "amaar2"),
    ]
    updates = [s for s in sent if message_name(s.message) == "dDBU"]
    assert {str(Address(s.destination)) for s in updates} == {
        network.nodes[peer].address for peer in peers
    }
    assert {node for name, node in once if name == "dDBA"} == peers


def test_a_session_keeps_the_address_it_began_with_and_a_new_one_begins_where_one_is() -> None:
    network, run, _ = played()
    first, second = (assigned(run, network, "a", maar) for maar in ("amaar1", "amaar2"))
    ends = {
        name: {frozenset((s.source, s.destination)) for s in run.sightings if s.flow == name}
        for name in network.flows
    }
    peer = assigned(run, network, "b", "bmaar1")
    assert ends["call"] == ends["download"] == {frozenset((first, peer))}
    assert ends["talk"] == {frozenset((second, Address.parse(network.nodes["c"].address)))}


def test_packets_are_tunnelled_between_the_present_maars_and_nowhere_else() -> None:
    network, run, _ = played()
    here, there = (Address.parse(network.nodes[name].address) for name in ("amaar3", "bmaar2"))
    settled = [s for s in run.sightings if s.flow == "call" and 11.0 < s.at < 12.5]
    assert {s.tunnels for s in settled} == {(), ((here, there),), ((there, here),)}
    crossed = {s.node for s in settled}
    assert crossed == {"a", "amaar3", "core2", "core3", "bmaar2", "b"}


def test_a_correspondent_notices_nothing() -> None:
    network, run, _ = played()
    second = assigned(run, network, "a", "amaar2")
    seen = [s for s in run.sightings if s.node == "c" and s.flow]
    assert {frozenset((s.source, s.destination)) for s in seen} == {
        frozenset((second, Address.parse(network.nodes["c"].address)))
    }
    assert {s.tunnels for s in seen} == {()}
    # Whatever else it hears is that for some time there is no way, as any host may be told.
    said = {type(s.message) for s in run.sightings if s.node == "c" and not s.flow}
    assert said <= {DestinationUnreachable}


def test_the_mobile_says_no_more_than_it_solicits() -> None:
    _, run, _ = played()
    said = {message_name(s.message) for s in run.sightings if s.node in "ab" and s.outgoing}
    assert said - {"NoneType"} <= {
        "RouterSolicitation",
        "NeighborSolicitation",
        "NeighborAdvertisement",
    }


def test_path_stretch_is_one_between_moves() -> None:
    _, _, document = played()
    for flow in document["flows"]:
        assert flow["hops"] == flow["shortest_hops"]
        assert 1 <= flow["stretch"] < 1.02


def test_equal_seeds_give_equal_runs_and_octets_change_nothing() -> None:
    network, run, _ = played()
    again = simulate(network)
    assert again.events == run.events
    assert again.sightings == run.sightings
    encoded = simulate(network, encode=True)
    assert encoded.events == run.events


def test_addresses_are_given_back_when_their_sessions_are_over() -> None:
    network, run, _ = played()
    world = World(network)
    world.start()
    world.clock.run(15.9)
    at_second = len(world.nodes["a"].addresses)
    world.finish()
    world.clock.run(20.0)
    assert at_second > len(world.nodes["a"].addresses)
    first = assigned(run, network, "a", "amaar1")
    assert first not in world.nodes["a"].addresses
    returned = {
        e.details["address"] for e in world.recorder.events if e.event == "address_returned"
    }
    assert str(first) in returned


@pytest.mark.parametrize("option", ["flag_profile: iana-safe", "authentication: KEY"])
def test_the_other_flags_and_authentication_move_sessions_too(option: str, tmp_path: Path) -> None:
    key = "{spi: 300, key: '00112233445566778899aabbccddeeff'}"
    network = changed(tmp_path, "flag_profile: seed-bits", option.replace("KEY", key))
    run = simulate(network)
    assert failed(judged(network, run)) == []


def test_a_stranger_gets_no_address(tmp_path: Path) -> None:
    network = changed(tmp_path, "flag_profile: seed-bits", "strangers: [a]")
    run = simulate(network)
    document = judged(network, run)
    assert all(handover["latency"] is None for handover in document["handovers"])
    refused = [e for e in run.events if e.event == "binding_rejected"]
    assert {e.details["status"] for e in refused} == {5030}
    assert not [
        e for e in run.events if e.event == "address_assigned" and e.details["subject"] == "a@home"
    ]


def with_steps(network: Network, *steps: Step) -> Network:
    """Return the network with further steps in its timeline."""
    timeline = sorted((*network.timeline, *steps), key=lambda step: step.at)
    return replace(network, timeline=tuple(timeline))


def test_a_server_that_is_started_anew_still_knows_who_was_where() -> None:
    network, _, document = played()
    again = with_steps(network, Step(9.0, "kill", "aaa"), Step(9.5, "restart", "aaa"))
    restarted = judged(again, simulate(again))
    assert failed(restarted) == []
    assert restarted["handovers"][2]["phases"] == document["handovers"][2]["phases"]


def test_a_server_that_is_away_delays_a_handover_until_it_is_back() -> None:
    network, _, _ = played()
    away = with_steps(network, Step(9.0, "kill", "aaa"), Step(10.5, "restart", "aaa"))
    document = judged(away, simulate(away))
    (latency,) = (h["latency"] for h in document["handovers"] if h["to"] == "awlan3")
    assert 0.5 < latency < 2.0
    assert document["handovers"][2]["phases"]["binding_acknowledged"] is not None
