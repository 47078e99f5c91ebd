"""What users get wrong: each mistake is one line that says so, and exit status 2."""

from __future__ import annotations

import json
from pathlib import Path

import emulated_runs as runs
import pytest

pytestmark = pytest.mark.alone

SOUND = runs.TOPOLOGY + runs.FLOWS + runs.MOVING


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a sound topology and several files that are none."""
    monkeypatch.chdir(tmp_path)
    runs.write(tmp_path, SOUND)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("nothing")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "open.yaml").write_text("nodes: [lma")
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "scenario.yaml").write_text("timeline: 7\n")
    (tmp_path / "noise.pcap").write_bytes(bytes(range(100)))
    (tmp_path / "short.pcapng").write_bytes(b"\x0a\x0d\x0d\x0a" + bytes(20))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("run", "Missing argument 'TOPOLOGY'"),
        ("run nowhere.yaml", "nowhere.yaml: no such topology"),
        ("run folder", "folder: the folder has no topology.yaml"),
        ("run binary.yaml", "binary.yaml: is not UTF-8 text"),
        ("run open.yaml", "not YAML: did not find expected"),
        ("run empty.yaml", "empty.yaml:1: is empty"),
        ("run tiny.yaml extra", "unexpected extra argument (extra)"),
        ("run tiny.yaml --protocol pmip", "unknown protocol 'pmip'"),
        ("run tiny.yaml --seed many", "'--seed': 'many' is not a valid integer"),
        ("run tiny.yaml --repeat 0", "'--repeat': 0 is not in the range"),
        ("run tiny.yaml --links wires", "'wires' is not one of"),
        ("run tiny.yaml --snaplen 1", "'--snaplen': 1 is not in the range"),
        ("run tiny.yaml --fast", "No such option '--fast'"),
        ("run tiny.yaml --out file", "Directory 'file' is a file"),
        ("run tiny.yaml --out file/below", "cannot make"),
        ("run tiny.yaml --out /run/below", "is below /run"),
        ("run tiny.yaml --cli --repeat 2", "--cli and --repeat do not go together"),
        ("run tiny.yaml --dry-run --cli", "--dry-run and --cli do not go together"),
        ("run tiny.yaml --dry-run --json", "--dry-run and --json do not go together"),
        ("run tiny.yaml --out=", "'--out': it is empty: name a folder"),
        ("run tiny.yaml --protocol=", "--protocol: unknown protocol ''"),
        ("run tiny.yaml --scenario empty.yaml", "empty.yaml:1: is empty: it has no keys"),
        ("run tiny.yaml --scenario nowhere.yaml", "nowhere.yaml: cannot read the file"),
        ("run tiny.yaml --scenario scenario.yaml", "scenario.yaml:1: timeline: should be a"),
        ("simulate nowhere.yaml", "nowhere.yaml: no such topology"),
        ("simulate tiny.yaml --out file/below", "cannot write file/below"),
        ("simulate tiny.yaml --repeat -1", "'--repeat': -1 is not in the range"),
        ("decode", "Missing argument"),
        ("decode nowhere.pcap", "nowhere.pcap: no such file, nor octets in hexadecimal"),
        ("decode .", ". is a folder: name a capture in it, such as capture.pcapng"),
        ("decode noise.pcap", "noise.pcap: neither pcap nor pcapng"),
        ("decode short.pcapng", "short.pcapng: "),
        ("decode 3b0", "3b0: an odd number of hexadecimal digits, 3"),
        ("exec", "Missing argument 'NODE'"),
        ("exec mn1", "Missing argument '-- COMMAND...'"),
        ("clean everything", "unexpected extra argument (everything)"),
        ("validate nowhere.yaml", "nowhere.yaml: no such topology"),
        ("walk", "No such command 'walk'"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(place: Path, arguments: str, said: str) -> None:
    before = sorted(place.rglob("*"))
    status, output, errors = runs.call(*arguments.split())
    assert (status, output) == (2, ""), errors
    assert len(errors.splitlines()) == 1, errors
    assert errors.startswith("dmm-testbed: ")
    assert said in errors
    assert sorted(place.rglob("*")) == before


def test_a_place_for_results_that_takes_none_is_said(place: Path) -> None:
    status, output, errors = runs.call("run", "tiny.yaml", "--out", "/proc/results")
    assert (status, output) == (2, "")
    assert errors == "dmm-testbed: cannot make /proc/results: No such file or directory\n"


@pytest.mark.root
@pytest.mark.parametrize("does", ['"exit 1"', '"echo coffee", success: "tea"'])
def test_a_command_that_fails_fails_the_run(place: Path, does: str) -> None:
    played = f"""
flows:
  brew: {{kind: command, from: mn1, to: cn, command: {does}}}
timeline:
  - {{at: 0, attach: mn1, to: wlan1}}
  - {{at: 0.3s, start: brew}}
duration: 1s
"""
    topology = runs.write(place, runs.TOPOLOGY, played)
    status, output, errors = runs.call("run", topology, "--out", place / "run", "--json")
    assert status == 1, errors
    (check,) = json.loads(output)["checks"]
    assert (check["expect"], check["value"]) == ("flows.brew.succeeded == true", False)
