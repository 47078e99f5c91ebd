"""What the topologies expect of a run holds, under each protocol that they are for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from testbed.evidence.result import Result, measure
from testbed.protocols import load
from testbed.protocols.shelf import FILE, SHELF
from testbed.simulated.run import simulate

SIGNAL_DRIVEN = ["pmipv6", "spmip", "sdpmip"]
HOST_BASED = ["mipv6", "dmipv6"]
ANCHORLESS = ["sdpmip", "romip"]


def simulated(name: str, protocol: str, seed: int = 1) -> Result:
    network = load(name, protocol=protocol, seed=seed)
    run = simulate(network)
    result = measure(network, run.sightings, run.events, run.captures, "simulated")
    moves = [step for step in network.timeline if step.kind == "move"]
    assert len(result.document["handovers"]) == len(moves)
    return result


def failed(result: Result) -> list[Mapping[str, Any]]:
    return [check for check in result.document["checks"] if not check["holds"]]


@pytest.mark.parametrize(("name", "seed"), [("pmipv6", 1), ("pmipv6-many", 1), ("pmipv6-many", 2)])
def test_expectations_hold_under_pmipv6(name: str, seed: int) -> None:
    assert not failed(simulated(name, "pmipv6", seed))


@pytest.mark.parametrize("protocol", SIGNAL_DRIVEN)
@pytest.mark.parametrize("name", ["spmip", "sdpmip", "comparison"])
def test_expectations_hold_with_and_without_an_anchor(name: str, protocol: str) -> None:
    assert not failed(simulated(name, protocol))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("name", "protocol"),
    [("mipv6", "mipv6"), ("mipv6-ro", "mipv6"), ("dmipv6", "dmipv6"), ("mipv6-ro", "dmipv6")],
)
def test_expectations_hold_where_mobiles_bind_themselves(
    name: str, protocol: str, seed: int
) -> None:
    assert not failed(simulated(name, protocol, seed))


@pytest.mark.parametrize("discovery", ["multicast", "server-active", "server-passive"])
def test_however_home_proxies_are_found_they_are_the_same(discovery: str, tmp_path: Path) -> None:
    text = (SHELF / "dmipv6" / FILE).read_text()
    assert "discovery: anycast" in text
    path = tmp_path / FILE
    path.write_text(text.replace("discovery: anycast", f"discovery: {discovery}"))
    assert not failed(simulated(str(path), "dmipv6"))


def test_a_correspondent_that_is_upgraded_names_the_home_proxies_too(tmp_path: Path) -> None:
    text = (SHELF / "dmipv6" / FILE).read_text().replace(", role: none}", "}")
    path = tmp_path / FILE
    path.write_text(text.replace("discovery: anycast", "discovery: correspondent"))
    (spared,) = failed(simulated(str(path), "dmipv6"))
    # Upgraded, it optimizes routes: not even what it begins takes the detour any more.
    assert spared["expect"] == "flows.incoming.delay.median > 40ms"
    assert spared["value"] < 0.015


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", ["romip", "comparison"])
def test_expectations_hold_where_access_routers_are_anchors(name: str, seed: int) -> None:
    assert not failed(simulated(name, "romip", seed))


def test_without_an_anchor_no_session_makes_a_detour() -> None:
    stretches = {
        protocol: {
            flow["name"]: flow["stretch"] for flow in simulated("romip", protocol).document["flows"]
        }
        for protocol in (*ANCHORLESS, "pmipv6")
    }
    for flow in ("call", "download", "talk"):
        assert 1 <= stretches["romip"][flow] <= stretches["sdpmip"][flow] < 1.02
        assert stretches["pmipv6"][flow] > 1.4


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", ["flow-binding", "comparison"])
def test_expectations_hold_where_single_flows_are_bound(name: str, seed: int) -> None:
    assert not failed(simulated(name, "flowbinding", seed))


@pytest.mark.parametrize(
    "option",
    [
        "carrier: rfc7077",
        "layout: rfc6089",
        "inquire: never",
        "ordering: sequence",
        "authentication: {spi: 1000, key: '00112233445566778899aabbccddeeff'}",
    ],
)
def test_however_flows_are_bound_they_go_the_same_ways(option: str, tmp_path: Path) -> None:
    lines = (SHELF / "flow-binding" / FILE).read_text().splitlines()
    at = lines.index("  flowbinding:")
    lines = [line for line in lines if not line.startswith(f"    {option.partition(':')[0]}:")]
    path = tmp_path / FILE
    path.write_text("\n".join([*lines[: at + 1], f"    {option}", *lines[at + 1 :]]))
    assert not failed(simulated(str(path), "flowbinding"))


def test_a_bound_flow_takes_little_more_than_its_links() -> None:
    document = simulated("flow-binding", "flowbinding").document
    moves = document["flow_moves"]
    assert {move["flow"] for move in moves} == {"video", "download", "sync"}
    assert all(1 <= move["ratio"] < 1.1 for move in moves)
    assert [move["lost"] for move in moves[:3]] == [0, 0, 0]


@pytest.mark.parametrize("protocol", HOST_BASED)
def test_the_comparison_holds_where_mobiles_bind_themselves(protocol: str) -> None:
    assert not failed(simulated("comparison", protocol))


def test_a_home_proxy_near_the_correspondent_spares_the_triangle() -> None:
    delays = {
        protocol: {
            flow["name"]: flow["delay"]["median"]
            for flow in simulated("comparison", protocol).document["flows"]
        }
        for protocol in ("mipv6", "dmipv6", "sdpmip")
    }
    # `cn` is an unmodified host: under sdpmip its gateway knows the straight path.
    direct = delays["sdpmip"]["voip"]
    assert delays["mipv6"]["voip"] > 5 * direct
    assert delays["dmipv6"]["voip"] < 1.05 * direct
    # What the correspondent begins goes to the home address, whichever protocol.
    assert delays["dmipv6"]["ping"] == pytest.approx(delays["mipv6"]["ping"], rel=0.05)


@pytest.mark.parametrize("name", ["pmipv6", "pmipv6-many"])
def test_an_anchor_tunnels_for_correspondents_behind_no_gateway(name: str) -> None:
    network = load(name, protocol="spmip")
    gateway = next(link for link in network.links.values() if "cn-eth0" in link.ends)
    assert "lma-eth0" in gateway.ends
    assert not failed(simulated(name, "spmip"))


def test_only_pmipv6_takes_the_detour() -> None:
    stretches = {
        protocol: {flow["name"]: flow["stretch"] for flow in result.document["flows"]}
        for protocol in SIGNAL_DRIVEN
        for result in [simulated("comparison", protocol)]
    }
    for flow in ("ping", "voip", "download", "peers"):
        assert stretches["pmipv6"][flow] > 1.5
        # What an old gateway passes on takes a longer way, for as long as a move lasts.
        assert 1 <= stretches["spmip"][flow] < 1.05
        assert 1 <= stretches["sdpmip"][flow] < 1.05
