"""`dmm-testbed compare`: what it plays, reads, prints, writes and returns."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from testbed.cli import group
from testbed.evidence.repeat import figure

PROTOCOLS = ("pmipv6", "sdpmip")
REPETITIONS = 2
UNKNOWN = (
    "--protocols: unknown protocol 'nope': known: mipv6, dmipv6, pmipv6, spmip, sdpmip, romip, "
    "flowbinding; or give all"
)


def compare(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["compare", *map(str, arguments)])


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Compare two protocols by simulation; return the folder and what was said."""
    out = tmp_path_factory.mktemp("compared") / "out"
    chosen = ["--protocols", ",".join(PROTOCOLS), "--repeat", REPETITIONS, "--out", out]
    return out, compare("comparison", "--simulate", *map(str, chosen))


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def documents(out: Path, protocol: str) -> list[dict[str, Any]]:
    folders = (out / protocol / str(number) for number in range(1, REPETITIONS + 1))
    return [json.loads((each / "result.json").read_text()) for each in folders]


def test_each_protocol_is_played_as_often_as_asked_with_other_seeds(
    played: tuple[Path, Result],
) -> None:
    out, said = played
    assert said.exit_code == 0, said.output
    for protocol in PROTOCOLS:
        found = documents(out, protocol)
        assert [each["protocol"] for each in found] == [protocol] * REPETITIONS
        assert [each["seed"] for each in found] == [1, 2]
    for number in range(1, 5):
        assert f"run {number} of 4" in said.output


def test_the_table_names_all_and_leads_to_the_page(played: tuple[Path, Result]) -> None:
    out, said = played
    assert "Which loses least? sdpmip" in said.output
    assert "Which signals most? sdpmip" in said.output
    assert f"Page: {out / 'comparison.html'}" in said.output
    for protocol in PROTOCOLS:
        assert protocol in said.output


def test_the_csv_has_a_row_for_each_protocol_run_and_metric(played: tuple[Path, Result]) -> None:
    out, _ = played
    found = rows(out / "runs.csv")
    about = ("protocol", "backend", "run", "scope", "subject", "direction", "metric")
    keys = [tuple(row[name] for name in about) for row in found]
    assert len(keys) == len(set(keys))
    for protocol in PROTOCOLS:
        for number, document in enumerate(documents(out, protocol), start=1):
            for handover, name in zip(
                document["handovers"], ("1 mn1 wlan2 > wlan4", "2 mn2 wlan3 > wlan4"), strict=False
            ):
                key = (protocol, "simulated", str(number), "handover", name, "", "latency")
                assert float(found[keys.index(key)]["value"]) == handover["latency"]


def test_the_summary_has_the_statistics_of_repeat(played: tuple[Path, Result]) -> None:
    out, _ = played
    for protocol in PROTOCOLS:
        latencies = [each["handovers"][0]["latency"] for each in documents(out, protocol)]
        expected = figure(latencies)
        found = next(
            row
            for row in rows(out / "summary.csv")
            if (row["protocol"], row["metric"]) == (protocol, "latency")
            and row["subject"] == "1 mn1 wlan2 > wlan4"
        )
        assert int(found["n"]) == REPETITIONS
        for name in ("mean", "ci95", "p50"):
            assert float(found[name]) == pytest.approx(expected[name], abs=1e-6)
        assert float(found["error"]) == pytest.approx(
            (expected["mean"] or 0.0) / float(found["model"]) - 1, abs=1e-4
        )


