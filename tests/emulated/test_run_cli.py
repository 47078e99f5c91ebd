"""`dmm-testbed run` from the outside: folder, figures, exit status, several runs, the prompt."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import emulated_runs as runs
import pytest
from capture_files import shown

from testbed.evidence.schema import Document

pytestmark = [pytest.mark.root, pytest.mark.alone]


def test_a_run_leaves_a_folder_with_whole_captures_and_holds_its_expectations(tmp_path) -> None:
    folder = tmp_path / "run"
    topology = runs.write(tmp_path, runs.TOPOLOGY, runs.FLOWS, runs.MOVING)
    status, output, errors = runs.call("run", topology, "--out", folder, "--json")
    assert status == 0, errors
    result = json.loads(output)
    written = (folder / "result.json").read_text()
    assert result == json.loads(written)
    Document.model_validate_json(written)
    assert [(each["from"], each["to"]) for each in result["handovers"]] == [("wlan1", "wlan2")]
    assert result["handovers"][0]["latency"] >= 2 * 0.005
    assert result["captures"]["dropped"] == 0
    left = {path.name for path in folder.iterdir()}
    assert left >= {"topology.yaml", "manifest.json", "capture.pcapng", "events.jsonl", "captures"}
    assert left >= {"result.json", "packets.csv", "report.html", "flows", "logs"}
    assert len(list((folder / "captures").iterdir())) == 5
    _captured_in_order(folder / "capture.pcapng", result["captures"]["packets"])
    _commented(folder / "capture.pcapng")


def _captured_in_order(capture: Path, packets: int) -> None:
    fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.interface_name"]
    tshark = ["tshark", "-r", str(capture), *fields]
    shown = subprocess.run(tshark, capture_output=True, text=True, check=True).stdout.split()
    times, names = [float(each) for each in shown[::2]], set(shown[1::2])
    assert len(times) == packets
    assert times == sorted(times)
    assert {"lma:lma-eth0", "mag1:mag1-eth1", "mn1:mn1-eth0"} <= names


def _commented(capture: Path) -> None:
    """The messages say which step they are, and events stand at the packets after them."""
    said = {
        (name, text)
        for name, texts in shown(capture, "frame.interface_name", "frame.comment")
        for text in texts.split("|")
    }
    for step in ("rfc5213-fig3 step", "(about mn1)"):
        assert {"mag2:mag2-eth0", "lma:lma-eth2"} <= {name for name, text in said if step in text}
    words = " ".join(text for _, text in said)
    for event in ("timeline: link up", "mag2: route installed", "handover 1 of mn1", "finished"):
        assert event in words


def test_an_expectation_that_fails_is_exit_status_one(tmp_path) -> None:
    hopes = "expect:\n  - flows.ping.lost > 1000\n"
    moving = runs.MOVING.partition("expect:")[0]
    topology = runs.write(tmp_path, runs.TOPOLOGY, runs.FLOWS, moving, hopes)
    status, output, _ = runs.call("run", topology, "--out", tmp_path / "run")
    assert status == 1
    assert "FAILS  flows.ping.lost > 1000" in output


def test_two_runs_at_once_do_not_touch_each_other(tmp_path) -> None:
    topology = runs.write(tmp_path, runs.TOPOLOGY, runs.FLOWS, runs.MOVING)
    folders = [tmp_path / "one", tmp_path / "two"]
    both = [runs.start("run", topology, "--out", folder, "--json") for folder in folders]
    for process in both:
        status, output, errors = runs.finish(process)
        assert status == 0, errors
        assert len(json.loads(output)["handovers"]) == 1


def test_repeat_prints_statistics_over_consecutive_seeds(tmp_path) -> None:
    topology = runs.write(tmp_path, runs.TOPOLOGY, runs.FLOWS, runs.MOVING)
    status, output, errors = runs.call(
        "run", topology, "--repeat", "2", "--seed", "5", "--out", tmp_path / "both", "--json"
    )
    assert status == 0, errors
    statistics = json.loads(output)
    assert statistics["seeds"] == [5, 6]
    latency = statistics["handovers"][0]["latency"]
    assert latency["n"] == 2
    assert latency["mean"] >= 0.01
    assert latency["ci95"] is not None
    assert {"1", "2", "statistics.json"} <= {path.name for path in (tmp_path / "both").iterdir()}


def test_what_the_working_directory_holds_is_not_taken_for_the_agents(
    tmp_path, monkeypatch
) -> None:
    topology = runs.write(tmp_path, runs.TOPOLOGY, runs.FLOWS, runs.MOVING)
    other = tmp_path / "agents"
    other.mkdir()
    for name in ("__init__.py", "__main__.py"):
        (other / name).write_text("raise SystemExit('some other program')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runs, "DMM_TESTBED", (sys.executable, "-P", *runs.DMM_TESTBED[1:]))
    status, _, errors = runs.call("run", topology, "--out", tmp_path / "run")
    assert status == 0, errors


def test_a_dry_run_prints_the_plan_and_makes_nothing(tmp_path) -> None:
    topology = runs.write(tmp_path, runs.TOPOLOGY, runs.FLOWS, runs.MOVING)
    status, output, _ = runs.call("run", topology, "--dry-run", "--out", tmp_path / "run")
    assert status == 0
    assert "move mn1 to wlan2" in output
    assert "delay 5ms" in output
    assert not (tmp_path / "run").exists()


def test_a_wrong_topology_is_one_line_and_exit_status_two(tmp_path) -> None:
    topology = runs.write(tmp_path, runs.TOPOLOGY, "timeline:\n  - {at: 0, attach: mn1, to: x}\n")
    status, output, errors = runs.call("run", topology)
    assert (status, output) == (2, "")
    assert len(errors.splitlines()) == 1
    assert "tiny.yaml:21: timeline[0].to" in errors


def test_kill_restart_change_and_run_are_played(tmp_path) -> None:
    timeline = """
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 0.5s, change: lma-mag1, delay: 30ms}
  - {at: 0.6s, node: cn, run: "ping -c 3 -i 0.2 2001:db8:2::1"}
  - {at: 1s, kill: mag2}
  - {at: 1s, restart: mag2}
  - {at: 2s, move: mn1, to: wlan2}
  - {at: 2.2s, start: web}
