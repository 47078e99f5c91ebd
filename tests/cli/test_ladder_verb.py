"""`dmm-testbed ladder` on the folders of simulated runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from testbed.cli import group


def ladder(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["ladder", *map(str, arguments)])


def run_of(topology: str, folder: Path) -> Path:
    result = CliRunner().invoke(group, ["simulate", topology, "--out", str(folder)])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def spmip(tmp_path_factory) -> Path:
    return run_of("spmip", tmp_path_factory.mktemp("spmip") / "run")


@pytest.fixture(scope="module")
def romip(tmp_path_factory) -> Path:
    return run_of("romip", tmp_path_factory.mktemp("romip") / "run")


def test_the_first_handover_is_drawn(spmip: Path) -> None:
    result = ladder(spmip)
    assert result.exit_code == 0
    assert "handover 1, mn1 from wlan2 to wlan3" in result.output
    assert "ProxyBindingUpdate" in result.output and "frame" not in result.output


def test_a_match_ends_with_0_and_says_where_each_step_is(spmip: Path) -> None:
    result = ladder(spmip, "--against", "jikim-fig1")
    assert result.exit_code == 0
    assert "attachment 1, mn1 from nowhere to wlan2" in result.output
    assert result.output.count("✓ at") == 8


def test_a_difference_ends_with_1_and_is_said(spmip: Path) -> None:
    result = ladder(spmip, "--against", "jikim-fig1", "--handover", 1)
    assert result.exit_code == 1
    assert "✗" in result.output


def test_a_handover_is_chosen_by_its_number(romip: Path) -> None:
    result = ladder(romip, "--against", "ma-fig1", "--handover", 3, "--json")
    assert result.exit_code == 0
    said = json.loads(result.output)
    assert said["matches"] is True and said["differences"] == []
    assert [step["step"] for step in said["steps"]] == list("12345678")
    assert said["roles"]["A_MAAR3"] == "amaar3"
    assert 10 < said["steps"][0]["at"] < 10.2


def test_two_that_move_at_once_get_in_each_others_way(romip: Path) -> None:
    result = ladder(romip, "--against", "ma-fig1", "--handover", 4, "--json")
    assert result.exit_code == 1
    assert {each["kind"] for each in json.loads(result.output)["differences"]} <= {
        "extra",
        "incomplete",
    }


def test_a_time_and_the_packets_of_flows(spmip: Path) -> None:
    result = ladder(spmip, "--from", "1.9s", "--to", "2.3s", "--data")
    assert result.exit_code == 0
    assert "ProxyBindingQuery" in result.output and "packet of first in a tunnel" in result.output


def test_a_picture_is_written(spmip: Path, tmp_path: Path) -> None:
    file = tmp_path / "ladder.svg"
    assert ladder(spmip, "--svg", file).exit_code == 0
    assert file.read_text(encoding="utf-8").startswith("<svg")


def test_figures_are_listed(tmp_path: Path) -> None:
    result = ladder("--figures")
    assert result.exit_code == 0
    for name in ("rfc5213-fig2", "rfc6275-registration", "jikim-fig2", "liu-fig10b", "xia-fig1"):
        assert f"{name}: " in result.output
    alone = ladder("--against", "ma-fig1")
    assert alone.exit_code == 0 and "A_MAAR3" in alone.output and "jikim" not in alone.output
    assert "      of a handover\n" in alone.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "which run?"),
        (("RUN", "--against", "ma-fig"), "did you mean ma-fig1?"),
        (("RUN", "--handover", 9), "the run has 1 handovers, no 9"),
        (("RUN", "--from", "1s"), "--from and --to go together"),
        (("RUN", "--from", "2s", "--to", "1s"), "the end has to be later"),
        (("RUN", "--from", "soon", "--to", "1s"), "--from soon"),
        (("RUN", "--handover", 1, "--attachment", 1), "choose one of"),
        (("RUN", "--json"), "--json prints a comparison"),
        (("RUN", "--against", "rfc6275-returning-home"), "no move of this run"),
        (("RUN", "--against", "jikim-fig1", "--from", "1s", "--to", "2s"), "needs a move"),
        (("/nonexistent",), "is this the folder of a run?"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(spmip: Path, arguments, said: str) -> None:
    result = ladder(*(spmip if each == "RUN" else each for each in arguments))
    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_a_run_that_is_not_played_again_alike_is_not_drawn(spmip: Path, tmp_path: Path) -> None:
    for name in ("topology.yaml", "events.jsonl", "result.json"):
        (tmp_path / name).write_text((spmip / name).read_text())
    result = json.loads((tmp_path / "result.json").read_text())
    result["signalling"][0]["count"] += 1
    (tmp_path / "result.json").write_text(json.dumps(result))
    said = ladder(tmp_path)
    assert said.exit_code == 2
    assert "another version of the testbed simulated it" in said.output


def test_a_run_without_its_capture_has_no_messages(spmip: Path, tmp_path: Path) -> None:
    for name in ("topology.yaml", "events.jsonl", "result.json"):
        (tmp_path / name).write_text((spmip / name).read_text())
    result = json.loads((tmp_path / "result.json").read_text()) | {"backend": "emulated"}
    (tmp_path / "result.json").write_text(json.dumps(result))
    said = ladder(tmp_path)
    assert said.exit_code == 2
    assert (
        "no messages to read: there is no capture.pcapng" in said.output
        and len(said.output.strip().splitlines()) == 1
    )


@pytest.mark.parametrize("text", ["[]", "{}", '{"name": "it", "protocol": "pmipv6"}'])
def test_a_result_of_something_else_is_said_in_one_line(
    spmip: Path, tmp_path: Path, text: str
) -> None:
    for name in ("topology.yaml", "events.jsonl"):
        (tmp_path / name).write_text((spmip / name).read_text())
    (tmp_path / "result.json").write_text(text)
    said = ladder(tmp_path)
    assert said.exit_code == 2
    assert "result.json: not the result of a run" in said.output
    assert len(said.output.strip().splitlines()) == 1


@pytest.mark.parametrize("log", ["", "noise\n", "[]\n7\n"])
def test_a_log_without_events_is_said_in_one_line(spmip: Path, tmp_path: Path, log: str) -> None:
    for name in ("topology.yaml", "result.json"):
        (tmp_path / name).write_text((spmip / name).read_text())
    (tmp_path / "events.jsonl").write_text(log)
    said = ladder(tmp_path)
    assert said.exit_code == 2
    assert said.output == (
        f"dmm-testbed: {tmp_path / 'events.jsonl'}: holds no event of a run: run it again\n"
    )


def test_a_folder_without_a_result_says_what_is_not_there(spmip: Path, tmp_path: Path) -> None:
    (tmp_path / "topology.yaml").write_text((spmip / "topology.yaml").read_text())
    assert "measured: there is no result.json" in ladder(tmp_path).output
