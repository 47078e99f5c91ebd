from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from testbed.cli import group


def validate(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["validate", *arguments])


def test_a_sound_topology_is_shown() -> None:
    result = validate("pmipv6")
    assert result.exit_code == 0
    assert "2001:db8:1:8000:0:ff:fe07:0" in result.stdout
    assert "pmipv6 is sound under pmipv6: 7 nodes, 6 links, 2 access links" in result.stdout
    assert result.stderr == ""


def test_addresses_are_printed_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text(
        'protocol: pmipv6\ndomains: {a: {prefix: "fd00:a::/48"}}\nnodes: {r: {place: router}}\n'
    )
    assert "fd00:a::1 " in validate(str(path)).stdout


def test_a_mobile_with_two_interfaces_is_shown_with_both_addresses(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text(
        "protocol: pmipv6\n"
        'domains: {a: {prefix: "fd00:a::/48"}}\n'
        "nodes:\n"
        "  lma: {place: anchor, domain: a}\n"
        "  mn1: {place: mobile, anchor: lma, interfaces: {wlan: {}, lte: {}}}\n"
    )
    mobile = json.loads(validate(str(path), "--json").stdout)["nodes"]["mn1"]["mobile"]
    homes = [home for each in mobile["home_addresses"].values() for home in each]
    assert len(homes) == 2
    assert all(f" {home} " in validate(str(path)).stdout for home in homes)


@pytest.mark.parametrize(("count", "said"), [(1, "1 expectation"), (2, "2 expectations")])
def test_expectations_are_counted(tmp_path: Path, count: int, said: str) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("timeline: []\nexpect:\n" + "  - captures.dropped == 0\n" * count)
    shown = validate("pmipv6", "--scenario", str(scenario)).stdout
    assert shown.splitlines()[-1].endswith(f" s, {said}")


def test_the_resolved_network_is_json() -> None:
    found = json.loads(validate("pmipv6", "--json").stdout)
    assert found["nodes"]["mag1"]["role"] == "mag"
    assert found["agents"]["lma"]["config"]["mags"] == ["2001:db8:2::1", "2001:db8:3::1"]


def test_the_seed_of_the_command_line_walks_another_way() -> None:
    walks = [validate("pmipv6-many", "--json", *seed).stdout for seed in ((), ("--seed", "2"))]
    assert json.loads(walks[0])["timeline"] != json.loads(walks[1])["timeline"]


def test_a_scenario_replaces_the_play(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("timeline:\n  - {at: 1, attach: mn1, to: wlan2}\nexpect: []\n")
    found = json.loads(validate("pmipv6", "--scenario", str(scenario), "--json").stdout)
    assert [step["target"] for step in found["timeline"]] == ["wlan2"]
    assert found["duration"] == 2.0
    assert set(found["flows"]) == {"ping", "voip", "download"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "dmm-testbed: nowhere: no such topology: known: comparison, dmipv6, flow"),
        (["pmipv6", "--protocol", "pmip"], "dmm-testbed: --protocol: unknown protocol 'pmip'"),
        (["pmipv6", "--scenario", "/nowhere.yaml"], "dmm-testbed: /nowhere.yaml: cannot read"),
    ],
)
def test_what_is_wrong_is_one_line_and_status_2(arguments: list[str], said: str) -> None:
    result = validate(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(said)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_an_error_in_a_file_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text("protocol: pmipv6\ndomians: {}\n")
    result = validate(str(path))
    assert result.exit_code == 2
    assert result.stderr.startswith(
        f"dmm-testbed: {path}:2: domians: unknown key: did you mean dom"
    )
    assert result.stderr.count("\n") == 1
