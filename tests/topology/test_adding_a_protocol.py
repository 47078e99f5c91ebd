"""The worked example of docs/adding-a-protocol.md, taken from the page and played."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "adding-a-protocol.md"


def insert(file: Path, difference: str) -> None:
    """Put the lines with + after the line before them, which the file must have."""
    lines = file.read_text().split("\n")
    at = 0
    for line in difference.strip("\n").split("\n"):
        if line.startswith("+"):
            lines.insert(at, line[1:])
            at += 1
        else:
            at = lines.index(line[1:]) + 1
    file.write_text("\n".join(lines))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository in which the page's steps have been taken."""
    root = tmp_path_factory.mktemp("repository")
    for folder in ("agents", "testbed", "topologies"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=ignored)
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    for kind, name, text in re.findall(
        r"```(python|diff)\n# (\S+)\n(.*?)```", PAGE.read_text(), re.S
    ):
        file = root / name
        if kind == "diff":
            insert(file, text)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    return root


def run(copy: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


DMM_TESTBED = ("-c", "from testbed.cli import main; main()")


def test_the_copy_knows_the_protocol(copy: Path) -> None:
    listed = json.loads(run(copy, *DMM_TESTBED, "list", "--json"))
    assert {"anchor": "keeper", "access-router": "gate"} in [
        protocol["roles"] for protocol in listed["protocols"] if protocol["name"] == "nomad"
    ]


def test_a_node_keeps_its_flows_under_the_protocol(copy: Path) -> None:
    simulate = ("simulate", "pmipv6", "--protocol", "nomad", "--json", "--out", str(copy / "out"))
    result = json.loads(run(copy, *DMM_TESTBED, *simulate))
    assert result["protocol"] == "nomad"
    assert len(result["handovers"]) == 2
    for handover in result["handovers"]:
        phases = handover["phases"]
        assert phases["binding_sent"] < phases["binding_acknowledged"] <= phases["first_packet"]
        assert handover["latency"] < 0.08
    assert all(check["holds"] for check in result["checks"])


def test_the_tests_of_the_page_pass(copy: Path) -> None:
    assert "3 passed" in run(copy, "-m", "pytest", "-q", "tests/cores/test_nomad.py")


def test_the_code_of_the_page_keeps_the_rules_of_the_house(copy: Path) -> None:
    checked = ("agents/nomad", "testbed/protocols/nomad.py", "tests/cores/test_nomad.py")
    run(copy, "-m", "ruff", "check", *checked)
    run(copy, "-m", "ruff", "format", "--check", *checked)