def test_runs_that_exist_give_the_same_comparison(
    played: tuple[Path, Result], tmp_path: Path
) -> None:
    out, _ = played
    said = compare(*(out / each for each in PROTOCOLS), "--out", tmp_path)
    assert said.exit_code == 0, said.output
    for name in ("runs.csv", "summary.csv"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes()
    whole = compare(out, "--out", tmp_path / "whole")
    assert whole.exit_code == 0
    assert (tmp_path / "whole" / "runs.csv").read_bytes() == (out / "runs.csv").read_bytes()


def test_both_backends_stand_side_by_side_under_their_names(
    played: tuple[Path, Result], tmp_path: Path
) -> None:
    out, _ = played
    copied = _copied(out / "pmipv6" / "1", tmp_path / "emulated", backend="emulated")
    said = compare(out / "pmipv6" / "1", copied, "--out", tmp_path)
    assert said.exit_code == 0, said.output
    assert "pmipv6 simulated" in said.output
    assert "pmipv6 emulated" in said.output
    heads = ["lost", "silence", "latency", "signals", "load", "delay", "detour", "anchor"]
    assert heads in [line.split() for line in said.output.splitlines()]


def _with_option(run: Path, folder: Path, key: str, value: object) -> Path:
    """Copy a run as if all agents had another value of an option."""
    copied = _copied(run, folder)
    network = yaml.safe_load((copied / "topology.yaml").read_text())
    for agent in network["agents"].values():
        agent["config"][key] = value
    (copied / "topology.yaml").write_text(yaml.safe_dump(network, sort_keys=False))
    return copied


def test_runs_with_other_options_of_their_protocol_have_columns_of_their_own(
    played: tuple[Path, Result], tmp_path: Path
) -> None:
    runs = played[0] / "pmipv6"
    first, second = (
        _with_option(runs / str(number), tmp_path / name, "lifetime", 999.0)
        for number, name in ((1, "first"), (2, "second"))
    )
    said = compare(runs, first, second, "--out", tmp_path / "out")
    assert said.exit_code == 0, said.output
    assert "4 runs of 2 kinds" in said.output
    found = rows(tmp_path / "out" / "runs.csv")
    assert {(row["options"], row["run"], row["seed"]) for row in found} == {
        (f"lifetime {value}", number, number) for value in ("60.0", "999.0") for number in "12"
    }
    page = (tmp_path / "out" / "comparison.html").read_text()
    for value in ("60.0", "999.0"):
        assert f"pmipv6 (lifetime {value})" in " ".join(said.output.split())
        assert f"pmipv6 (lifetime {value})" in page
    assert "2 kinds of runs side by side" in page
    assert {row["options"] for row in rows(played[0] / "runs.csv")} == {""}


def test_what_runs_of_other_topologies_do_not_share_is_named(
    played: tuple[Path, Result], tmp_path: Path
) -> None:
    out, _ = played
    run = out / "pmipv6" / "1"
    flows = json.loads((run / "result.json").read_text())["flows"]
    other = _copied(run, tmp_path / "other", name="other", flows=flows[1:], handovers=[])
    said = compare(run, other, "--out", tmp_path)
    assert said.exit_code == 0, said.output
    assert "not compared, as not all runs have it: flow ping of pmipv6 (comparison)" in said.output
    assert "handovers mn1 wlan2 > wlan4" in said.output


def test_runs_on_a_busy_machine_are_told_of(played: tuple[Path, Result], tmp_path: Path) -> None:
    out, _ = played
    busy = _copied(out / "pmipv6" / "1", tmp_path / "busy")
    (busy / "manifest.json").write_text(json.dumps({"load": {"alarm": ["processors"]}}))
    said = compare(busy, out / "pmipv6" / "2", "--out", tmp_path)
    assert "in 1 of 2 runs the machine was busy" in said.output


def _copied(run: Path, folder: Path, **changes: object) -> Path:
    """Copy the result of a run with some keys changed."""
    folder.mkdir()
    document = json.loads((run / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps(document | changes))
    (folder / "topology.yaml").write_bytes((run / "topology.yaml").read_bytes())
    return folder


def test_an_expectation_that_fails_is_status_1(played: tuple[Path, Result], tmp_path: Path) -> None:
    out, _ = played
    failing = [{"expect": "flows.ping.lost == 0", "value": 1, "holds": False, "reason": ""}]
    failed = _copied(out / "pmipv6" / "1", tmp_path / "failed", checks=failing)
    said = compare(failed, "--out", tmp_path)
    assert said.exit_code == 1
    assert "FAILS  pmipv6: flows.ping.lost == 0  (in 1 of 1 runs)" in said.output
    assert "1 run of 1 kind\n" in said.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "nowhere"),
        (("comparison", "--protocols", "pmipv6,nope"), UNKNOWN),
        (("comparison", "pmipv6"), "comparison holds no result.json"),
        (("comparison", "--repeat", "0"), "0"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(arguments: tuple[str, ...], said: str) -> None:
    found = compare("--simulate", *arguments)
    assert found.exit_code == 2
    assert found.output.count("\n") == 1
    assert said in found.output


def _broken_off(run: Path, folder: Path) -> Path:
    """Leave what a run leaves that ended before it was measured."""
    (folder / "captures").mkdir(parents=True)
    for name in ("topology.yaml", "manifest.json"):
        (folder / name).write_bytes((run / name).read_bytes())
    return folder


def test_a_run_that_broke_off_is_no_topology(played: tuple[Path, Result], tmp_path: Path) -> None:
    run = played[0] / "pmipv6" / "1"
    broken = _broken_off(run, tmp_path / "repeated" / "1")
    for targets in ((broken,), (tmp_path / "repeated",), (run, broken)):
        found = compare(*targets, "--out", tmp_path / "out")
        assert found.exit_code == 2
        said = "the run broke off and left no result.json: run it again, and compare that run"
        assert found.output == f"dmm-testbed: {broken}: {said}\n"
        assert not (tmp_path / "out").exists()


def test_a_run_that_broke_off_among_others_is_told_of(
    played: tuple[Path, Result], tmp_path: Path
) -> None:
    repeated = tmp_path / "repeated"
    repeated.mkdir()
    run = played[0] / "pmipv6" / "1"
    _copied(run, repeated / "1")
    broken = _broken_off(run, repeated / "2")
    found = compare(repeated, "--out", tmp_path / "out")
    assert found.exit_code == 1
    assert f"{broken}: the run broke off and left no result.json" in found.output


@pytest.mark.parametrize("option", ["--protocols=all", "--repeat=1", "--simulate", "--seed=1"])
def test_how_to_play_is_not_for_runs_that_exist(option: str, played: tuple[Path, Result]) -> None:
    found = compare(played[0], option)
    assert found.exit_code == 2
    assert found.output.startswith(f"dmm-testbed: {option.partition('=')[0]} says how to play")
    assert found.output.count("\n") == 1


def test_a_run_counts_once(played: tuple[Path, Result], tmp_path: Path) -> None:
    run = played[0] / "pmipv6" / "1"
    found = compare(played[0], run, "--out", tmp_path / "out")
    assert found.exit_code == 2
    assert found.output == f"dmm-testbed: {run} is given twice: it would count as two runs\n"


def test_the_file_of_a_run_leads_to_its_folder(played: tuple[Path, Result]) -> None:
    run = played[0] / "pmipv6" / "1"
    found = compare(run / "result.json")
    said = f"{run / 'result.json'} is a file of a run: give its folder, {run}"
    assert (found.exit_code, found.output) == (2, f"dmm-testbed: {said}\n")


def test_a_comparison_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    place = tmp_path / "file" / "out"
    (tmp_path / "file").write_text("")
    found = compare("comparison", "--simulate", "--protocols", "pmipv6", "--out", place)
    assert found.exit_code == 2
    last = found.output.splitlines()[-1]
    assert last.startswith(f"dmm-testbed: pmipv6: cannot write {place}")


def test_a_result_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("{}")
    found = compare(tmp_path)
    assert found.exit_code == 2
    assert f"{tmp_path / 'result.json'}: not the result of a run" in found.output
