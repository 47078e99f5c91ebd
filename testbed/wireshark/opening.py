"""Opens the capture of a run in Wireshark, told which numbers and flags the run has used."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from testbed.topology.network import Network
from testbed.topology.stored import read_network
from testbed.wireshark import profile
from testbed.wireshark.folders import WiresharkError

_PROFILES = {"seed-bits": 1, "iana-safe": 2}
"""Values of the plugin's preference for D and E."""


def capture_of(run: Path) -> Path:
    """Return the merged capture in the folder ``run``; WiresharkError where there is none."""
    if run.is_file():
        return run
    file = run / "capture.pcapng"
    if not file.is_file():
        raise WiresharkError(
            f"{run}: no capture.pcapng there; name the folder of an emulated run"
            " (a simulated one has no packets)"
        )
    return file


def preferences(run: Path) -> list[str]:
    """Return the preferences by which the flags of ``run`` are read, as ``name:value``."""
    file = run / "topology.yaml"
    return sorted(set(_flags(read_network(file)))) if file.is_file() else []


def command(program: str, capture: Path, frame: int | None, wanted: str | None) -> list[str]:
    """Return the command line that shows ``capture``, from ``frame`` on, of ``wanted`` alone."""
    line = [program, "-C", profile.NAME, "-r", str(capture)]
    for preference in preferences(capture.parent):
        line += ["-o", preference]
    if frame is not None:
        line += ["-g", str(frame)]
    return [*line, "-Y", wanted] if wanted else line


def open_capture(capture: Path, frame: int | None, wanted: str | None) -> None:
    """Start Wireshark on ``capture``; WiresharkError without a display or without Wireshark."""
    program = shutil.which("wireshark")
    shown = f"tshark -C {profile.NAME} -r {capture}"
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        raise WiresharkError(
            f"no display here: look at it in this terminal with `{shown}`, or copy the file"
            " to where Wireshark runs and put the plugin there (`dmm-testbed wireshark install`)"
        )
    if program is None:
        raise WiresharkError(
            f"no Wireshark here: install it (apt install wireshark), or use `{shown}`"
        )
    subprocess.Popen(
        command(program, capture, frame, wanted),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _flags(network: Network) -> Iterator[str]:
    for agent in network.agents.values():
        yield from _flags_of(agent.config)


def _flags_of(config: Mapping[str, Any]) -> Iterator[str]:
    for name, mask in (config.get("query_flags") or {}).items():
        yield f"dmm.query_{name}:{mask}"
    chosen = config.get("flag_profile")
    if chosen in _PROFILES:
        yield f"dmm.session_flags:{chosen}"