duration: 6s
flows:
  web: {kind: command, from: mn1, to: cn, command: "echo served", success: "serv[a-e]d"}
"""
    folder = tmp_path / "run"
    topology = runs.write(tmp_path, runs.TOPOLOGY, timeline)
    status, _, errors = runs.call("run", topology, "--out", folder)
    assert status == 0, errors
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    by_name = {event["event"]: event for event in events}
    assert by_name["command"]["status"] == 0
    round_trips = by_name["command"]["output_tail"][-1].split("=")[1].split("/")
    assert float(round_trips[0]) >= 60.0
    assert by_name["flow_stopped"]["succeeded"] is True
    after = [e for e in events if e["at"] > by_name["agent_restarted"]["at"]]
    assert any(e["node"] == "mag2" and e["event"] == "binding_acknowledged" for e in after)


def test_the_prompt_moves_mobiles_and_shows_bindings_and_flows(tmp_path) -> None:
    topology = runs.write(tmp_path, runs.TOPOLOGY, runs.FLOWS, runs.MOVING)
    folder = tmp_path / "run"
    script = tmp_path / "script"
    script.write_text(
        "dpctl show\nbindings cn\nmove mn1 wlan2 fast\nmove mn1 wlan2 10ms\n"
        "mn1 sleep 1\nbindings lma\nflows\nflows start ping\n"
        "cn ping -c 1 -w 10 mn1\nmove mn1 nowhere\ntell cn hello\ntell lma\n"
        "tell lma hello\ntell mag1 permit nod=mn1@home\ntell mag1 permit node=mn1@home\n"
        "flows stop ping\n"
    )
    process = runs.start("run", topology, "--cli", "--out", folder)
    assert process.stdin is not None
    process.stdin.write(f"source {script}\n")
    process.stdin.flush()  # more would be typed into the commands of the script
    runs.until(lambda: runs.event_count(folder, "flow_stopped") > 0, "the script to end")
    status, output, errors = runs.finish(process, "exit\n")
    assert status in (0, 1), errors
    assert "Traceback" not in output + errors
    assert "mn1@home" in output
    assert "1 received" in errors  # Mininet prints what commands say there
    assert "no access link nowhere: there are wlan1, wlan2" in output + errors
    assert "*** dpctl failed: " in output + errors
    assert (output + errors).count("no agent on cn: there are lma, mag1, mag2") == 2
    assert "usage: tell NODE COMMAND" in output + errors
    assert "'fast' is no time" in output + errors
    events = (folder / "events.jsonl").read_text()
    assert '"access": "wlan2"' in events
    assert "lma has no command 'hello': as lma it knows none" in output + errors
    assert "permit of mag1 has no argument 'nod': it takes node" in output + errors
    assert events.count('"agent_told"') == 1
    assert '"command": "permit", "arguments": {"node": "mn1@home"}' in events


def test_played_at_the_prompt_only_the_moves_of_the_timeline_are_handovers(tmp_path) -> None:
    topology = runs.write(tmp_path, runs.TOPOLOGY, runs.FLOWS, runs.MOVING)
    folder = tmp_path / "run"
    process = runs.start("run", topology, "--cli", "--out", folder)
    try:
        assert process.stdin is not None
        process.stdin.write("play\n")
        process.stdin.flush()
        runs.until(lambda: runs.event_count(folder, "flow_stopped") > 0, "the timeline to end")
    finally:
        status, output, errors = runs.finish(process, "exit\n")
    assert status == 0, errors
    assert "  2.000 s  move mn1 to wlan2" in output + errors
    assert "attach mn1" not in output + errors
    result = json.loads((folder / "result.json").read_text())
    assert [each["to"] for each in result["attachments"]] == ["wlan1"]
    assert [(each["from"], each["to"]) for each in result["handovers"]] == [("wlan1", "wlan2")]


def test_an_interrupt_at_the_prompt_does_not_end_the_run(tmp_path) -> None:
    topology = runs.write(tmp_path, runs.TOPOLOGY, runs.FLOWS, runs.MOVING)
    folder = tmp_path / "run"
    process = runs.start("run", topology, "--cli", "--out", folder)
    try:
        assert process.stdin is not None and process.stderr is not None
        process.stdin.write("flows start ping\n")
        process.stdin.flush()
        runs.until(lambda: runs.event_count(folder, "flow_started") > 0, "the prompt to serve")
        os.killpg(process.pid, signal.SIGINT)
        assert "Interrupt\n" in iter(process.stderr.readline, "")
        process.stdin.write("flows stop ping\n")
        process.stdin.flush()
        runs.until(lambda: runs.event_count(folder, "flow_stopped") > 0, "the prompt to go on")
    finally:
        status, _, errors = runs.finish(process, "exit\n")
    assert status in (0, 1), errors
    assert json.loads((folder / "manifest.json").read_text())["outcome"] == "finished"


def test_exec_enters_a_node_of_the_run_it_is_told_and_clean_leaves_it_alone(tmp_path) -> None:
    folder = tmp_path / "run"
    topology = runs.write(tmp_path, runs.TOPOLOGY, runs.STAYING)
    process = runs.start("run", topology, "--out", folder)
    try:
        runs.until(lambda: runs.event_count(folder, "link_up") > 0, "the mobile to be attached")
        (first,) = [
            each
            for each in json.loads(runs.call("clean", "--json")[1])
            if each["folder"] == str(folder)
        ]
        assert first["ended"] is False
        choose = ("--run", str(first["pid"]))
        status, output, _ = runs.call("exec", "mn1", *choose, "--", "cat", "/proc/net/if_inet6")
        assert status == 0
        assert "mn1-eth0" in output
        assert runs.call("exec", "mn1", *choose, "--", "sh", "-c", "exit 3")[0] == 3
        status, _, errors = runs.call("exec", "mn9", *choose, "--", "true")
        assert status == 2
        assert "no node mn9 in run tiny: there are lma, cn" in errors
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
