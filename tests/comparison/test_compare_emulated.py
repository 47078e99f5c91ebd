"""`dmm-testbed compare` on real kernels: what it leaves leads to captured packets."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_network import SMALL

from testbed.cli import group

pytestmark = pytest.mark.root

FIXED = "cn: {place: correspondent, domain: home"
TOPOLOGY = (
    SMALL.replace(FIXED, f"{FIXED}, role: {{mipv6: none}}")
    + """\
expect:
  - handovers.length == 1
"""
)


def test_protocols_on_kernels_are_compared_and_lead_to_their_frames(tmp_path: Path) -> None:
    file, out = tmp_path / "small.yaml", tmp_path / "out"
    file.write_text(TOPOLOGY)
    chosen = ["--protocols", "pmipv6,mipv6", "--out", str(out)]
    said = CliRunner().invoke(group, ["compare", str(file), *chosen])
    assert said.exit_code == 0, said.output
    with (out / "runs.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["metric"] == "latency"]
    measured = [row for row in rows if row["scope"] == "run"]
    assert [row["protocol"] for row in measured] == ["mipv6", "pmipv6"]
    for row in measured:
        assert 0.9 * float(row["model"]) <= float(row["value"])
    page = (out / "comparison.html").read_text()
    assert f"dmm-testbed ladder {out}/pmipv6/1 --handover 1" in page
    run = json.loads((out / "pmipv6" / "1" / "result.json").read_text())
    frame = run["handovers"][0]["where"]["frames"]["first_packet"]
    assert re.search(rf"first packet in frame {frame}\b", page)
    assert (out / "pmipv6" / "1" / "capture.pcapng").exists()
