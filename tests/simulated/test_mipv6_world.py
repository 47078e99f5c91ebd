"""MIPv6 in virtual time, with the cores that agents run: what its topologies promise holds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from wire_ends import Ends, on_the_wire

from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from agents.wire.ndisc import NeighborSolicitation
from testbed.evidence.measure import measure
from testbed.evidence.observed import Sighting
from testbed.protocols import load
from testbed.simulated.packet import EXTENSION, HEADER
from testbed.simulated.run import Run, simulate
from testbed.topology.network import Network

PLAYS = [("mipv6", None), ("mipv6-ro", None), ("comparison", "mipv6")]


@cache
def played(name: str, protocol: str | None = None) -> tuple[Network, Run, Mapping[str, Any]]:
    network = load(name, protocol=protocol)
    run = simulate(network)
    result = measure(network, run.sightings, run.events, run.captures, "simulated")
    return network, run, result.document


@cache
def wired(name: str) -> tuple[Network, Run, list[Ends]]:
    network = load(name)
    with on_the_wire() as seen:
        return network, simulate(network), seen


def of_flow(run: Run, flow: str, node: str, *, outgoing: bool) -> list[Sighting]:
    found = (s for s in run.sightings if s.flow == flow and s.node == node)
    return [s for s in found if s.outgoing is outgoing]


def care_of_addresses(run: Run) -> set[Address]:
    events = [e for e in run.events if e.event == "care_of_usable" and not e.details["home"]]
    return {Address.parse(e.details["address"]) for e in events}


@pytest.mark.parametrize(("name", "protocol"), PLAYS)
def test_what_a_topology_expects_holds(name: str, protocol: str | None) -> None:
    _, _, document = played(name, protocol)
    assert document["checks"]
    assert [check for check in document["checks"] if not check["holds"]] == []


@pytest.mark.parametrize(("name", "protocol"), PLAYS)
def test_every_move_is_followed_by_packets(name: str, protocol: str | None) -> None:
    _, _, document = played(name, protocol)
    assert all(handover["latency"] for handover in document["handovers"])
    assert all(handover["phases"]["binding_acknowledged"] for handover in document["handovers"])


def test_equal_seeds_give_equal_runs() -> None:
    network, run, _ = played("mipv6-ro")
    again = simulate(network)
    assert again.events == run.events
    assert again.sightings == run.sightings


def test_nothing_leaves_from_home_but_in_a_tunnel_or_with_an_option() -> None:
    """An access router would drop it, and RFC 6275 §11.3.1 forbids it."""
    network, run, wire = wired("mipv6-ro")
    home = Address.parse(network.nodes["mn1"].address)
    sent = [each for each in wire if each.node == "mn1" and each.outgoing]
    assert len(sent) > 1000
    assert [each for each in sent if each.source == home and not each.tunnels] == []
    assert not any("ingress_filter" in drops for drops in run.drops.values())


def test_without_route_optimization_all_goes_by_the_home_agent() -> None:
    network, run, _ = played("mipv6")
    home = Address.parse(network.nodes["mn1"].address)
    at_peer = of_flow(run, "voip", "cn", outgoing=False) + of_flow(run, "voip", "cn", outgoing=True)
    assert {s.source for s in at_peer} | {s.destination for s in at_peer} == {
        home,
        Address.parse(network.nodes["cn"].address),
    }
    away = [s for s in of_flow(run, "voip", "mn1", outgoing=True) if 6 < s.at < 8]
    assert {len(s.tunnels) for s in away} == {1}
    assert {s.length for s in away} == {160 + 8 + 2 * HEADER}


def test_optimized_data_goes_directly_between_the_addresses_on_the_wire() -> None:
    network, run, wire = wired("mipv6-ro")
    settled = [s for s in of_flow(run, "voip", "cn", outgoing=False) if 5.0 < s.at < 6.0]
    assert len(settled) > 50
    assert {s.source for s in settled} == {Address.parse(network.nodes["mn1"].address)}
    came = [w for w in wire if (w.node, w.outgoing, w.flow) == ("cn", False, "voip")]
    assert {w.source for w in came if 5.0 < w.at < 6.0} < care_of_addresses(run)
    assert {s.length - HEADER - 8 - network.flows["voip"].size for s in settled} == {EXTENSION}
    through = [s for s in run.sightings if s.flow == "voip" and s.node == "ha"]
    assert not [s for s in through if 5.0 < s.at < 6.0]


def test_two_mobiles_carry_both_their_home_addresses() -> None:
    network, run, _ = played("mipv6-ro")
    (flow,) = [f for f in network.flows.values() if {f.source, f.destination} == {"mn1", "mn2"}]
    size = flow.size or 0
    seen = [s for s in of_flow(run, flow.name, "mn2", outgoing=False) if not s.tunnels]
    lengths = {s.length - HEADER - 8 - size for s in seen}
    assert 2 * EXTENSION in lengths
    assert lengths <= {0, EXTENSION, 2 * EXTENSION}


def test_a_binding_update_follows_at_once_when_there_is_an_address() -> None:
    _, run, _ = played("mipv6")
    usable = [e.at for e in run.events if e.event == "care_of_usable"][1:]
    sent = [
        s.at
        for s in run.sightings
        if isinstance(s.message, BindingUpdate) and s.node == "mn1" and s.outgoing
    ]
    assert sent == usable


def test_addresses_are_probed_before_or_while_they_are_used() -> None:
    _, run, _ = played("mipv6")
    probes = [
        s
        for s in run.sightings
        if isinstance(s.message, NeighborSolicitation) and not any(s.source) and s.outgoing
    ]
    assert {s.message.target for s in probes} >= care_of_addresses(run)
