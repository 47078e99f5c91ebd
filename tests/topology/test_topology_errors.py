"""Every way to get a topology wrong ends in one line that names the file, the line and the key."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from sound_topology import CN, LMA, MAG2, MN1, MOVE, SOUND
from wrong_links import WRONG_LINKS
from wrong_nodes import WRONG_NODES
from wrong_plays import WRONG_PLAYS

from testbed.protocols import load
from testbed.topology.errors import TopologyError

CASES = {**WRONG_NODES, **WRONG_LINKS, **WRONG_PLAYS}

# Where the fault shows on another line than the one that was changed.
ELSEWHERE = {
    "wrong role of an anchor": MN1,
    "unreachable router": MAG2,
    "unreachable host": CN,
    "move of a detached node": MOVE,
}


def marked(name: str) -> tuple[str, int]:
    """Return the wrong file and the line that is at fault: the last of what was replaced."""
    old, new, _, _ = CASES[name]
    assert SOUND.count(old) == 1
    text = SOUND.replace(old, new)
    fault = ELSEWHERE.get(name, new.rpartition("\n")[2])
    return text, text[: text.index(fault)].count("\n") + 1


def refusal(path: Path) -> str:
    with pytest.raises(TopologyError) as caught:
        load(path)
    return str(caught.value)


def test_the_sound_file_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text(SOUND)
    assert load(path).name == "sound"


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_file_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    text, line = marked(name)
    _, _, key, words = CASES[name]
    path = tmp_path / "topology.yaml"
    path.write_text(text)
    said = refusal(path)
    where = f"{path}:{line}: {key}: " if key else f"{path}:{line}: "
    assert said.startswith(where)
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "is empty"),
        ("# only a comment\n", 1, "is empty"),
        ("just text", 1, "is no mapping"),
        ("- a\n- b\n", 1, "is no mapping"),
        ("name: a\nnodes: b: c\n", 2, "not YAML"),
        ("name: a\nnodes: *unknown\n", 2, "not YAML: found undefined alias"),
        ("name: a\nnodes: &a [*a]\n", 2, "not YAML: an alias that contains itself"),
        ("name: a\nnodes: \0\n", 2, "not YAML: the character"),
        ("name: a\n? [1]\n: b\n", 2, "a key must be plain text"),
        ("name: a\nseed: !!python/object:os.system 1\n", 2, "not YAML: could not determine"),
        ("name: a\n---\nname: b\n", 2, "not YAML: but found another document"),
    ],
)
def test_what_is_no_topology_is_refused(text: str, line: int, words: str, tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text(text)
    assert refusal(path).startswith(f"{path}:{line}: {words}")


def test_nesting_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text("name: " + "[" * 100_000 + "]" * 100_000)
    assert refusal(path).startswith(f"{path}:1: not YAML: nested too deeply")


def test_aliases_of_aliases_are_read_once(tmp_path: Path) -> None:
    levels = "".join(f"x{i + 1}: &x{i + 1} [*x{i}, *x{i}, *x{i}, *x{i}]\n" for i in range(40))
    path = tmp_path / "topology.yaml"
    path.write_text(f"x0: &x0 [a]\n{levels}")
    assert refusal(path).startswith(f"{path}:1: x0: unknown key")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_bytes(b"name: \xff\xfe")
    assert "is not UTF-8 text (octet 6)" in refusal(path)


def test_a_link_of_two_hosts_is_refused_whether_or_not_they_have_domains(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    text = SOUND.replace(CN, f"{CN}\n  pc: {{place: correspondent}}")
    path.write_text(text.replace("[cn, lma]", "[cn, pc]"))
    assert "links[0].ends: connects two hosts" in refusal(path)


def test_a_mobile_without_any_anchor_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text(SOUND.replace("place: anchor", "place: router"))
    assert "nodes.mn1: has no anchor: add a node with `place: anchor`" in refusal(path)


def test_a_topology_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "no such topology" in refusal(tmp_path / "nowhere")
    assert "did you mean pmipv6?" in refusal(Path("pmipv66"))
    assert "the folder has no topology.yaml" in refusal(tmp_path)


def test_an_unknown_protocol_of_the_command_line_is_refused() -> None:
    with pytest.raises(TopologyError, match=r"^--protocol: unknown protocol 'ospf': .*pmipv6"):
        load("pmipv6", protocol="ospf")


def test_an_error_of_a_scenario_names_the_scenario(tmp_path: Path) -> None:
    topology, scenario = tmp_path / "topology.yaml", tmp_path / "scenario.yaml"
    topology.write_text(SOUND)
    scenario.write_text(
        "timeline:\n  - {at: 0, attach: mn1, to: wlan1}\n  - {at: 1, start: pong}\n"
    )
    with pytest.raises(TopologyError) as caught:
        load(topology, scenario=scenario)
    assert str(caught.value).startswith(f"{scenario}:3: timeline[1].start: unknown flow 'pong'")


def test_a_scenario_holds_no_network(tmp_path: Path) -> None:
    topology, scenario = tmp_path / "topology.yaml", tmp_path / "scenario.yaml"
    topology.write_text(SOUND)
    scenario.write_text("seed: 3\nnodes: {}\n")
    with pytest.raises(TopologyError) as caught:
        load(topology, scenario=scenario)
    assert str(caught.value).startswith(f"{scenario}:2: nodes: unknown key")


def test_many_names_are_not_all_listed(tmp_path: Path) -> None:
    nodes = "\n".join(f"  r{i}: {{place: router, domain: west}}" for i in range(100))
    path = tmp_path / "topology.yaml"
    path.write_text(SOUND.replace(LMA, f"{LMA}\n{nodes}").replace("[lma, mag1]", "[lma, zzzzzz]"))
    assert refusal(path).endswith(", ...")


def test_what_a_run_has_resolved_is_no_topology(tmp_path: Path) -> None:
    sound, plan = tmp_path / "sound.yaml", tmp_path / "topology.yaml"
    sound.write_text(SOUND)
    plan.write_text(yaml.safe_dump(json.loads(json.dumps(asdict(load(sound))))))
    said = refusal(tmp_path)
    assert said.startswith(f"{plan}:1: is what a run has made of a topology")
    assert said.endswith("give the topology itself, sound")
