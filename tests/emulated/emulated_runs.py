"""A small topology, runs of it from the command line, and what they leave in the system."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

DMM_TESTBED = (sys.executable, "-c", "from testbed.cli import main; main()")
PATIENCE = 60.0

TOPOLOGY = """
name: tiny
protocol: pmipv6
domains:
  home: {prefix: "2001:db8:1::/48"}
  edge: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  cn: {place: correspondent, domain: home}
  mag1: {place: access-router, domain: edge}
  mag2: {place: access-router, domain: edge}
  mn1: {place: mobile, anchor: lma}
links:
  - {ends: [cn, lma]}
  - {ends: [lma, mag1], delay: 5ms}
  - {ends: [lma, mag2], delay: 5ms}
access:
  wlan1: {router: mag1}
  wlan2: {router: mag2}
"""

FLOWS = """
flows:
  ping: {kind: ping, from: cn, to: mn1, interval: 20ms}
"""

MOVING = """
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 1s, start: ping}
  - {at: 2s, move: mn1, to: wlan2, gap: 50ms}
  - {at: 3s, stop: ping}
expect:
  - flows.ping.received > 20
  - captures.dropped == 0
"""

STAYING = """
timeline:
  - {at: 0, attach: mn1, to: wlan1}
duration: 60s
"""


def write(folder: Path, *parts: str) -> Path:
    """Write a topology made of ``parts`` into ``folder``."""
    path = folder / "tiny.yaml"
    path.write_text("".join(parts), encoding="utf-8")
    return path


def _heed_signals() -> None:
    """Take signals as a terminal's programs do, even where this process was told to ignore some."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    """Start ``dmm-testbed`` with ``arguments``."""
    return subprocess.Popen(
        [*DMM_TESTBED, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heed_signals,
    )


def finish(process: subprocess.Popen[str], said: str = "") -> tuple[int, str, str]:
    """Wait for a started command: its exit status, output and errors."""
    try:
        output, errors = process.communicate(said, timeout=PATIENCE)
    finally:
        process.kill()  # one that has not ended by now must not outlive its test
    return process.returncode, output, errors


def call(*arguments: str | Path) -> tuple[int, str, str]:
    """Run ``dmm-testbed`` to its end: its exit status, output and errors."""
    return finish(start(*arguments))


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for ``condition``, for a bounded time."""
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, f"still waiting for: {what}"
        sleep(0.02)


def event_count(folder: Path, event: str) -> int:
    """How often the runner has noted ``event`` so far in the run in ``folder``."""
    log = folder / "events" / "-runner.jsonl"
    return log.read_text().count(f'"event": "{event}"') if log.exists() else 0


def descendants(pid: int) -> set[int]:
    """Return the processes that descend from ``pid``, itself included."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(stat.parent.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        found.add(waiting[-1])
        waiting += children.get(waiting.pop(), [])
    return found


def alive(pid: int) -> bool:
    """Say whether ``pid`` is a process that has not ended."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def host_state() -> dict[str, str]:
    """Return what a run might change on the host: links, routes, rules, mounts, namespaces."""
    commands = {
        "links": "ip -o link | cut -d: -f2",
        "routes": "ip -6 route; ip route",
        "rules": "ip -6 rule",
        "mounts": "cut -d' ' -f3- /proc/self/mountinfo",
        "namespaces": "ls /run/netns 2>/dev/null; true",
        "settings": "sysctl -a 2>/dev/null | grep -E 'file-max|net.core.[rw]mem|gc_thresh'; true",
    }
    return {
        name: subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
        for name, command in commands.items()
    }
