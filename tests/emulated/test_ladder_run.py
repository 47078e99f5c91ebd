"""Runs on the kernel beside the documents' figures, and one whose anchor has died."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from host_runs import play
from wire_views import rows

from testbed.cli import group

pytestmark = pytest.mark.root

SHORT = {
    "pmipv6": """
flows:
  call: {kind: udp, from: cn, to: mn1, direction: both, interval: 20ms, size: 160}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 1s, start: call}
  - {at: 2s, move: mn1, to: wlan2, gap: 50ms}
  - {at: 3s, stop: call}
""",
    "sdpmip": """
flows:
  call: {kind: udp, from: cn, to: mn1, direction: down, interval: 20ms, size: 160}
timeline:
  - {at: 0, attach: mn1, to: wlan3}
  - {at: 1s, start: call}
  - {at: 3s, stop: call}
""",
    "romip": """
flows:
  call: {kind: udp, from: a, to: b, direction: both, interval: 20ms, size: 160}
timeline:
  - {at: 0, attach: a, to: awlan2}
  - {at: 0, attach: b, to: bwlan2}
  - {at: 1500ms, start: call}
  - {at: 3s, move: a, to: awlan3, gap: 50ms}
  - {at: 4s, stop: call}
""",
    "dmipv6": """
flows:
  call: {kind: udp, from: mn1, to: cn1, direction: both, interval: 20ms, size: 160, service: voip}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 2s, start: call}
  - {at: 4s, move: mn1, to: wlan2, gap: 50ms}
  - {at: 5s, stop: call}
""",
}
FIGURES = [
    ("pmipv6", ["rfc5213-fig2", "rfc5213-fig3"]),
    ("sdpmip", ["jikim-fig2"]),
    ("romip", ["ma-fig1"]),
    ("dmipv6", ["liu-fig10a", "liu-handoff"]),
]


EXPECT = "expect:\n  - captures.dropped == 0\n"


def ladder(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["ladder", *map(str, arguments)])


@pytest.mark.parametrize(("topology", "figures"), FIGURES)
def test_a_run_is_its_documents_figures(tmp_path: Path, topology: str, figures: list[str]) -> None:
    run = play(tmp_path, topology, SHORT[topology] + EXPECT).folder
    for figure in figures:
        result = ladder(run, "--against", figure, "--json")
        said = json.loads(result.output)
        assert said["differences"] == [], figure
        assert result.exit_code == 0
        _are_in_the_capture(run, said["steps"])


def _are_in_the_capture(run: Path, steps: list[dict]) -> None:
    """The frames that the ladder names hold what it says, at nodes that have to do with it."""
    taken = rows(run / "capture.pcapng", "frame.number", "frame.interface_name")
    seen = {int(row["frame.number"][0]): row["frame.interface_name"][0] for row in taken}
    for step in steps:
        if step["message"] in ("link_up", "link_down"):
            continue
        sent, came = step["frames"]
        assert seen[sent].partition(":")[0] == step["from"]
        assert seen[came].partition(":")[0] == step["to"]


def test_an_anchor_that_has_died_is_missed_at_the_handover(tmp_path: Path) -> None:
    scenario = SHORT["pmipv6"].replace(
        "  - {at: 2s, move", "  - {at: 1500ms, kill: lma}\n  - {at: 2s, move"
    )
    run = play(tmp_path, "pmipv6", scenario + EXPECT).folder
    assert ladder(run, "--against", "rfc5213-fig2").exit_code == 0
    result = ladder(run, "--against", "rfc5213-fig3", "--json")
    assert result.exit_code == 1
    differences = json.loads(result.output)["differences"]
    missing = [each["step"] for each in differences if each["kind"] == "missing"]
    assert missing == ["3", "7", "8"]
    repeated = ladder(run, "--from", "2s", "--to", "4s").output
    assert "ProxyBindingUpdate" in repeated and "once more" in repeated
