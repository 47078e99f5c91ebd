"""`dmm-testbed exec --service`: a command runs from the address that the mobile's agent chose."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import emulated_runs as runs
import flow_agent
import pytest
from host_network import PREFIXES

from testbed.emulated import running

pytestmark = [pytest.mark.root, pytest.mark.alone]

CHOSEN = f"{PREFIXES['mag1']}3"
SAID = f"dmm-testbed: source {CHOSEN}, via proxy 2001:db8::d\n"
SOURCE_OF_SOCKET = """
import socket, sys
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
    sock.connect((sys.argv[1], 9))
    print(sock.getsockname()[0])
"""


class Visited:
    """A run that goes on, and what its mobile's agent has heard."""

    def __init__(self, folder: Path, name: str) -> None:
        self._heard = folder / "run" / "heard"
        self.run = name

    def exec(self, *words: str, service: str = "voip") -> tuple[int, str, str]:
        return runs.call("exec", "mn1", "--run", self.run, "--service", service, *words)

    @property
    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        return [tuple(each) for each in json.loads(self._heard.read_text())]

    def wait(self, event: str, flow: str) -> None:
        runs.until(
            lambda: any(said == event and about["flow"] == flow for said, about in self.heard),
            f"{event} of {flow}",
        )


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    folder = tmp_path_factory.mktemp("visited")
    script = [sys.executable, flow_agent.__file__, str(folder)]
    process = subprocess.Popen(script, start_new_session=True)
    try:
        runs.until((folder / "run" / "heard").exists, "the network")
        (found,) = [each for each in running.sandboxes() if each.folder == str(folder / "run")]
        yield Visited(folder, str(found.pid))
    finally:
        process.kill()
        process.wait()


def test_a_program_that_chooses_no_source_gets_that_of_its_service(visited: Visited) -> None:
    status, output, errors = visited.exec("--", "python3", "-c", SOURCE_OF_SOCKET, "cn")
    assert (status, output, errors) == (0, f"{CHOSEN}\n", SAID)
    runs.until(lambda: visited.heard[-1][0] == "close_flow", "the flow to be closed")
    _, opened = visited.heard[-2]
    assert opened["service"] == "voip"
    assert (opened["protocol"], opened["port"]) == (0, 0)
    assert 61_000 <= opened["user"] < 61_100
    assert visited.heard[-1][1] == {"flow": opened["flow"]}


def test_packets_of_a_command_leave_from_there_and_are_answered(visited: Visited) -> None:
    status, output, _ = visited.exec("--", "ping", "-v", "-c", "2", "-i", "0.1", "cn")
    assert status == 0
    assert "2 received" in output


def test_the_status_of_the_command_is_kept_and_its_output_is_its_own(visited: Visited) -> None:
    said = "echo out; echo err >&2; id -u; cat /proc/self/status | grep CapEff; exit 7"
    status, output, errors = visited.exec("--to", "cn", "--", "sh", "-c", said)
    assert status == 7
    word, user, capabilities = output.splitlines()
    assert (word, errors) == ("out", f"{SAID}err\n")
    assert 61_000 <= int(user) < 61_100
    assert int(capabilities.split()[1], 16) & 1 << 13  # CAP_NET_RAW


def test_commands_at_one_time_are_users_of_their_own(visited: Visited) -> None:
    words = ("exec", "mn1", "--run", visited.run, "--service", "voip", "--to", "cn", "--")
    processes = [runs.start(*words, "sh", "-c", "id -u; read line") for _ in range(3)]
    users = []
    for process in processes:
        assert process.stdout is not None
        users.append(process.stdout.readline())
    assert len(set(users)) == 3
    assert [runs.finish(process, "go\n")[0] for process in processes] == [0, 0, 0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_are_the_commands_and_the_flow_is_closed(visited: Visited, number: int) -> None:
    words = ("exec", "mn1", "--run", visited.run, "--service", "voip", "--to", "cn", "--")
    program = f"trap 'echo caught; exit 9' {number}; echo ready; while :; do sleep 0.05; done"
    process = runs.start(*words, "sh", "-c", program)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert runs.finish(process)[:2] == (9, "caught\n")
    runs.until(lambda: visited.heard[-1][0] == "close_flow", "the flow to be closed")


def test_a_command_that_a_signal_ends_says_which(visited: Visited) -> None:
    assert visited.exec("--to", "cn", "--", "sh", "-c", "kill -9 $$")[0] == 128 + 9


def test_a_command_that_was_killed_with_its_keeper_leaves_no_flow(visited: Visited) -> None:
    words = ("exec", "mn1", "--run", visited.run, "--service", "voip", "--to", "cn", "--")
    process = runs.start(*words, "sh", "-c", "echo ready; read line")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    runs.until(lambda: visited.heard[-1][0] == "open_flow", "the flow")
    flow = visited.heard[-1][1]["flow"]
    process.kill()
    runs.finish(process)
    assert visited.exec("--to", "cn", "--", "true")[0] == 0
    visited.wait("close_flow", flow)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("mn1 --service none --to cn -- true", "mn1 opens no flow: no service none"),
        ("mn1 --service voip -- true", "say with --to which node or address"),
        ("mn1 --service voip --to nowhere -- true", "--to nowhere: neither an IPv6 address nor"),
        ("mn1 --to cn -- true", "--to goes with --service"),
        ("cn --service voip --to mn1 -- true", "cn is no mobile with an agent of its own"),
        ("nobody --service voip --to cn -- true", "no node nobody in run tiny: there are"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(visited: Visited, words: str, said: str) -> None:
    status, output, errors = runs.call("exec", "--run", visited.run, *words.split())
    assert (status, output) == (2, "")
    assert len(errors.splitlines()) == 1, errors
    assert errors.startswith("dmm-testbed: ") and said in errors


def test_a_command_that_is_not_there_is_said_and_is_status_127(visited: Visited) -> None:
    status, _, errors = visited.exec("--to", "cn", "--", "no-such-program")
    assert status == 127
    assert errors == f"{SAID}dmm-testbed: cannot run no-such-program: No such file or directory\n"
