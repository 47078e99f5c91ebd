"""DMIPv6 in virtual time, with the cores that agents run, on figure 1 of the draft."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from wire_ends import on_the_wire

import testbed
from agents.wire import icmpv6, mobility
from agents.wire.address import Address
from agents.wire.icmpv6 import Icmpv6Message
from testbed.evidence.measure import measure
from testbed.protocols import load
from testbed.simulated.run import Run, simulate
from testbed.topology.network import Network

FIGURE = Path(testbed.__file__).parents[1] / "topologies" / "dmipv6" / "topology.yaml"
DISCOVERY = ["anycast", "multicast", "server-active", "server-passive"]
Play = tuple[Network, Run, Mapping[str, Any]]


def play(network: Network) -> Play:
    run = simulate(network)
    result = measure(network, run.sightings, run.events, run.captures, "simulated")
    return network, run, result.document


@cache
def figure() -> Play:
    return play(load("dmipv6"))


def varied(folder: Path, *changes: tuple[str, str]) -> Play:
    """Play the figure with texts of its file replaced."""
    text = FIGURE.read_text()
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text)
        assert count, pattern
    file = folder / "topology.yaml"
    file.write_text(text)
    return play(load(file))


def at(time: float, step: str) -> tuple[str, str]:
    """Return the change that puts ``step`` between the steps at 3 s and 4 s, or 4 s and 8 s."""
    after = "3s" if time < 4 else "4s"
    return rf"(  - {{at: {after}, .*\n)", f"\\1  - {{at: {time}s, {step}}}\n"


def events(run: Run, name: str) -> list[Mapping[str, Any]]:
    return [{"at": e.at, "node": e.node, **e.details} for e in run.events if e.event == name]


def flow(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    (found,) = [each for each in document["flows"] if each["name"] == name]
    return found


def failed(document: Mapping[str, Any]) -> list[Any]:
    return [check["expect"] for check in document["checks"] if not check["holds"]]


@pytest.mark.parametrize(("name", "protocol"), [("dmipv6", None), ("comparison", "dmipv6")])
def test_what_a_topology_expects_holds(name: str, protocol: str | None) -> None:
    _, _, document = figure() if protocol is None else play(load(name, protocol=protocol))
    assert document["checks"]
    assert failed(document) == []


@pytest.mark.parametrize("method", DISCOVERY)
def test_every_way_of_discovery_finds_the_same_proxies(tmp_path: Path, method: str) -> None:
    _, run, document = varied(tmp_path, ("discovery: anycast", f"discovery: {method}"))
    assert failed(document) == []
    found = {event["flow"]: str(event["proxy"]) for event in events(run, "proxy_selected")}
    assert found == {"call": "2001:db8:11::1", "video": "2001:db8:12::2"}


def test_a_correspondent_may_be_asked_for_the_proxies_near_it(tmp_path: Path) -> None:
    _, run, document = varied(tmp_path, ("discovery: anycast", "discovery: correspondent"))
    found = {event["flow"]: str(event["proxy"]) for event in events(run, "proxy_selected")}
    assert found == {"video": "2001:db8:12::2"}  # the other correspondent knows no mobility
    assert flow(document, "call")["via"] == "home"


def test_a_correspondent_behind_a_proxy_never_learns_where_the_mobile_is() -> None:
    network = load("dmipv6")
    with on_the_wire() as wire:
        run = simulate(network)
    care_of = {Address.parse(event["address"]) for event in events(run, "care_of_usable")}
    assert len(care_of) == 2
    ends = [each for each in wire if each.node == "cn1"]
    assert len([each for each in ends if each.flow == "call"]) > 2000
    assert not any(each.tunnels for each in ends)
    assert not {address for each in ends for address in (each.source, each.destination)} & care_of
    for sighting in run.sightings:
        if sighting.node == "cn1" and sighting.message is not None:
            codec = icmpv6 if isinstance(sighting.message, Icmpv6Message) else mobility
            octets = codec.emit(sighting.message, sighting.source, sighting.destination)
            assert not any(address in octets for address in care_of)
    assert Address.parse(network.nodes["mn1"].address) not in care_of


def test_four_flows_run_at_once_over_two_proxies_the_home_agent_and_none() -> None:
    _, _, document = figure()
    ways = {name: flow(document, name)["via"] for name in ("call", "video", "fetch", "incoming")}
    assert ways == {"call": "proxy", "video": "proxy", "fetch": "care-of", "incoming": None}
    for name in ("call", "video", "incoming"):
        assert flow(document, name)["ended"] in (None, "closed")
    assert flow(document, "fetch")["succeeded"] is False


def test_the_names_of_a_domain_are_asked_for_over_the_network() -> None:
    network, run, _ = figure()
    servers = {Address.parse(network.nodes[name].address): name for name in network.names}
    asked = [
        servers[s.destination]
        for s in run.sightings
        if s.node == "mn1" and s.outgoing and s.destination in servers and not s.tunnels
    ]
    assert sorted(asked) == ["ns1", "ns2"]


def test_without_a_proxy_that_lives_a_flow_starts_from_home(tmp_path: Path) -> None:
    _, run, document = varied(tmp_path, at(3.5, "kill: dhp11"), at(3.5, "kill: dhp12"))
    call = flow(document, "call")
    assert call["via"] == "home"
    (started,) = [event for event in events(run, "flow_started") if event["flow"] == "call"]
    assert 4.0 < started["at"] < 4.0 + 10.0
    assert call["received"] > 0.9 * call["sent"] > 0
    assert flow(document, "video")["via"] == "proxy"


def test_without_a_name_server_too(tmp_path: Path) -> None:
    _, run, document = varied(tmp_path, at(3.5, "change: gw1-ns1, loss: 1.0"))
    assert flow(document, "call")["via"] == "home"
    (started,) = [event for event in events(run, "flow_started") if event["flow"] == "call"]
    assert 4.0 < started["at"] < 4.0 + 10.0


def test_a_proxy_that_dies_under_a_flow_is_noticed(tmp_path: Path) -> None:
    stays = ("  - {at: 12s, move.*\n", "")
    _, run, _ = varied(tmp_path, at(6, "kill: dhp22"), stays)
    (lost,) = events(run, "proxy_lost")
    assert str(lost["proxy"]) == "2001:db8:12::2"
    assert lost["at"] < 8.06 + 1 + 2 + 4  # three updates, each given twice as long
    assert [str(event["flow"]) for event in events(run, "flow_continued")] == ["call"]
