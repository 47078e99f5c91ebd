"""What runs of one protocol are called when their options differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from testbed.comparison.variants import variants
from testbed.protocols import load
from testbed.topology.network import Network

TEXT = (Path(__file__).parents[2] / "topologies" / "flow-binding" / "topology.yaml").read_text()


def network(folder: Path, **options: str) -> Network:
    """Load flow binding's topology with other options."""
    given = {"carrier": "generic", "layout": "early", "inquire": "unknown", **options}
    head = "".join(f"    {key}: {value}\n" for key, value in given.items())
    begin, end = TEXT.index("    carrier:"), TEXT.index("    services:")
    (folder / "topology.yaml").write_text(TEXT[:begin] + head + TEXT[end:])
    return load(folder / "topology.yaml")


def test_equal_options_need_no_name_whatever_the_seed(tmp_path: Path) -> None:
    one = network(tmp_path)
    assert variants([one, replace(one, seed=2), one]) == ["", "", ""]
    assert variants([one, None]) == ["", ""]
    assert variants([]) == []


def test_what_differs_is_named_with_its_values(tmp_path: Path) -> None:
    found = variants([network(tmp_path, layout=each) for each in ("early", "rfc6089", "early")])
    assert found == ["layout early", "layout rfc6089", "layout early"]


def test_what_follows_from_an_option_is_left_out(tmp_path: Path) -> None:
    """A shared address changes prefixes at the anchor, too."""
    shared = network(tmp_path, shared_address="true", carrier="rfc7077")
    assert variants([network(tmp_path), shared]) == [
        "carrier generic, shared_address false",
        "carrier rfc7077, shared_address true",
    ]


def test_an_option_of_the_anchor_alone_is_named(tmp_path: Path) -> None:
    found = variants([network(tmp_path), network(tmp_path, max_flows="9")])
    assert found == ["max_flows 64", "max_flows 9"]


def test_more_options_than_a_label_has_room_for_are_counted(tmp_path: Path) -> None:
    changed = {"layout": "rfc6089", "carrier": "rfc7077", "shared_address": "true"}
    _, found = variants([network(tmp_path), network(tmp_path, **changed, lifetime="40s")])
    assert found.endswith(", 1 more")
    assert len(found.split(", ")) == 4


def test_runs_that_differ_in_what_is_counted_alone_have_all_of_it_named(tmp_path: Path) -> None:
    changed = {"layout": "rfc6089", "carrier": "rfc7077", "lifetime": "40s"}
    networks = [network(tmp_path), network(tmp_path, **changed)]
    networks.append(network(tmp_path, **changed, shared_address="true"))
    labels = variants(networks)
    assert len({*labels}) == 3
    assert "shared_address true" in labels[2]


def test_the_rules_of_a_policy_tell_apart(tmp_path: Path) -> None:
    one = network(tmp_path)
    agents = {
        name: replace(each, config={**each.config, "rules": [{"prefer": ["wlan"]}]})
        for name, each in one.agents.items()
    }
    other = {
        name: replace(each, config={**each.config, "rules": [{"prefer": ["3gpp"]}]})
        for name, each in one.agents.items()
    }
    found = variants([replace(one, agents=agents), replace(one, agents=other)])
    assert found == ["prefer wlan", "prefer 3gpp"]
