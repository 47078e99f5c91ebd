"""The command line as a whole: verbs are imported when used, and each has help with examples."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from testbed.cli import VERBS, group

HEAVY = ["pydantic", "networkx", "rich", "yaml", "jinja2", "pyroute2", "mininet", "scapy", "agents"]


def test_help_imports_no_verb_and_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from testbed.cli import group\n"
        "group(['--help'], standalone_mode=False)\n"
        "print(sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert all(verb in done.stdout for verb in VERBS)
    loaded = eval(done.stderr)
    assert not [name for name in HEAVY if name in loaded]
    assert not [verb for verb in VERBS if f"testbed.cli.{verb}" in loaded]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples(verb: str) -> None:
    result = CliRunner().invoke(group, [verb, "--help"])
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    assert f"dmm-testbed {verb}" in result.stdout


@pytest.mark.parametrize("verb", ["run", "simulate", "validate", "compare", "ladder", "trace"])
def test_an_empty_name_is_not_the_present_folder(verb: str) -> None:
    more = ["--lost"] if verb == "trace" else []
    result = CliRunner().invoke(group, [verb, "", *more])
    assert result.exit_code == 2
    assert "it is empty: name a " in result.output
    assert len(result.output.splitlines()) == 1


def test_the_version_is_said() -> None:
    result = CliRunner().invoke(group, ["--version"])
    assert result.exit_code == 0
    assert "0.1.0" in result.stdout


def test_an_unknown_verb_is_refused() -> None:
    result = CliRunner().invoke(group, ["walk"])
    assert result.exit_code == 2
    assert "No such command 'walk'" in result.stderr


def test_topologies_and_protocols_complete_in_the_shell() -> None:
    done = CliRunner().invoke(
        group,
        env={
            "_DMM_TESTBED_COMPLETE": "bash_complete",
            "COMP_WORDS": "dmm-testbed validate pmipv6-",
            "COMP_CWORD": "2",
        },
        prog_name="dmm-testbed",
    )
    assert "plain,pmipv6-many" in done.stdout
