"""What a run was made with: enough to tell two runs apart, and to doubt one."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("dmm-testbed", "mininet", "pyroute2")
PROGRAMS = {
    "dumpcap": ("dumpcap", "--version"),
    "iperf3": ("iperf3", "--version"),
    "ping": ("ping", "-V"),
    "iproute2": ("ip", "-V"),
}
BUSY = 0.9  # share of the processors' time from which delays may be the machine's own
LATE = 0.005  # seconds


class LoadMeter:
    """How busy the processors were between two moments, by /proc/stat."""

    def __init__(self) -> None:
        self._begin = _processor_times()

    def busy(self) -> float:
        """Return the share of the time since the beginning that was not idle."""
        idle, total = (
            now - then for now, then in zip(_processor_times(), self._begin, strict=True)
        )
        return 1 - idle / total if total else 0.0


def load_report(busy: float, latest: float, lag: float, step: float) -> dict[str, Any]:
    """Say how loaded the machine was, and raise the alarm where it may show in the figures.

    ``latest`` is by how much the latest step of the timeline was late, ``lag`` the same without
    the time that steps before it took, ``step`` how far the clock of the captures stepped.
    """
    reasons = []
    if busy > BUSY:
        reasons.append(f"the processors were busy {busy:.0%} of the time")
    if lag > LATE:
        reasons.append(f"a step of the timeline had to wait {lag * 1000:.1f} ms for a processor")
    if abs(step) > LATE:
        reasons.append(f"the system's clock stepped by {step * 1000:.1f} ms: captures are off")
    return {
        "busy": round(busy, 3),
        "latest_step": round(latest, 6),
        "lag": round(lag, 6),
        "alarm": reasons,
    }


def surroundings() -> dict[str, Any]:
    """Return the machine and the versions of everything that took part."""
    return {
        "kernel": platform.release(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "root": "SUDO_UID" in os.environ or _is_real_root(),
        "python": platform.python_version(),
        "versions": {**{name: _package(name) for name in PACKAGES}, **_programs()},
        "commit": _commit(),
        "command": sys.argv,
    }


def write_manifest(path: Path, contents: Mapping[str, Any]) -> None:
    """Write ``manifest.json``."""
    path.write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")


def _is_real_root() -> bool:
    identity = Path("/proc/self/uid_map").read_text().split()
    return identity[:2] == ["0", "0"]


def _processor_times() -> tuple[int, int]:
    times = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return times[3] + times[4], sum(times)


def _package(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _programs() -> dict[str, str | None]:
    return {name: _first_line(arguments) for name, arguments in PROGRAMS.items()}


def _commit() -> str | None:
    here = str(Path(__file__).parent)
    return _first_line(("git", "-C", here, "describe", "--always", "--dirty", "--abbrev=40"))


def _first_line(arguments: tuple[str, ...]) -> str | None:
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines and not done.returncode else None
