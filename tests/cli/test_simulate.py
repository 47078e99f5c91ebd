"""`dmm-testbed simulate`: what it prints, writes and returns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from small_network import SMALL

from testbed.cli import group

TOPOLOGY = SMALL.replace("delay: 2ms", "delay: 2ms, loss: 1%, jitter: 1ms")
MAIN = "from testbed.cli import main; main()"
FILES = [
    "events.jsonl",
    "manifest.json",
    "packets.csv",
    "report.html",
    "result.json",
    "topology.yaml",
]


def simulate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["simulate", *map(str, arguments)])


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(TOPOLOGY)
    return file


def test_it_prints_tables_and_leaves_a_folder(small: Path, tmp_path: Path) -> None:
    done = simulate(small, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "small: pmipv6, simulated, seed 0" in done.output
    assert "Handovers" in done.output
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == FILES
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["backend"], manifest["seed"]) == ("simulated", 0)


def test_json_is_the_result(small: Path, tmp_path: Path) -> None:
    done = simulate(small, "--out", tmp_path / "out", "--json")
    document = json.loads(done.stdout)
    assert document == json.loads((tmp_path / "out" / "result.json").read_text())
    assert [(each["from"], each["to"]) for each in document["handovers"]] == [("wlan1", "wlan2")]


def test_an_expectation_that_fails_gives_status_one(small: Path, tmp_path: Path) -> None:
    small.write_text(TOPOLOGY + "expect: [flows.ping.lost == 0]\n")
    done = simulate(small, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "FAILS  flows.ping.lost == 0" in done.output


def test_wrong_input_is_one_line_and_status_two(small: Path, tmp_path: Path) -> None:
    small.write_text(TOPOLOGY.replace("move: mn1", "move: mn7"))
    done = simulate(small, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "mn7" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_one_line_and_status_two(
    small: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    done = simulate(small, "--out", tmp_path / "file" / "below")
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert str(tmp_path / "file") in done.stderr


def test_repetitions_have_consecutive_seeds_and_statistics(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = simulate(small, "--out", out, "--repeat", "3", "--seed", "5")
    assert done.exit_code == 0, done.output
    results = [json.loads((out / str(n) / "result.json").read_text()) for n in (1, 2, 3)]
    assert [result["seed"] for result in results] == [5, 6, 7]
    statistics = json.loads((out / "statistics.json").read_text())
    assert (statistics["runs"], statistics["seeds"]) == (3, [5, 6, 7])
    assert len({json.dumps(result["flows"]) for result in results}) == 3


def test_repetitions_into_the_folder_of_others_go_below_it(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        assert simulate(small, "--out", out, "--repeat", "2").exit_code == 0
    below = [each for each in out.iterdir() if each.is_dir() and each.name not in ("1", "2")]
    assert len(below) == 1
    assert {"1", "2", "statistics.json"} == {each.name for each in below[0].iterdir()}


def test_a_second_run_into_the_same_folder_goes_below_it(small: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert simulate(small, "--out", tmp_path / "out").exit_code == 0
    below = [each for each in (tmp_path / "out").iterdir() if each.is_dir()]
    assert len(below) == 1
    assert sorted(file.name for file in below[0].iterdir()) == FILES


def test_commands_are_said_not_to_be_simulated(small: Path, tmp_path: Path) -> None:
    asked = TOPOLOGY.replace(
        "timeline:\n", "  web: {kind: command, from: mn1, to: cn, command: curl}\ntimeline:\n"
    )
    small.write_text(asked.replace("start: ping", "start: [ping, web]"))
    done = simulate(small, "--out", tmp_path / "out", "--json")
    assert "not simulated" in done.stderr
    assert "web" in done.stderr
    web = next(flow for flow in json.loads(done.stdout)["flows"] if flow["name"] == "web")
    assert (web["sent"], web["received"], web["status"]) == (0, 0, None)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["not_simulated"] == [{"flow": "web"}]


def test_a_command_of_the_timeline_is_left_out_and_named(small: Path, tmp_path: Path) -> None:
    asked = "timeline:\n  - {at: 0, run: ip -6 route, node: cn}\n"
    small.write_text(TOPOLOGY.replace("timeline:\n", asked))
    done = simulate(small, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "not simulated" in done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["not_simulated"] == [{"subject": "cn", "command": "ip -6 route"}]


def test_equal_seeds_give_equal_bytes_in_any_process(small: Path, tmp_path: Path) -> None:
    folders = []
    for number, hash_seed in enumerate(("1", "2")):
        folders.append(tmp_path / f"out{number}")
        subprocess.run(
            [sys.executable, "-c", MAIN, "simulate", small, "--out", folders[-1]],
            check=True,
            capture_output=True,
            cwd=folders[-1].parent,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            timeout=60,
        )
    for name in ("result.json", "events.jsonl", "report.html"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


def test_another_seed_gives_another_result(small: Path, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        assert simulate(small, "--out", tmp_path / seed, "--seed", seed).exit_code == 0
    first, second = ((tmp_path / seed / "events.jsonl").read_bytes() for seed in ("1", "2"))
    assert first != second
