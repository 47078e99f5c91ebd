"""Whatever ends a run, nothing of it is left."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import subprocess
from pathlib import Path

import emulated_runs as runs
import pytest

from testbed.emulated import kernel, sandbox
from testbed.emulated.errors import EmulationError

PR_SET_DUMPABLE = 4

pytestmark = [pytest.mark.root, pytest.mark.alone]


@pytest.fixture
def running(tmp_path: Path):
    """A run that would go on for a minute, with its processes."""
    before = runs.host_state()
    folder = tmp_path / "run"
    topology = runs.write(tmp_path, runs.TOPOLOGY, runs.FLOWS, runs.STAYING)
    process = runs.start("run", topology, "--out", folder)
    runs.until(lambda: runs.event_count(folder, "link_up") > 0, "the mobile to be attached")
    members = runs.descendants(process.pid) - {process.pid}
    assert len(members) > 10
    yield process, folder
    process.kill()
    process.wait()
    runs.until(lambda: not any(map(runs.alive, members)), "all processes to end")
    assert runs.host_state() == before


def test_kill_minus_nine_of_the_runner_leaves_nothing(running) -> None:
    process, _ = running
    process.kill()
    assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_puts_its_captures_in_order(running, number: int) -> None:
    process, folder = running
    os.killpg(process.pid, number)  # as a terminal does: all processes of the group get it
    status, _, errors = runs.finish(process)
    assert (status, errors) == (130, errors)
    assert "Traceback" not in errors
    assert (folder / "capture.pcapng").stat().st_size > 0
    assert '"outcome": "interrupted"' in (folder / "manifest.json").read_text()
    assert '"event": "link_up"' in (folder / "events.jsonl").read_text()


def test_an_agent_that_dies_fails_the_run_with_its_last_lines(running) -> None:
    process, folder = running
    agents = subprocess.run(
        ["pgrep", "-x", "agent mag1"], capture_output=True, text=True, check=True
    )
    ours = {int(pid) for pid in agents.stdout.split()} & runs.descendants(process.pid)
    os.kill(ours.pop(), signal.SIGKILL)
    status, _, errors = runs.finish(process)
    assert status == 1
    assert "the agent of mag1 died (status -9)" in errors
    assert "tunnels by" in errors
    assert '"event": "failed"' in (folder / "events.jsonl").read_text()


def test_a_sandbox_has_its_own_processes_network_and_run(tmp_path: Path) -> None:
    seen = tmp_path / "seen"

    def look() -> int:
        names = sorted(path.name for path in Path("/run").iterdir())
        interfaces = sorted(path.name for path in Path("/sys/class/net").iterdir())
        seen.write_text(f"{os.getpid()} {names} {interfaces}")
        return 7

    assert sandbox.enter(look) == 7
    assert seen.read_text() == "1 ['dmm-testbed'] ['lo']"


def test_an_exception_in_a_sandbox_is_shown_and_becomes_a_status(capfd) -> None:
    def fail() -> int:
        raise ZeroDivisionError("seven")

    assert sandbox.enter(fail) == sandbox.BROKEN
    assert "ZeroDivisionError: seven" in capfd.readouterr().err


def test_a_forbidden_sandbox_is_one_line_that_says_what_to_mend(monkeypatch) -> None:
    def refuse(_flags: int) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(kernel, "unshare", refuse)
    monkeypatch.delenv("SUDO_UID", raising=False)
    with pytest.raises(EmulationError, match="run as root or through sudo, or allow user names"):
        sandbox.enter(lambda: 0)


def test_a_user_without_root_becomes_root_of_the_sandbox_alone(tmp_path: Path) -> None:
    """The way into user namespaces, taken by a child that has given up root."""
    if os.geteuid():
        pytest.skip("this user has no root to give up")
    seen = tmp_path / "seen"
    seen.touch()
    seen.chmod(0o666)
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # as after an exec
            os._exit(sandbox.enter(lambda: seen.write_text(f"{os.geteuid()} {os.getpid()}")))
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == len("0 1")
    assert seen.read_text() == "0 1"
